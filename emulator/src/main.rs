//! The `token-emulator` program.

mod banner;
mod child;
mod cli;
mod effective;
mod environment;
mod event;
mod help;
mod input;
mod manual;
mod parent;
mod reach;
mod signals;
mod stop;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
