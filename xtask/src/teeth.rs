//! Runs what lies to the suite in one thing at a time, and counts what the suite tells.

use {
    crate::{Result, cargo, root},
    std::process::Command,
};

/// `cargo xtask teeth [--run CASES] [--kind ANSWERS] [--about MEMBERS] …`: before an emulator, or,
/// when `cargo xtask kube` runs it, before that kube-apiserver.
pub(crate) fn run(arguments: &[String]) -> Result {
    let teeth = cargo::build_debug("token-teeth")?;
    let arguments = arguments.iter().filter(|argument| *argument != "--");
    let mut command = Command::new(teeth);
    command.arg("--suite").arg(root()).args(arguments);
    if command.status()?.success() { Ok(()) } else { Err("some lies are not told".into()) }
}
