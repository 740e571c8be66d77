//! The package's integration tests, one binary.

mod google;
mod google_world;
