//! Counts the instructions that the emulator spends on each kind of input, at one size and at four
//! times that: no input may cost more than about n log n. `cargo xtask cost` builds and runs it.
//!
//! Instructions are the same on a busy machine as on a quiet one; valgrind's callgrind counts them.
#![expect(clippy::print_stdout, reason = "a command line tool talks by printing")]

mod callgrind;
mod client;
mod input;
mod inputs;
mod ratio;

use {
    callgrind::Emulator,
    clap::Parser,
    input::Input,
    ratio::Ratio,
    std::{error::Error, path::PathBuf, process::ExitCode},
};

/// What a command comes back with.
type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

/// Counts the instructions of inputs of size n and 4n, and fails where their ratio is 6 or more.
#[derive(Debug, Parser)]
struct Args {
    /// The emulator's program.
    #[arg(long)]
    emulator: PathBuf,
    /// Only the inputs whose names have this in them.
    #[arg(long, default_value = "")]
    only: String,
    /// The sizes are so many per cent of the usual ones.
    #[arg(long, default_value_t = 100)]
    percent: usize,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures what was asked for; whether every ratio is below the limit.
fn run(args: &Args) -> Result<bool> {
    println!("{:48} {:>6} {:>13} {:>13}  ratio", "input", "n", "n costs", "4n costs");
    let inputs = inputs::all();
    let chosen: Vec<&Input> = inputs.iter().filter(|it| it.name.contains(&args.only)).collect();
    if chosen.is_empty() {
        return Err(format!("no input is named like {:?}", args.only).into());
    }
    let mut failed = Vec::new();
    for flags in [&[][..], &["--authorization-mode=RBAC"]] {
        let here: Vec<_> = chosen.iter().filter(|input| input.flags == flags).collect();
        if here.is_empty() {
            continue;
        }
        let mut emulator = Emulator::start(&args.emulator, flags)?;
        for input in here {
            let measured = ratio::of(&emulator, input, args.percent);
            if !measured.as_ref().is_ok_and(Ratio::is_low) {
                failed.push(input.name);
            }
            match measured {
                Ok(ratio) => println!("{:48} {ratio}", input.name),
                Err(error) => {
                    println!("{:48} {error}", input.name);
                    // It may have ended, or be in the middle of something.
                    emulator = Emulator::start(&args.emulator, flags)?;
                }
            }
        }
    }
    if failed.is_empty() {
        println!("\n{} inputs, none costs more than about n log n", chosen.len());
    } else {
        println!("\ntoo costly, or not measured: {}", failed.join("; "));
    }
    Ok(failed.is_empty())
}
