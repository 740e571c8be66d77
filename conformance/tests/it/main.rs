//! The package's integration tests, one binary.

mod catalog;
mod cli;
mod emulator;
mod suite;
mod teeth;
