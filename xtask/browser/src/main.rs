//! Opens pages in a headless Chromium, has them ask an emulator, and says which of them it answers:
//! none of another site, unless its origin is allowed. `cargo xtask browser` builds and runs it.
#![expect(clippy::print_stdout, reason = "a command line tool talks by printing")]

mod allowed;
mod client;
mod driver;
mod foreign;
mod page;
mod rebound;
mod site;
mod stage;
mod tally;

use {
    clap::Parser,
    stage::Stage,
    std::{path::PathBuf, process::ExitCode},
    tally::Tally,
};

/// What a page in a browser gets at.
#[derive(Debug, Parser)]
struct Args {
    /// The emulator's program.
    #[arg(long)]
    emulator: PathBuf,
    /// The browser's program.
    #[arg(long, default_value = "chromium")]
    chromium: PathBuf,
    /// The program that drives it.
    #[arg(long, default_value = "chromedriver")]
    chromedriver: PathBuf,
}

/// Why a check could not be made, or failed.
type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Args::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            println!("browser: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<bool> {
    let stage = Stage::set(args).await?;
    let mut tally = Tally::default();
    foreign::check(&stage, &mut tally).await;
    rebound::check(&stage, &mut tally).await;
    allowed::check(&stage, &mut tally).await;
    stage.close().await?;
    Ok(tally.close())
}
