//! The report that a person reads: one page that needs nothing else. Those that did not pass stand
//! first.

use {
    super::{
        Count, Report,
        diff::{self, Row},
        escape,
        identity::Identity,
    },
    crate::{
        layout, snapshot,
        verdict::{Failure, Outcome},
    },
    minijinja::{Environment, Error, value::Serde},
    serde_json::{Value, json},
    std::collections::BTreeMap,
};

/// What the page says of who wrote it.
const GENERATOR: &str = "<meta name=\"generator\" content=\"token-conformance\">";
/// The verdicts, in the order in which somebody wants to hear of them.
const VERDICTS: &[&str] = &["failed", "could-not-run", "known-failing", "passed", "skipped"];
/// How many failures are open from the start.
const OPEN: usize = 5;
/// As few lines are not worth folding away.
const FEW: usize = 4;

/// The report as a page.
pub fn report(report: &Report<'_>) -> Result<String, String> {
    render(report).map_err(|error| error.to_string())
}

/// Whether a text is such a page.
pub fn is_own(text: &str) -> bool {
    text.split_once("<title>").is_some_and(|(head, _)| head.contains(GENERATOR))
}

fn render(report: &Report<'_>) -> Result<String, Error> {
    let (run, outcomes) = (report.run, report.outcomes);
    let place = |it: &Outcome| VERDICTS.iter().position(|name| *name == it.verdict.name());
    let mut sorted: Vec<&Outcome> = outcomes.iter().collect();
    sorted.sort_by_key(|it| place(it));
    let (count, identity) = (Count::of(outcomes), Identity::of(run));
    let mut whole = json!({
        "verdict": report.verdict(),
        "sides": sides(&identity),
        "suite": identity.suite,
        "digest": identity.digest,
        "level": run.level,
        "seconds": format!("{:.2}", report.took.as_secs_f64()),
        "all": outcomes.len(),
        "passed": count.passed,
        "failed": count.failed,
        "skipped": count.skipped,
        "verdicts": verdicts(outcomes.iter()),
        "operations": operations(outcomes),
        "rows": sorted.iter().enumerate().map(|(at, it)| row(report, at, it)).collect::<Vec<_>>(),
    });
    make_visible(&mut whole);
    let mut environment = Environment::new();
    // The name's ending has everything escaped that goes into it.
    environment.add_template("report.html", include_str!("page.html"))?;
    environment.get_template("report.html")?.render(Serde(&whole))
}

/// Makes every text visible; the template escapes the rest.
fn make_visible(value: &mut Value) {
    match value {
        Value::String(text) => *text = escape::visible(text),
        Value::Array(values) => values.iter_mut().for_each(make_visible),
        Value::Object(members) => members.values_mut().for_each(make_visible),
        _ => {}
    }
}

fn sides(identity: &Identity) -> Vec<Value> {
    let side = |(name, it): (&str, &super::identity::Known)| {
        json!({
            "name": name, "endpoint": it.endpoint, "version": it.version,
            "has": it.words(true).join(", "), "lacks": it.words(false).join(", "),
        })
    };
    identity.sides().map(side).collect()
}

/// How many there are of each verdict, none left out.
fn verdicts<'a>(outcomes: impl Iterator<Item = &'a Outcome> + Clone) -> Vec<Value> {
    let verdict = |name: &&str| {
        let count = outcomes.clone().filter(|it| it.verdict.name() == *name).count();
        json!({"name": name, "words": name.replace('-', " "), "count": count})
    };
    VERDICTS.iter().map(verdict).collect()
}

/// The same for each folder of cases.
fn operations(outcomes: &[Outcome]) -> Vec<Value> {
    let mut folders: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        folders.entry(folder(&outcome.case)).or_default().push(outcome);
    }
    let operation = |(name, outcomes): (&str, Vec<&Outcome>)| {
        json!({
            "name": name, "count": outcomes.len(),
            "verdicts": verdicts(outcomes.iter().copied()),
        })
    };
    folders.into_iter().map(operation).collect()
}

