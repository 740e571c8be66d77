//! Puts the emulator under full load for minutes, with watches that come and go, faults, resets of
//! the state and moves of the clock, and looks at what is left; `cargo xtask soak` builds and runs
//! it.
#![expect(clippy::print_stdout, reason = "a command line tool talks by printing")]

mod bare;
mod client;
mod disturbances;
mod ending;
mod load;
mod probe;
mod sample;
mod totals;
mod watches;

use {
    clap::{Parser, Subcommand},
    client::Client,
    std::{
        error::Error,
        path::PathBuf,
        process::ExitCode,
        sync::atomic::{AtomicBool, Ordering},
        thread,
        time::{Duration, Instant},
    },
    token_launch::Server,
};

/// What a command comes back with.
type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

#[derive(Debug, Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Puts an emulator under load.
    Run {
        /// The emulator's program.
        #[arg(long)]
        emulator: PathBuf,
        /// How long.
        #[arg(long, default_value_t = 10.0)]
        minutes: f64,
    },
    /// Answers everything with the same few bytes, to compare with; prints its address.
    Bare,
}

fn main() -> ExitCode {
    let ended = match Args::parse().command {
        Command::Run { emulator, minutes } => {
            run(&emulator, Duration::from_secs_f64(minutes * 60.0))
        }
        Command::Bare => bare::serve().map(|()| true),
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What all threads have in common.
struct Stage {
    client: Client,
    over: AtomicBool,
}

impl Stage {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

/// Says that it is over when it is dropped, so that no thread asks on after an error.
struct OverOnDrop<'a>(&'a Stage);

impl Drop for OverOnDrop<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
}

fn run(binary: &std::path::Path, time: Duration) -> Result<bool> {
    let server = Server::start(binary, &[])?;
    let bare = bare::Bare::start()?;
    let stage = Stage { client: Client::of(&server), over: AtomicBool::new(false) };
    load::prepare(&stage.client)?;
    let idle = sample::take(server.pid())?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let start = Instant::now();
    let (mut failures, latency, samples) = thread::scope(|scope| -> Result<_> {
        let guard = OverOnDrop(&stage);
        let workers: Vec<_> = (0..2 * cores)
            .map(|seed| {
                scope.spawn({
                    let stage = &stage;
                    move || load::run(stage, seed)
                })
            })
            .collect();
        let costly = scope.spawn(|| load::run_costly(&stage));
        let watches: Vec<_> = (0..cores).map(|_| scope.spawn(|| watches::run(&stage))).collect();
        let disturbances = scope.spawn(|| disturbances::run(&stage));
        let probe = scope.spawn(|| probe::run(&stage, &bare));
        let mut samples = Vec::new();
        while start.elapsed() < time {
            thread::sleep(Duration::from_millis(500));
            samples.push(sample::take(server.pid())?);
        }
        drop(guard);
        let mut totals = totals::Totals::default();
        for worker in workers.into_iter().chain([costly]).chain(watches) {
            totals.add(worker.join().map_err(|_| "a worker panicked")?);
        }
        let disturbances = disturbances.join().map_err(|_| "the disturbances panicked")?;
        let (faults, resets) = (disturbances.faults, disturbances.resets);
        println!("{totals}\n{faults} faults, {resets} resets of the state");
        let latency = probe.join().map_err(|_| "the probe panicked")?;
        Ok((totals.failures(&disturbances), latency, samples))
    })?;
    for (what, is_good) in [
        ("GET /version was slow, or not answered", latency.report()),
        ("memory or descriptors grow", sample::report(idle, &samples, server.pid())?),
        ("a request was lost at SIGTERM, or it ended late", ending::report(server, &stage.client)?),
    ] {
        failures.extend((!is_good).then(|| what.to_owned()));
    }
    for failure in &failures {
        println!("FAILED: {failure}");
    }
    let good = failures.is_empty();
    println!("\n{}", if good { "the soak passed" } else { "the soak failed" });
    Ok(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_over_after_an_error_too() {
        let client = Client { address: String::new(), token: String::new() };
        let stage = Stage { client, over: AtomicBool::new(false) };
        let ended = || -> Result {
            let _guard = OverOnDrop(&stage);
            Err("no such process".into())
        };
        assert!(ended().is_err() && stage.is_over());
    }
}
