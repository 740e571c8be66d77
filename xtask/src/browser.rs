//! Builds the emulator and what asks it from pages in a real browser.

use {
    crate::{Result, cargo},
    std::process::Command,
};

/// `cargo xtask browser [--chromium PROGRAM] [--chromedriver PROGRAM]`.
pub(crate) fn run(arguments: &[String]) -> Result {
    let binaries = cargo::build_all(&["token-emulator", "token-browser"])?;
    let mut command = Command::new(binaries.join("token-browser"));
    command.arg("--emulator").arg(binaries.join("token-emulator")).args(arguments);
    if command.status()?.success() { Ok(()) } else { Err("a page reached what it must not".into()) }
}
