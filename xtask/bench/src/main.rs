//! Measures the emulator. Every figure stands beside its limit, measured in the same run, on the
//! same cores, through the same generator of load.
//!
//! A limit is what nobody could leave out and still give that answer: the bytes in and out of a
//! socket through hyper ([`handler`]), and one signature or one verification ([`crypto`]), done one
//! after the other. It leaves out all that a server adds by knowing what it does: to take malformed
//! HTTP apart as Go does, to read the body, to find the caller, his rights and the objects, to look
//! at the clock, to draw identifiers, to put the answer together and to write it. So no server
//! reaches it, and the part that the emulator reaches tells what these cost. The generator takes
//! its share of the cores from both.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks by printing"
)]

mod answer;
mod bench;
mod cpu;
mod crypto;
mod figure;
mod handler;
mod load;
mod memory;
mod rounds;
mod server;
mod setup;
mod tls;

use {
    clap::{Args, Parser, Subcommand},
    std::{error::Error, path::PathBuf, process::ExitCode, time::Duration},
};

/// What a step comes back with.
type Result<T = (), E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures, and prints one table.
    Run(Options),
    /// The limit of a figure: a bare hyper server with one answer for every request.
    Handler {
        /// A file with the answer as it stood on the wire.
        #[arg(long)]
        answer: PathBuf,
        /// Serve https.
        #[arg(long)]
        tls: bool,
    },
}

/// What `run` is told.
#[derive(Debug, Args)]
struct Options {
    /// The emulator's binary.
    #[arg(long)]
    emulator: PathBuf,
    /// How often everything is measured; the median counts.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long each measurement takes, in seconds.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Connections, each with one request under way.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Service accounts of the figure that shows what their number costs.
    #[arg(long, default_value_t = 100_000)]
    accounts: usize,
    /// Measure only what has this in its name, as the list below the table has it.
    #[arg(long, default_value = "")]
    only: String,
    /// A kube-apiserver to compare with.
    #[arg(long)]
    kube_url: Option<String>,
    /// A bearer in `system:masters` there.
    #[arg(long, default_value = "admin-token")]
    kube_token: String,
    /// The processes that it is made of.
    #[arg(long, value_delimiter = ',')]
    kube_pids: Vec<u32>,
}

impl Options {
    fn time(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Run(options) => bench::run(&options),
        Command::Handler { answer, tls } => handler::run(&answer, tls),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// How many threads measure: one a core.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