fn folder(case: &str) -> &str {
    case.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn row(report: &Report<'_>, place: usize, outcome: &Outcome) -> Value {
    let catalog = &report.run.catalog;
    let requirement = catalog.cases.get(&outcome.case).and_then(|it| catalog.requirement(it));
    let verdict = &outcome.verdict;
    let (name, folder) = (outcome.name(), folder(&outcome.case));
    // Where a recording differs is shown by the whole exchange.
    let mismatches = verdict.failures().iter().filter(|it| it.mismatch.what != "snapshot");
    json!({
        "name": name,
        "folder": folder,
        "short": name.strip_prefix(folder).unwrap_or(&name).trim_start_matches('/'),
        "verdict": verdict.name(),
        "words": verdict.name().replace('-', " "),
        "reason": verdict.reason(),
        "requirement": requirement,
        "linked": requirement.is_some_and(|it| it.source.starts_with("https://")),
        "open": place < OPEN && !verdict.failures().is_empty(),
        "mismatches": mismatches.map(mismatch).collect::<Vec<_>>(),
        "recorded": recorded(report, outcome),
        "exchanges": outcome.transcript,
        "milliseconds": outcome.took.as_millis() as u64,
    })
}

fn mismatch(failure: &Failure) -> Value {
    let it = &failure.mismatch;
    let rows = lines(&diff::rows(&laid_out(&it.expected), &laid_out(&it.got)));
    json!({"step": failure.step + 1, "what": it.what, "level": it.level, "rows": rows})
}

/// A value as it is read best.
fn laid_out(text: &str) -> String {
    let structured = text.starts_with(['{', '[']);
    if structured && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        return layout::indented(text);
    }
    text.to_owned()
}

/// What was recorded beside what came, for those who have to find out.
fn recorded(report: &Report<'_>, outcome: &Outcome) -> Option<Value> {
    let (from, text) =
        report.recorded(outcome).filter(|_| !outcome.verdict.failures().is_empty())?;
    let got = snapshot::section(&outcome.transcript);
    let rows = diff::rows(text, &got);
    Some(json!({"from": from, "same": text == got, "parts": folded(&rows)}))
}

/// The rows in parts: what is in sight, and what is folded away between.
fn folded(rows: &[Row<'_>]) -> Vec<Value> {
    let shown = lines(rows);
    let mut parts: Vec<(bool, Vec<Value>)> = Vec::new();
    for (at, line) in shown.into_iter().enumerate() {
        let folded = !diff::near(rows, at);
        match parts.last_mut() {
            Some((last, lines)) if *last == folded => lines.push(line),
            _ => parts.push((folded, vec![line])),
        }
    }
    let part = |(folded, lines): (bool, Vec<Value>)| json!({"folded": folded && lines.len() > FEW, "count": lines.len(), "lines": lines});
    parts.into_iter().map(part).collect()
}

/// Rows with their numbers, and where they part.
fn lines(rows: &[Row<'_>]) -> Vec<Value> {
    let (mut left, mut right) = (0, 0);
    let mut numbered = |row: &Row<'_>| {
        left += usize::from(row.left.is_some());
        right += usize::from(row.right.is_some());
        let side = |line: Option<&str>, number: usize, at: usize| {
            let line = line?;
            let parts = match row.parted() {
                _ if row.is_same() => [line, "", ""],
                Some((head, middle, tail)) if !head.is_empty() || !tail.is_empty() => {
                    [head, middle[at], tail]
                }
                _ => ["", line, ""],
            };
            Some(json!({"number": number, "parts": parts}))
        };
        json!({
            "same": row.is_same(),
            "left": side(row.left, left, 0),
            "right": side(row.right, right, 1),
        })
    };
    rows.iter().map(&mut numbered).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_is_folded_away() {
        let left: Vec<String> = (0..20).map(|it| it.to_string()).collect();
        let right = left.join("\n").replace("19", "x");
        let left = left.join("\n");
        let parts = folded(&diff::rows(&left, &right));
        assert_eq!(parts.len(), 2);
        assert_eq!((&parts[0]["folded"], &parts[0]["count"]), (&json!(true), &json!(16)));
        assert_eq!(parts[1]["lines"][3]["right"], json!({"number": 20, "parts": ["", "x", ""]}));
    }
}
