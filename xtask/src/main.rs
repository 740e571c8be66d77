//! The project's chores, as commands of `cargo xtask`. Few dependencies, so that each starts fast.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks by printing"
)]

mod bench;
mod bless;
mod browser;
mod cargo;
mod ci;
mod clients;
mod commands;
mod kube;
mod matrix;
mod parity;
mod record;
mod schema;
mod teeth;
mod tidy;

use std::{
    error::Error,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// What a command comes back with; an error is printed and makes the exit code 1.
type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        commands::print_help();
        return ExitCode::from(2);
    };
    if ["help", "--help", "-h"].contains(&name.as_str()) {
        commands::print_help();
        return ExitCode::SUCCESS;
    }
    let Some(command) = commands::find(name) else {
        eprintln!("xtask: there is no command {name:?}; `cargo xtask help` lists them");
        return ExitCode::from(2);
    };
    match (command.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask {name}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of the workspace: where cargo runs this, or else where it was built.
fn root() -> PathBuf {
    let set = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let package = set.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).to_owned());
    package.parent().map(Path::to_owned).unwrap_or_default()
}
