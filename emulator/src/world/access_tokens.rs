//! Google access tokens: those given at start, and those that the exchange minted.

use {
    jiff::Timestamp,
    std::{
        collections::HashMap,
        sync::{Mutex, PoisonError},
    },
};

/// What a bearer stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Who it speaks for.
    pub principal: String,
    /// What it may be used for.
    pub scopes: Vec<String>,
    /// When it ends; `None` for never.
    pub expires: Option<Timestamp>,
}

/// The access tokens.
#[derive(Debug, Default)]
pub struct AccessTokens {
    given: Mutex<HashMap<String, Grant>>,
}

impl AccessTokens {
    /// Lets a bearer stand for a grant, from the start on.
    pub fn insert(&self, token: impl AsRef<str>, grant: Grant) {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.insert(token.as_ref().to_owned(), grant);
    }

    /// Forgets those that were minted; those given at start stay.
    pub fn clear(&self) {}
}
