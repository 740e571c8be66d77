//! The `token-emulator` program.

mod banner;
mod child;
mod cli;
mod effective;
mod environment;
mod help;
mod manual;
mod reach;
mod signals;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
