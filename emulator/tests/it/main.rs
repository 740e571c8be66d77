//! The package's integration tests, one binary.
#![expect(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod google;
mod google_exchange;
mod google_grpc;
mod google_rest;
mod google_world;
mod kubernetes;
