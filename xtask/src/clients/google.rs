//! Google's own libraries, each over every transport that it has, and grpcurl.

use {
    super::{
        Options,
        program::{FETCH_NODE, FETCH_PYTHON, Program},
        scenario::Report,
    },
    crate::{Result, root},
};

const PROGRAMS: &[Program] = &[
    Program {
        name: "google-python",
        needs: &["python3"],
        fetch: FETCH_PYTHON,
        build: &[],
        runs: &["venv/bin/python main.py"],
    },
    Program {
        name: "google-go",
        needs: &["go"],
        fetch: &["go mod download"],
        build: &["go build -o bin/checks ."],
        runs: &["bin/checks"],
    },
    Program {
        name: "google-node",
        needs: &["node", "npm"],
        fetch: FETCH_NODE,
        build: &[],
        runs: &["node main.mjs"],
    },
    Program {
        name: "google-java",
        needs: &["mvn", "javac", "java"],
        fetch: &["mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=jars"],
        build: &["javac -d classes -cp jars/* -sourcepath src src/Main.java"],
        runs: &["java -cp jars/*:classes Main"],
    },
    Program {
        name: "google-rust",
        needs: &["cargo"],
        fetch: &["cargo fetch --quiet --locked"],
        build: &["cargo build --quiet --locked --offline --target-dir target"],
        runs: &["target/debug/google-rust"],
    },
    Program {
        name: "google-grpcurl",
        needs: &["go"],
        fetch: &["go mod download"],
        build: &[
            "go build -o bin/grpcurl github.com/fullstorydev/grpcurl/cmd/grpcurl",
            "go build -o bin/checks .",
        ],
        runs: &["bin/checks"],
    },
];

/// Every program that is selected.
pub(super) fn run(options: &Options, report: &mut Report) -> Result {
    // One of these bearers has too little scope, for the checks that want to be refused.
    let tokens = root().join("xtask/clients/google-tokens.csv").display().to_string();
    // Health checks and reflection are there for grpcurl.
    let flags =
        ["--google-auth", "strict", "--google-conveniences", "--google-token-file", &tokens];
    for program in PROGRAMS.iter().filter(|program| options.wants(program.name)) {
        program.report(&options.emulator, &flags, report)?;
    }
    Ok(())
}
