//! An in-memory emulator of two token APIs: Kubernetes TokenRequest, with what gives its tokens
//! meaning, and GKE Multi-Cloud's `generateAttachedClusterAgentToken`.
//!
//! Start one with [`Emulator::start`]; `ARCHITECTURE.md` tells how the parts fit together.

pub mod api;
mod apis;
pub mod codec;
pub mod config;
pub mod control;
pub mod credential;
pub mod emulator;
mod files;
pub mod google;
mod instance;
pub mod kubernetes;
mod marker;
mod seed;
pub mod server;
mod state_dir;
pub mod tokens;
pub mod world;
mod yaml;

pub use {
    config::Config,
    emulator::{Emulator, StartError},
};
