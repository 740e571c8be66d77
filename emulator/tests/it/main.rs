//! The emulator as its users meet it: over the network, as a program, inside a Rust test.

#![expect(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod abuse;
mod advertised;
mod browsers;
mod client;
mod controllers;
mod controls;
mod explaining;
mod fetching;
mod fetching_limits;
mod flags;
mod google;
mod google_bodies;
mod google_exchange;
mod google_frames;
mod google_grpc;
mod google_noise;
mod google_reflection;
mod google_rest;
mod google_world;
mod hosts;
mod http1;
mod keys;
mod kubernetes;
mod lifecycle;
mod minting;
mod mischief;
mod program;
mod readme;
mod settings;
mod subcommands;
mod together;
mod transport;
mod watching;
