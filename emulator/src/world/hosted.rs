//! Clusters, node pools and clients on AWS and Azure, which the GKE Multi-Cloud API runs itself.
//!
//! What tokens and operations depend on stands in fields; the rest is a document that only its
//! adapter reads.

use {
    crate::world::registry::{Registered, Registry, State},
    jiff::Timestamp,
};

/// The clusters, node pools and clients on AWS and Azure.
pub type Hosted = Registry<HostedResource>;

/// One of them.
#[derive(Debug, Clone)]
pub struct HostedResource {
    /// `projects/P/locations/L/awsClusters/C`, and the like.
    pub name: String,
    /// Its identity.
    pub uid: String,
    /// Where it is in its life.
    pub state: State,
    /// When it was made.
    pub create_time: Timestamp,
    /// When it was last written.
    pub update_time: Timestamp,
    /// Changes with every write of a client.
    pub etag: String,
    /// What went wrong with it.
    pub error: Option<String>,
    /// What its client says of it, as its adapter keeps it.
    pub document: Vec<u8>,
}

impl Registered for HostedResource {
    fn name(&self) -> &str {
        &self.name
    }

    fn uid(&self) -> &str {
        &self.uid
    }

    fn state(&self) -> State {
        self.state
    }

    fn life(&mut self) -> (&mut State, &mut Timestamp) {
        (&mut self.state, &mut self.update_time)
    }

    fn weight(&self) -> usize {
        self.name.len() + self.document.len() + self.error.as_ref().map_or(0, String::len)
    }

    fn blame(&mut self, error: String) {
        self.error = Some(error);
    }

    fn forgive(&mut self) {
        self.error = None;
    }
}
