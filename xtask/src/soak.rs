//! Builds the emulator and what puts it under load, and runs that.

use {
    crate::{Result, cargo},
    std::process::Command,
};

/// `cargo xtask soak [--minutes N]`.
pub(crate) fn run(arguments: &[String]) -> Result {
    let emulator = cargo::build_release("token-emulator")?;
    let soak = cargo::build_release("token-soak")?;
    let mut command = Command::new(soak);
    command.arg("run").arg("--emulator").arg(emulator).args(arguments);
    if command.status()?.success() { Ok(()) } else { Err("the soak failed".into()) }
}
