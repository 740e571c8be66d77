//! The report for programs. Its schema changes with its number.

use {
    super::{Count, Report, escape, identity::Identity},
    crate::{
        known,
        verdict::{Failure, Outcome, Verdict},
    },
    serde::Deserialize,
    serde_json::{Value, json},
};

/// What a report says of who wrote it.
const GENERATOR: &str = "token-conformance";

/// What is read of a report that is there.
#[derive(Deserialize)]
struct Head {
    generator: String,
}

/// The number of the schema.
const SCHEMA: u32 = 1;

/// The report as JSON.
pub fn report(report: &Report<'_>) -> String {
    let (run, outcomes) = (report.run, report.outcomes);
    let (count, identity) = (Count::of(outcomes), Identity::of(run));
    let whole = json!({
        "schema": SCHEMA,
        "generator": GENERATOR,
        "target": {
            "endpoints": report.endpoints(),
            "version": run.target.facts.version,
            "kubernetes": identity.kubernetes,
            "google": identity.google,
        },
        "suite": {
            "version": env!("CARGO_PKG_VERSION"),
            "digest": run.catalog.digest(),
            "cases": run.catalog.cases.len(),
        },
        "level": run.level,
        "verdict": report.verdict(),
        "total": known::names(&run.catalog).len(),
        "selected": outcomes.len(),
        "passed": count.passed,
        "failed": count.failed,
        "skipped": count.skipped,
        "seconds": report.took.as_secs_f64(),
        "cases": outcomes.iter().map(|it| case(report, it)).collect::<Vec<_>>(),
    });
    escape::json(&format!("{whole:#}\n"))
}

/// Whether a text is such a report.
pub fn is_own(text: &str) -> bool {
    serde_json::from_str::<Head>(text).is_ok_and(|it| it.generator == GENERATOR)
}

fn case(report: &Report<'_>, outcome: &Outcome) -> Value {
    let catalog = &report.run.catalog;
    let requirement = catalog.cases.get(&outcome.case).and_then(|it| catalog.requirement(it));
    let passed = outcome.verdict == Verdict::Passed;
    json!({
        "name": outcome.name(),
        "case": outcome.case,
        "variant": outcome.variant,
        "requirement": requirement.map(|it| it.id.as_str()),
        "level": requirement.map(|it| it.level),
        "sentence": requirement.map(|it| it.sentence.as_str()),
        "source": requirement.map(|it| it.source.as_str()),
        "verdict": outcome.verdict.name(),
        "reason": outcome.verdict.reason(),
        "mismatches": outcome.verdict.failures().iter().map(mismatch).collect::<Vec<_>>(),
        "seconds": outcome.took.as_secs_f64(),
        "exchanges": if passed { &[][..] } else { &outcome.transcript[..] },
    })
}

/// A mismatch as reports for machines have it.
pub(super) fn mismatch(failure: &Failure) -> Value {
    let Failure { step, mismatch } = failure;
    json!({
        "step": step + 1,
        "level": mismatch.level,
        "what": mismatch.what,
        "expected": mismatch.expected,
        "got": mismatch.got,
    })
}
