//! The command line: flags in, exit code out.

mod colour;
mod connect;
mod execute;
mod export;
mod files;
mod flags;
mod judge;
mod manual;
mod plan;
mod progress;
mod record;
mod reports;
mod tell;
mod variables;

use {
    crate::{catalog::Catalog, report::escape},
    clap::Parser,
    flags::{Cli, Command},
    std::{
        io::{self, Write},
        sync::Arc,
    },
};

/// Why the program ends before its end, and with which code.
struct Exit(u8, String);

impl Exit {
    /// Bad usage or configuration.
    fn usage(why: impl Into<String>) -> Self {
        Self(2, why.into())
    }

    /// Nothing to do.
    fn nothing_selected() -> Self {
        let why = "no case is selected; token-conformance list takes --run, --skip and --level, \
                   too, and names those that are";
        Self(5, why.to_owned())
    }
}

/// Runs the program and returns its exit code.
pub async fn main() -> u8 {
    let cli = Cli::parse();
    match command(cli).await {
        Ok(code) => code,
        Err(Exit(code, why)) => {
            warn(&why);
            code
        }
    }
}

async fn command(cli: Cli) -> Result<u8, Exit> {
    match &cli.command {
        Command::Version => {
            print(concat!("token-conformance ", env!("CARGO_PKG_VERSION"), "\n"));
            return Ok(0);
        }
        Command::Completions { shell } => return Ok(print_raw(&manual::completions(*shell))),
        Command::Man { command } => return Ok(print_raw(&manual::page(command.as_deref())?)),
        _ => {}
    }
    variables::check(std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()))?;
    let catalog = match &cli.suite {
        Some(root) => Catalog::read(root),
        None => Catalog::embedded(),
    };
    let catalog = Arc::new(catalog.map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Exit::usage(lines.join("\n"))
    })?);
    match cli.command {
        Command::Run(args) => judge::run(catalog, args).await,
        Command::List(args) => tell::list(&catalog, &args),
        Command::Record(args) => record::record(catalog, args).await,
        Command::Explain { id } => tell::explain(&catalog, cli.suite.as_deref(), &id),
        Command::Export { dir, force } => export::export(&dir, force),
        // They have been answered.
        Command::Version | Command::Completions { .. } | Command::Man { .. } => Ok(0),
    }
}

/// What a program reads, byte for byte.
fn print_raw(bytes: &[u8]) -> u8 {
    let _ = io::stdout().write_all(bytes);
    0
}

/// What scripts read.
fn print(text: &str) {
    let _ = write!(io::stdout(), "{}", escape::visible(text));
}

/// The same, with a little colour.
fn print_painted(text: &str) {
    let _ = write!(io::stdout(), "{}", colour::painted(&escape::visible(text)));
}

/// What people read when something is wrong. On a terminal it takes the place of the progress.
fn warn(text: &str) {
    let over = if colour::moves(&io::stderr()) { progress::AWAY } else { "" };
    let _ = writeln!(io::stderr(), "{over}token-conformance: {}", escape::visible(text));
}
