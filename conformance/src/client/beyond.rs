//! How those are asked whom a target names: nobody's credentials are shown to them.

use {
    super::{
        Client, Endpoint, Unreachable, environment,
        pace::Pace,
        tls::{self, Trust},
    },
    std::sync::Arc,
};

/// What is known of the way to them.
#[derive(Debug, Clone)]
pub struct Beyond {
    /// Whom to trust there.
    pub trust: Trust,
    /// The pace that requests to them share.
    pub pace: Option<Arc<Pace>>,
}

impl Default for Beyond {
    fn default() -> Self {
        Self { trust: Trust::System, pace: None }
    }
}

impl Beyond {
    /// A client of one of them.
    pub(crate) fn client(&self, mut endpoint: Endpoint) -> Result<Client, Unreachable> {
        endpoint.proxy = environment::proxy(&endpoint).map_err(Unreachable)?;
        let tls = tls::config(&self.trust, None).map_err(Unreachable)?;
        Ok(Client::new(endpoint, tls).at(self.pace.clone()))
    }
}
