//! The report that is read where the run was started.

use {
    super::Count,
    crate::{
        catalog::Catalog,
        verdict::{Outcome, Verdict},
    },
    std::fmt::Write as _,
};

/// The whole report. Its last line is the count.
pub fn report(catalog: &Catalog, outcomes: &[Outcome], trace: bool) -> String {
    let mut out = String::new();
    for outcome in outcomes {
        tell(&mut out, catalog, outcome, trace);
    }
    skipped(&mut out, outcomes);
    let count = Count::of(outcomes);
    let _ = writeln!(
        out,
        "{} passed, {} failed, {} skipped",
        count.passed, count.failed, count.skipped
    );
    out
}

fn tell(out: &mut String, catalog: &Catalog, outcome: &Outcome, trace: bool) {
    let name = outcome.name();
    match &outcome.verdict {
        Verdict::Passed | Verdict::Skipped(_) => {
            if trace && outcome.verdict == Verdict::Passed {
                let _ = writeln!(out, "passed: {name}\n{}\n", indented(&outcome.transcript));
            }
            return;
        }
        Verdict::KnownFailing(reason) => {
            let _ = writeln!(out, "known to fail: {name} ({reason})\n");
            return;
        }
        Verdict::CouldNotRun(why) => {
            let _ = writeln!(out, "could not run: {name}\n  {why}");
        }
        Verdict::Failed(failures) => {
            let _ = writeln!(out, "failed: {name}");
            for failure in failures {
                let it = &failure.mismatch;
                let step = failure.step + 1;
                let _ = writeln!(out, "  step {step}: {}", it.what);
                let _ = writeln!(out, "    expected {}\n    got      {}", it.expected, it.got);
            }
        }
    }
    let case = catalog.cases.get(&outcome.case);
    if let Some(requirement) = case.and_then(|it| catalog.requirement(it)) {
        let _ = writeln!(
            out,
            "  {} ({}): {}\n  source: {}",
            requirement.id, requirement.level, requirement.sentence, requirement.source
        );
    }
    let _ = writeln!(out, "{}\n", indented(&outcome.transcript));
}

fn skipped(out: &mut String, outcomes: &[Outcome]) {
    for outcome in outcomes {
        if let Verdict::Skipped(why) = &outcome.verdict {
            let _ = writeln!(out, "skipped: {} ({why})", outcome.name());
        }
    }
}

fn indented(transcript: &[String]) -> String {
    let lines: Vec<String> =
        transcript.iter().flat_map(|it| it.lines()).map(|line| format!("  | {line}")).collect();
    lines.join("\n")
}
