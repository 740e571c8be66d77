//! The report that a person reads: one page that needs nothing else. Those that did not pass stand
//! first.

use {
    super::{Count, Report, json},
    crate::{target::Side, verdict::Outcome},
    minijinja::{Environment, Error, value::Serde},
    serde_json::json,
};

/// The verdicts, in the order in which somebody wants to hear of them.
const VERDICTS: &[&str] = &["failed", "could-not-run", "known-failing", "passed", "skipped"];

/// The report as a page.
pub fn report(report: &Report<'_>) -> Result<String, String> {
    render(report).map_err(|error| error.to_string())
}

fn render(report: &Report<'_>) -> Result<String, Error> {
    let (run, outcomes) = (report.run, report.outcomes);
    let place = |it: &Outcome| VERDICTS.iter().position(|name| *name == it.verdict.name());
    let mut sorted: Vec<&Outcome> = outcomes.iter().collect();
    sorted.sort_by_key(|it| place(it));
    let count = Count::of(outcomes);
    let whole = json!({
        "kubernetes": endpoint(run.target.kubernetes.as_ref()),
        "google": endpoint(run.target.google.as_ref()),
        "server": run.target.facts.version,
        "suite": env!("CARGO_PKG_VERSION"),
        "digest": run.catalog.digest(),
        "level": run.level,
        "passed": count.passed,
        "failed": count.failed,
        "skipped": count.skipped,
        "verdicts": VERDICTS.iter().map(|it| verdict(it, outcomes)).collect::<Vec<_>>(),
        "rows": sorted.iter().map(|it| row(report, it)).collect::<Vec<_>>(),
    });
    let mut environment = Environment::new();
    // The name's ending has everything escaped that goes into it.
    environment.add_template("report.html", include_str!("page.html"))?;
    environment.get_template("report.html")?.render(Serde(&whole))
}

fn endpoint(side: Option<&Side>) -> Option<String> {
    side.map(|it| it.client.endpoint().to_string())
}

fn verdict(name: &str, outcomes: &[Outcome]) -> serde_json::Value {
    let count = outcomes.iter().filter(|it| it.verdict.name() == name).count();
    json!({"name": name, "words": name.replace('-', " "), "count": count})
}

fn row(report: &Report<'_>, outcome: &Outcome) -> serde_json::Value {
    let catalog = &report.run.catalog;
    let requirement = catalog.cases.get(&outcome.case).and_then(|it| catalog.requirement(it));
    let verdict = &outcome.verdict;
    json!({
        "name": outcome.name(),
        "verdict": verdict.name(),
        "words": verdict.name().replace('-', " "),
        "reason": verdict.reason(),
        "requirement": requirement,
        "linked": requirement.is_some_and(|it| it.source.starts_with("https://")),
        "mismatches": verdict.failures().iter().map(json::mismatch).collect::<Vec<_>>(),
        "exchanges": outcome.transcript,
        "milliseconds": outcome.took.as_millis() as u64,
    })
}
