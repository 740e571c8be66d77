//! The report in Markdown, as the page of a pipeline's run shows it.

use {
    super::{Count, MARK, Report, escape::code, identity::Identity},
    crate::verdict::{Outcome, Verdict},
    std::{collections::BTreeMap, fmt::Write as _},
};

/// As many are named.
const MOST: usize = 50;

/// The summary.
pub fn report(report: &Report<'_>) -> String {
    let count = Count::of(report.outcomes);
    let identity = Identity::of(report.run);
    let Count { passed, failed, skipped } = count;
    let mut out = format!("{MARK}\n\n## {}\n\n", report.verdict());
    let _ = writeln!(out, "{passed} passed, {failed} failed, {skipped} skipped\n");
    for (name, known) in identity.sides() {
        let version = known.version.as_deref().map(|it| format!(" {}", code(it)));
        let (endpoint, version) = (code(&known.endpoint), version.unwrap_or_default());
        let _ = writeln!(out, "- {name}: {endpoint}{version}");
    }
    let level = report.run.level;
    let _ =
        writeln!(out, "- level {level}, suite {}, digest `{}`", identity.suite, identity.digest);
    failures(&mut out, report);
    reasons(&mut out, report.outcomes);
    out
}

/// Whether a text is such a summary.
pub fn is_own(text: &str) -> bool {
    text.starts_with(MARK)
}

fn failures(out: &mut String, report: &Report<'_>) {
    let failed: Vec<&Outcome> = report
        .outcomes
        .iter()
        .filter(|it| matches!(it.verdict, Verdict::Failed(_) | Verdict::CouldNotRun(_)))
        .collect();
    if failed.is_empty() {
        return;
    }
    out.push_str("\n| case | what | expected | got |\n|---|---|---|---|\n");
    for outcome in failed.iter().take(MOST) {
        let first = outcome.verdict.failures().first().map(|it| &it.mismatch);
        let [what, expected, got] = match first {
            Some(it) => [it.what.as_str(), it.expected.as_str(), it.got.as_str()],
            None => ["could not run", "", outcome.verdict.reason().unwrap_or_default()],
        };
        let cells = [&outcome.name(), what, expected, got].map(code);
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    if failed.len() > MOST {
        let _ = writeln!(out, "\nand {} more", failed.len() - MOST);
    }
}

fn reasons(out: &mut String, outcomes: &[Outcome]) {
    let mut reasons: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for outcome in outcomes {
        if let Verdict::Skipped(why) | Verdict::KnownFailing(why) = &outcome.verdict {
            *reasons.entry((outcome.verdict.name(), why)).or_default() += 1;
        }
    }
    if !reasons.is_empty() {
        out.push_str("\n| cases | verdict | reason |\n|---|---|---|\n");
    }
    for ((verdict, why), count) in reasons {
        let _ = writeln!(out, "| {count} | {verdict} | {} |", code(why));
    }
}
