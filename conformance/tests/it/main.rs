//! The package's integration tests, one binary.

#![expect(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod catalog;
mod cli;
mod deviant;
mod echoes;
mod emulator;
mod files;
mod forgeries;
mod google_teeth;
mod grpc_deviant;
mod grpc_teeth;
mod known;
mod kubeconfig;
mod managed;
mod manners;
mod realism;
mod reports;
mod strangers;
mod suite;
mod teeth;
