//! Google access tokens: those given at start, and those that the exchange minted.

/// The access tokens.
#[derive(Debug, Default)]
pub struct AccessTokens {}

impl AccessTokens {
    /// Forgets those that were minted; those given at start stay.
    pub fn clear(&self) {}
}
