//! The attached clusters of the GKE Multi-Cloud API.

/// The attached clusters.
#[derive(Debug, Default)]
pub struct Clusters {}

impl Clusters {
    /// Takes all of them away.
    pub fn clear(&self) {}
}
