//! The package's integration tests, one binary.

mod catalog;
mod cli;
mod deviant;
mod emulator;
mod suite;
mod teeth;
