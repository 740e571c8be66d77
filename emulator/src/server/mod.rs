//! The network's side: listening, one exchange, which API it belongs to. All that is async is here.

mod body;
mod connection;
mod crash;
pub mod fetch;
mod line;
mod listener;
mod router;
mod service;
mod socket;
mod stream;
mod talk;
pub mod tls;

pub use listener::serve;

use crate::{control::Control, server::fetch::Fetcher, world::World};

/// What every exchange is answered from.
#[derive(Debug)]
pub struct Context {
    /// The state.
    pub world: World,
    /// What `/_emulator/` needs beside it.
    pub control: Control,
    /// Gets the documents that a handler asks for.
    pub fetcher: Fetcher,
}
