//! Stands before a server, lies in one thing at a time, and sees whether the suite tells: every lie
//! about what a requirement speaks of has to be caught. `cargo xtask teeth` builds and runs it.
#![expect(clippy::print_stdout, reason = "a command line tool talks by printing")]

mod addition;
mod akin;
mod clock;
mod crowd;
mod framed;
mod free;
mod front;
mod habit;
mod habits;
mod liar;
mod lie;
mod plan;
mod progress;
mod reply;
mod stage;
mod sweep;
mod tally;
mod telling;
mod twist;
mod upstream;

use {
    clap::Parser,
    std::{path::PathBuf, process::ExitCode, sync::Arc, time::Instant},
    token_conformance::catalog::Catalog,
};

/// Lies about every answer that the cases get, and counts what is caught.
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    server: upstream::Server,
    /// The cases that are asked: a pattern of their names.
    #[arg(long, default_value = "*")]
    run: String,
    /// Only every so many lies are told, and no habits.
    #[arg(long, default_value_t = 1)]
    one_in: usize,
    /// The kinds of answers that are lied about: a pattern.
    #[arg(long, default_value = "*")]
    kind: String,
    /// What is lied about: a pattern.
    #[arg(long, default_value = "*")]
    about: String,
    /// The one lie that is told, as a miss names it.
    #[arg(long)]
    lie: Option<String>,
    /// A folder with fixtures and snapshots, instead of those in the program.
    #[arg(long)]
    suite: Option<PathBuf>,
    /// How many liars there are at once.
    #[arg(long, default_value_t = 4)]
    parallel: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            println!("teeth: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<bool, String> {
    let started = Instant::now();
    let catalog = Arc::new(catalog(&args)?);
    let plan = plan::make(&args, &catalog).await?;
    let (count, habits) = (plan.tellings.len(), habits::chosen(&args));
    println!("{count} lies to tell, after {:.1} s", started.elapsed().as_secs_f64());
    if count == 0 && habits.is_empty() {
        return Err("nothing is lied about: no case, kind or member has such a name".to_owned());
    }
    let told = crowd::tell_all(&args, &catalog, plan.tellings).await?;
    let good = tally::report(&told) & habits::give_in(&args, &catalog, habits).await?;
    println!("{:.1} s", started.elapsed().as_secs_f64());
    Ok(good && plan.is_honest)
}

fn catalog(args: &Args) -> Result<Catalog, String> {
    let read = args.suite.as_ref().map_or_else(Catalog::embedded, |it| Catalog::read(it));
    read.map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A part of what `cargo xtask teeth` does, so that a check that no longer bites is noticed.
    #[tokio::test(flavor = "multi_thread")]
    async fn the_suite_tells_one_lie_in_many() {
        for run in ["kubernetes/token-re*", "google/a*"] {
            let args = Args::parse_from(["teeth", "--run", run, "--one-in", "61"]);
            assert_eq!(super::run(args).await, Ok(true), "{run}");
        }
    }
}
