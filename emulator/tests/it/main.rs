//! The emulator as its users meet it: over the network, as a program, inside a Rust test.

#![expect(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod abuse;
mod admission;
mod advertised;
mod browsers;
mod client;
mod controllers;
mod controls;
mod ending;
mod explaining;
mod fetching;
mod fetching_limits;
mod files;
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
mod keeping;
mod keys;
mod kubernetes;
#[cfg(target_os = "linux")]
mod leaving;
mod leftovers;
mod lifecycle;
mod minting;
mod mischief;
mod parent;
mod program;
mod readme;
mod relying;
#[cfg(unix)]
mod room;
mod seeds;
mod settings;
mod subcommands;
mod together;
mod transport;
mod watching;
