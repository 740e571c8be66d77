//! The package's integration tests, one binary.
