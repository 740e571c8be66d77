//! The command line: flags in, exit code out.

mod colour;
mod connect;
mod execute;
mod export;
mod files;
mod flags;
mod judge;
mod plan;
mod progress;
mod record;
mod reports;
mod tell;

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
        Self(5, "no case is selected".to_owned())
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
    }
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
