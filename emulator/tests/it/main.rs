//! The package's integration tests, one binary.
#![expect(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod kubernetes;

mod google;
mod google_world;
