//! Runs the console blocks of the documents, and compares what they print with what is shown.

use {
    crate::{Result, cargo, root},
    std::process::Command,
};

/// `cargo xtask docs [PAGE]...`: every page, or those that are named.
pub(crate) fn run(arguments: &[String]) -> Result {
    let programs = cargo::build_all(&["token-emulator", "token-conformance", "token-docs"])?;
    let mut command = Command::new(programs.join("token-docs"));
    command.arg("--root").arg(root()).arg("--programs").arg(&programs).args(arguments);
    if command.status()?.success() { Ok(()) } else { Err("a document's output differs".into()) }
}
