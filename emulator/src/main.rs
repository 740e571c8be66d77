//! The `token-emulator` program.

mod banner;
mod cli;
mod signals;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
