//! A running emulator inside a Rust program: started with one call, stopped when dropped.

/// A running emulator.
#[derive(Debug)]
pub struct Emulator {}
