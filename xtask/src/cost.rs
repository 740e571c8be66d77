//! Builds the emulator and what counts its instructions, and runs that.

use {
    crate::{Result, cargo},
    std::process::Command,
};

/// `cargo xtask cost [--only TEXT] [--percent N]`.
pub(crate) fn run(arguments: &[String]) -> Result {
    if Command::new("valgrind").arg("--version").output().is_err() {
        return Err("valgrind is not installed, and counts the instructions".into());
    }
    let emulator = cargo::build_release("token-emulator")?;
    let cost = cargo::build_debug("token-cost")?;
    let mut command = Command::new(cost);
    command.arg("--emulator").arg(emulator).args(arguments);
    if command.status()?.success() { Ok(()) } else { Err("some inputs cost too much".into()) }
}
