//! The report for programs. Its schema changes with its number.

use {
    super::{Count, Report},
    crate::verdict::{Outcome, Verdict},
    serde_json::{Value, json},
};

/// The number of the schema.
const SCHEMA: u32 = 1;

/// The report as JSON.
pub fn report(report: &Report<'_>) -> String {
    let (run, outcomes) = (report.run, report.outcomes);
    let count = Count::of(outcomes);
    let whole = json!({
        "schema": SCHEMA,
        "target": {"endpoints": report.endpoints(), "version": run.target.facts.version},
        "suite": {
            "version": env!("CARGO_PKG_VERSION"),
            "digest": run.catalog.digest(),
            "cases": run.catalog.cases.len(),
        },
        "level": run.level,
        "selected": outcomes.len(),
        "passed": count.passed,
        "failed": count.failed,
        "skipped": count.skipped,
        "cases": outcomes.iter().map(|it| case(report, it)).collect::<Vec<_>>(),
    });
    format!("{whole:#}\n")
}

fn case(report: &Report<'_>, outcome: &Outcome) -> Value {
    let catalog = &report.run.catalog;
    let requirement = catalog.cases.get(&outcome.case).and_then(|it| catalog.requirement(it));
    let (verdict, reason) = match &outcome.verdict {
        Verdict::Passed => ("passed", None),
        Verdict::Failed(_) => ("failed", None),
        Verdict::KnownFailing(why) => ("known-failing", Some(why)),
        Verdict::Skipped(why) => ("skipped", Some(why)),
        Verdict::CouldNotRun(why) => ("could-not-run", Some(why)),
    };
    json!({
        "name": outcome.name(),
        "requirement": requirement.map(|it| it.id.as_str()),
        "level": requirement.map(|it| it.level),
        "verdict": verdict,
        "reason": reason,
        "mismatches": mismatches(&outcome.verdict),
        "seconds": outcome.took.as_secs_f64(),
        "exchanges": if verdict == "passed" { &[][..] } else { &outcome.transcript[..] },
    })
}

fn mismatches(verdict: &Verdict) -> Vec<Value> {
    let Verdict::Failed(failures) = verdict else { return Vec::new() };
    let mismatch = |it: &crate::verdict::Failure| {
        json!({
            "step": it.step + 1,
            "what": it.mismatch.what,
            "expected": it.mismatch.expected,
            "got": it.mismatch.got,
        })
    };
    failures.iter().map(mismatch).collect()
}
