//! The network's side: listening, one exchange, faults. All that is async is here.
//!
//! Knows the trait [`Api`], and none of the APIs.

pub mod authority;
mod body;
mod connection;
mod cors;
#[cfg(test)]
mod echo;
pub mod fetch;
mod frame;
pub mod gate;
mod handle;
mod inject;
mod line;
mod listener;
pub mod origin;
mod receive;
mod service;
mod socket;
mod stream;
mod talk;
pub mod tls;

pub use listener::serve;

use {
    crate::{
        api::{Api, faults::Faults},
        server::{fetch::Fetcher, gate::Gate},
        world::World,
    },
    std::sync::{Arc, RwLock},
    tokio::sync::Semaphore,
};

/// What every exchange is answered from.
#[derive(Debug)]
pub struct Context {
    /// The state.
    pub world: World,
    /// The APIs, in the order in which they are asked whether a request is theirs. The last one
    /// owns what no other does.
    pub apis: Vec<Arc<dyn Api>>,
    /// What is to go wrong.
    pub faults: Arc<Faults>,
    /// What is let through to them.
    gate: Gate,
    /// Gets the documents that a handler asks for.
    fetcher: Fetcher,
    /// Written to while an exclusive request is answered; all others read it.
    exclusive: RwLock<()>,
    /// How many handlers that take long may still begin.
    offloaded: Arc<Semaphore>,
}

impl Context {
    /// A server's context.
    ///
    /// # Panics
    /// Without any API.
    pub fn new(
        world: World,
        apis: Vec<Arc<dyn Api>>,
        faults: Arc<Faults>,
        gate: Gate,
        fetcher: Fetcher,
    ) -> Self {
        assert!(!apis.is_empty(), "a server has an API");
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let (exclusive, offloaded) = (RwLock::new(()), Arc::new(Semaphore::new(cores)));
        Self { world, apis, faults, gate, fetcher, exclusive, offloaded }
    }
}
