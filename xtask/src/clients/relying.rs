//! Relying parties that have an issuer's URL and its authority, and find the rest by discovery.

use {
    super::{
        Options,
        program::{FETCH_NODE, FETCH_PYTHON, Program},
        scenario::Report,
    },
    crate::Result,
};

const PROGRAMS: &[Program] = &[
    Program {
        name: "relying-go",
        needs: &["go"],
        fetch: &["go mod download"],
        build: &["go build -o bin/relying ."],
        runs: &["bin/relying"],
    },
    Program {
        name: "relying-python",
        needs: &["python3"],
        fetch: FETCH_PYTHON,
        build: &[],
        runs: &["venv/bin/python main.py"],
    },
    Program {
        name: "relying-node",
        needs: &["node", "npm"],
        fetch: FETCH_NODE,
        build: &[],
        runs: &["node main.mjs"],
    },
];

/// Every program that is selected, on an emulator that issues as itself.
pub(super) fn run(options: &Options, report: &mut Report) -> Result {
    for program in PROGRAMS.iter().filter(|program| options.wants(program.name)) {
        program.report(&options.emulator, &["--service-account-issuer=self"], report)?;
    }
    Ok(())
}
