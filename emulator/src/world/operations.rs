//! The long-running operations of the GKE Multi-Cloud API.

/// The operations, running and done.
#[derive(Debug, Default)]
pub struct Operations {}

impl Operations {
    /// Forgets all of them.
    pub fn clear(&self) {}
}
