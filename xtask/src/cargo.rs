//! cargo, run at the root of the workspace, with nothing to read.

use {
    crate::{Result, root},
    std::{
        path::PathBuf,
        process::{Command, Stdio},
    },
};

/// A cargo command that has not been started.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    command
}

/// Runs cargo, and fails where it does.
pub(crate) fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Result {
    let status = command(arguments).envs(environment.iter().copied()).status()?;
    if status.success() { Ok(()) } else { Err(format!("cargo {}", arguments.join(" ")).into()) }
}

/// Builds a binary of the workspace for speed, and says where it is.
pub(crate) fn build_release(package: &str) -> Result<PathBuf> {
    run(&["build", "--release", "--package", package, "--bin", package], &[])?;
    Ok(target().join("release").join(package))
}

/// Builds a binary of the workspace as `cargo run` does, and says where it is.
pub(crate) fn build_debug(package: &str) -> Result<PathBuf> {
    run(&["build", "--package", package, "--bin", package], &[])?;
    Ok(target().join("debug").join(package))
}

/// Builds binaries of packages of the same names in one go, so that what they share is built once,
/// and says where they are.
pub(crate) fn build_all(packages: &[&str]) -> Result<PathBuf> {
    let mut arguments = vec!["build"];
    for package in packages {
        arguments.extend(["--package", package, "--bin", package]);
    }
    run(&arguments, &[])?;
    Ok(target().join("debug"))
}

/// The folder that cargo builds in.
pub(crate) fn target() -> PathBuf {
    let set = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    set.unwrap_or_else(|| root().join("target"))
}
