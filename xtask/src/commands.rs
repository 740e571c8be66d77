//! The commands by name.

use crate::{
    Result, bench, bless, browser, ci, clients, kube, matrix, parity, record, schema, teeth, tidy,
};

/// One command of `cargo xtask`.
pub(crate) struct Command {
    name: &'static str,
    about: &'static str,
    /// Runs it with the arguments after its name.
    pub(crate) run: fn(&[String]) -> Result,
}

const COMMANDS: &[Command] = &[
    Command { name: "ci", about: "every gate a change has to pass, in order", run: ci::run },
    Command { name: "tidy", about: "the repository's own rules", run: tidy::run },
    Command {
        name: "clients",
        about: "kubectl, curl, gcloud and libraries through what they are used for",
        run: clients::run,
    },
    Command { name: "bench", about: "every figure beside its limit", run: bench::run },
    Command {
        name: "record",
        about: "the snapshots that a kube-apiserver writes",
        run: record::run,
    },
    Command { name: "bless", about: "the snapshots that the emulator writes", run: bless::run },
    Command {
        name: "browser",
        about: "what pages in a headless Chromium get at, and what they do not",
        run: browser::run,
    },
    Command {
        name: "kube",
        about: "a real kube-apiserver, for as long as a command runs",
        run: kube::run,
    },
    Command {
        name: "matrix",
        about: "every known fact, the cases that check it, and the targets they judge",
        run: matrix::run,
    },
    Command {
        name: "parity",
        about: "the emulator beside a kube-apiserver, exchange by exchange",
        run: parity::run,
    },
    Command {
        name: "teeth",
        about: "lies about every answer, one at a time, and what the suite tells of them",
        run: teeth::run,
    },
    Command {
        name: "schema",
        about: "the tables of both APIs, from their Go packages",
        run: schema::run,
    },
];

/// The command of that name.
pub(crate) fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}

/// Prints every command with what it is for.
pub(crate) fn print_help() {
    println!("usage: cargo xtask COMMAND\n");
    for command in COMMANDS {
        println!("  {:<9} {}", command.name, command.about);
    }
}
