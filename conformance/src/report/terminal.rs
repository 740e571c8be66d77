//! The report that is read where the run was started.

use {
    super::{
        Count,
        escape::{block, line},
    },
    crate::{
        catalog::Catalog,
        verdict::{Outcome, Verdict},
    },
    std::{collections::BTreeMap, fmt::Write as _, time::Duration},
};

/// As many cases of one reason are named one by one.
const FEW: usize = 10;

/// The whole report. Its last line is the count.
pub fn report(catalog: &Catalog, outcomes: &[Outcome], trace: bool, took: Duration) -> String {
    let mut out = String::new();
    for outcome in outcomes {
        tell(&mut out, catalog, outcome, trace);
    }
    let hindered = outcomes.iter().filter_map(|it| match &it.verdict {
        Verdict::CouldNotRun(why) if it.transcript.is_empty() => Some((it.name(), why.clone())),
        _ => None,
    });
    out.push_str(&grouped("could not run", hindered, trace));
    let skipped = outcomes.iter().filter_map(|it| match &it.verdict {
        Verdict::Skipped(why) => Some((it.name(), why.clone())),
        _ => None,
    });
    out.push_str(&grouped("skipped", skipped, trace));
    out.push_str(&pace(outcomes, took));
    let count = Count::of(outcomes);
    let _ = writeln!(
        out,
        "{} passed, {} failed, {} skipped",
        count.passed, count.failed, count.skipped
    );
    out
}

/// Names with their reasons; many of one reason in one line, unless all are wanted.
pub fn grouped(verb: &str, named: impl Iterator<Item = (String, String)>, whole: bool) -> String {
    let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, why) in named {
        reasons.entry(why).or_default().push(name);
    }
    let mut out = String::new();
    for (why, names) in reasons {
        let why = line(&why);
        if names.len() > FEW && !whole {
            let _ = writeln!(out, "{verb}: {} cases ({why})", names.len());
            continue;
        }
        for name in names {
            let _ = writeln!(out, "{verb}: {name} ({why})");
        }
    }
    out
}

fn pace(outcomes: &[Outcome], took: Duration) -> String {
    let run = outcomes.iter().filter(|it| !matches!(it.verdict, Verdict::Skipped(_))).count();
    let seconds = took.as_secs_f64();
    if run == 0 || seconds == 0.0 {
        return String::new();
    }
    format!("{run} cases in {seconds:.2} s, {:.0} a second\n", run as f64 / seconds)
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
            let _ = writeln!(out, "known to fail: {name} ({})\n", line(reason));
            return;
        }
        Verdict::CouldNotRun(_) if outcome.transcript.is_empty() => return,
        Verdict::CouldNotRun(why) => {
            let _ = writeln!(out, "could not run: {name}\n  {}", line(why));
        }
        Verdict::Failed(failures) => {
            let _ = writeln!(out, "failed: {name}");
            for failure in failures {
                let it = &failure.mismatch;
                let step = failure.step + 1;
                let _ = writeln!(out, "  step {step}: {}", line(&it.what));
                let _ = writeln!(out, "    expected {}", value(&it.expected));
                let _ = writeln!(out, "    got      {}", value(&it.got));
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

/// A value: behind its name, or below it where it has several lines.
fn value(text: &str) -> String {
    match text.trim_end_matches('\n').contains('\n') {
        true => format!("\n{}", block(text, "      | ")),
        false => line(text),
    }
}

fn indented(transcript: &[String]) -> String {
    let exchanges: Vec<String> = transcript.iter().map(|it| block(it, "  | ")).collect();
    exchanges.join("\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn many_of_one_reason_are_counted() {
        let named = |count: usize| (0..count).map(|it| (it.to_string(), "why".to_owned()));
        assert_eq!(
            super::grouped("skipped", named(2), false),
            "skipped: 0 (why)\nskipped: 1 (why)\n"
        );
        assert_eq!(super::grouped("skipped", named(11), false), "skipped: 11 cases (why)\n");
        assert_eq!(super::grouped("skipped", named(11), true).lines().count(), 11);
    }
}
