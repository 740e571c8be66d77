//! Drives the clients that people use (kubectl, curl, gcloud) against a freshly started emulator,
//! and names what does not work. A tool that is missing is a failure, not a skip.

mod curl;
mod gcloud;
mod json;
mod kubectl;
mod scenario;
mod server;
mod together;
mod tool;

use {
    crate::{Result, cargo},
    scenario::Report,
    std::path::PathBuf,
    tool::Tool,
};

/// What the command was told.
struct Options {
    emulator: PathBuf,
    kubectls: Vec<Tool>,
}

const USAGE: &str = "usage: cargo xtask clients [--emulator PATH] [--kubectl PATH]...";

/// `cargo xtask clients`: every flow with every tool; prints a table and fails by name.
pub(crate) fn run(arguments: &[String]) -> Result {
    let options = Options::parse(arguments)?;
    let mut report = Report::default();
    kubectl::run(&options.emulator, &options.kubectls, &mut report)?;
    curl::run(&options.emulator, &mut report)?;
    let last = options.kubectls.last().ok_or("no kubectl to drive")?;
    together::run(&options.emulator, last, &mut report)?;
    gcloud::run(&options.emulator, last, &mut report)?;
    println!("{report}");
    match report.failures() {
        0 => Ok(()),
        count => Err(format!("{count} flows failed").into()),
    }
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self> {
        let (mut emulator, mut kubectls) = (None, Vec::new());
        for pair in arguments.chunks(2) {
            match pair {
                [flag, path] if flag == "--emulator" => emulator = Some(PathBuf::from(path)),
                [flag, path] if flag == "--kubectl" => kubectls.push(Tool::at(path)),
                _ => return Err(USAGE.into()),
            }
        }
        let emulator = match emulator {
            Some(path) => path,
            None => cargo::build_debug("token-emulator")?,
        };
        let kubectls = if kubectls.is_empty() { kubectl::found() } else { kubectls };
        Ok(Self { emulator, kubectls })
    }
}
