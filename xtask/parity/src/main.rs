//! Compares the emulator with a kube-apiserver: the same requests to both, every answer held
//! against the other.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks by printing"
)]

mod blanks;
mod client;
mod difference;
mod generate;
mod known;
mod names;
mod protobuf;
mod random;
mod report;
mod request;
mod run;
mod scenario;
mod shrink;
mod suite;
mod token;
mod yaml;

use {
    clap::Parser,
    client::Client,
    run::Pair,
    scenario::Side,
    std::{
        error::Error,
        path::{Path, PathBuf},
        process::ExitCode,
        time::{SystemTime, UNIX_EPOCH},
    },
    token_launch::Server,
};

/// What a step comes back with.
type Result<T = (), E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// What it is told.
#[derive(Debug, Parser)]
#[command(name = "token-parity")]
struct Options {
    /// The emulator's binary.
    #[arg(long)]
    emulator: PathBuf,
    /// The suite's binary; without it the suite is not run.
    #[arg(long)]
    conformance: Option<PathBuf>,
    /// What the suite is told beside the target.
    #[arg(long = "suite", allow_hyphen_values = true)]
    suite: Vec<String>,
    /// The kube-apiserver, over https.
    #[arg(long)]
    kube_url: String,
    /// The certificate authority of its certificate.
    #[arg(long)]
    kube_ca_file: PathBuf,
    /// A flag of the emulator that makes it the same as the kube-apiserver.
    #[arg(long = "flag")]
    flags: Vec<String>,
    /// The seed; one of the clock when none is given.
    #[arg(long)]
    seed: Option<u64>,
    /// How many exchanges, at least.
    #[arg(long, default_value_t = 5000)]
    exchanges: usize,
    /// Print the distinct error messages, too.
    #[arg(long)]
    messages: bool,
}

fn main() -> ExitCode {
    match compare(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("parity: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the two are the same.
fn compare(options: &Options) -> Result<bool> {
    let flags: Vec<&str> = options.flags.iter().map(String::as_str).collect();
    let mut emulator = Server::start(&options.emulator, &flags)?;
    let mut same = true;
    if let Some(suite) = &options.conformance {
        let run =
            |name, url: &str, ca_file: &Path| suite::run(suite, &options.suite, name, url, ca_file);
        same &= run("kube-apiserver", &options.kube_url, &options.kube_ca_file)?;
        same &= run("the emulator", emulator.https_url(), emulator.ca_file().as_ref())?;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let seed = options.seed.unwrap_or(now);
    let real = Side::new(Client::new(&options.kube_url, &options.kube_ca_file)?, true);
    let ours = Side::new(Client::new(emulator.https_url(), emulator.ca_file().as_ref())?, false);
    let mut pair = Pair::new(real, ours, format!("{:x}", now & 0xff_ffff));
    let findings = pair.run(seed, options.exchanges)?;
    report::print(&findings, seed);
    if let Some(status) = emulator.try_wait()? {
        let stderr = emulator.stderr()?;
        return Err(format!("the emulator ended during the run, with {status}\n{stderr}").into());
    }
    if options.messages {
        findings.messages.iter().for_each(|message| println!("message: {message}"));
    }
    let wide = options.exchanges < 5000 || findings.messages.len() >= report::MESSAGES;
    if !wide {
        println!(
            "fewer than {} distinct error messages: the generator is too narrow",
            report::MESSAGES
        );
    }
    Ok(same && wide && findings.is_clean())
}
