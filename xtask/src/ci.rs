//! Every gate a change has to pass, the same on a laptop and in a pipeline. Needs the Rust
//! toolchain and the crate registry, and nothing else.

use {
    crate::{Result, cargo, matrix, tidy},
    std::{
        io::{BufRead, BufReader, Write},
        process::Stdio,
        time::{Duration, Instant},
    },
};

/// One gate: a name, and what says whether it is passed.
struct Gate {
    name: &'static str,
    check: fn(&mut Vec<String>) -> Result,
}

/// How one gate went.
struct Outcome {
    name: &'static str,
    took: Duration,
    error: Option<String>,
}

const GATES: &[Gate] = &[
    Gate { name: "format", check: |_| cargo::run(&["fmt", "--all", "--check"], &[]) },
    Gate { name: "clippy", check: |_| cargo::run(CLIPPY, &[]) },
    Gate { name: "test", check: test },
    Gate { name: "docs", check: |_| cargo::run(DOCS, &[("RUSTDOCFLAGS", "-D warnings")]) },
    Gate { name: "tidy", check: |_| tidy::run(&[]) },
    Gate { name: "matrix", check: |_| matrix::check() },
];

const CLIPPY: &[&str] =
    &["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"];
const DOCS: &[&str] = &["doc", "--quiet", "--workspace", "--no-deps"];

/// `cargo xtask ci`: runs every gate, so that one run tells all that is wrong, and names those
/// that failed.
pub(crate) fn run(arguments: &[String]) -> Result {
    if let Some(argument) = arguments.first() {
        return Err(format!("ci takes no arguments, got {argument:?}").into());
    }
    let mut results = Vec::new();
    let outcomes: Vec<Outcome> = GATES.iter().map(|gate| pass(gate, &mut results)).collect();
    println!("\n{}", results.join("\n"));
    println!("{}", table(&outcomes));
    match failed(&outcomes) {
        names if names.is_empty() => Ok(()),
        names => Err(format!("failed at {}", names.join(", ")).into()),
    }
}

fn pass(gate: &Gate, results: &mut Vec<String>) -> Outcome {
    println!("== {}", gate.name);
    let start = Instant::now();
    let error = (gate.check)(results).err().map(|error| error.to_string());
    let took = start.elapsed();
    if let Some(error) = &error {
        println!("== {} FAILED after {:.1} s: {error}", gate.name, took.as_secs_f64());
    }
    Outcome { name: gate.name, took, error }
}

fn failed(outcomes: &[Outcome]) -> Vec<&'static str> {
    outcomes.iter().filter(|outcome| outcome.error.is_some()).map(|outcome| outcome.name).collect()
}

fn table(outcomes: &[Outcome]) -> String {
    let line = |outcome: &Outcome| {
        let verdict = if outcome.error.is_none() { "ok" } else { "FAILED" };
        format!("{:<8} {verdict:<7} {:>6.1} s", outcome.name, outcome.took.as_secs_f64())
    };
    outcomes.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Runs all tests, and keeps the lines that say how many passed, to be printed again at the end.
fn test(results: &mut Vec<String>) -> Result {
    let arguments = ["test", "--workspace", "--no-fail-fast"];
    let mut child =
        cargo::command(&arguments).env("INSTA_UPDATE", "no").stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().ok_or("cargo test has no output")?;
    for line in BufReader::new(stdout).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        writeln!(std::io::stdout(), "{line}")?;
        if line.starts_with("test result:") {
            results.push(line);
        }
    }
    if child.wait()?.success() { Ok(()) } else { Err("cargo test --workspace".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(name: &'static str, error: Option<&str>) -> Outcome {
        Outcome { name, took: Duration::from_millis(1500), error: error.map(str::to_owned) }
    }

    #[test]
    fn every_gate_that_failed_is_named() {
        let outcomes =
            [outcome("format", Some("no")), outcome("test", None), outcome("docs", Some("no"))];
        assert_eq!(failed(&outcomes), ["format", "docs"]);
    }

    #[test]
    fn facts_without_a_case_stop_a_change() {
        assert!(GATES.iter().any(|gate| gate.name == "matrix"));
    }

    #[test]
    fn the_table_has_a_line_for_each_gate() {
        let table = table(&[outcome("format", None), outcome("test", Some("no"))]);
        assert_eq!(table, "format   ok         1.5 s\ntest     FAILED     1.5 s");
    }
}
