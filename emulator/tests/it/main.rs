//! The emulator as its users meet it: over the network, as a program, inside a Rust test.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod abuse;
mod client;
mod controls;
mod fetching;
mod flags;
mod lifecycle;
mod program;
mod transport;
