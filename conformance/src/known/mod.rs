//! The list of known failures: `pattern: reason`, or `pattern: {reason: …, until: 2026-12-31}`, which
//! excuses nothing after that day. Each has to fail; one that does not is stale.

mod written;

use {
    crate::{
        case::Case,
        catalog::Catalog,
        expect::Mismatch,
        glob,
        verdict::{Outcome, Verdict, name},
    },
    jiff::{Timestamp, civil::Date, tz::Offset},
    written::Line,
};

/// The longest reason that is written for a person to better.
const LONGEST: usize = 160;

/// What a new list begins with.
const HEAD: &str = "# What is known to fail, each with its reason. An entry has to fail; one that \
                    passes comes off.\n";

/// A pattern for names of cases, and why they fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The pattern.
    pub pattern: String,
    /// Why.
    pub reason: String,
    /// Whether its day is over: it excuses nothing then, and still has to fail.
    pub expired: bool,
}

/// A list as it is written, comments and all.
#[derive(Debug, Clone)]
pub struct List {
    /// What stands before the first entry.
    head: String,
    lines: Vec<Line>,
    /// What stands after the last.
    tail: String,
    today: Date,
}

impl List {
    /// Reads a list.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::on(text, Offset::UTC.to_datetime(Timestamp::now()).date())
    }

    fn on(text: &str, today: Date) -> Result<Self, String> {
        let (head, lines, tail) = written::read(text)?;
        Ok(Self { head, lines, tail, today })
    }

    /// What it says.
    pub fn entries(&self) -> Vec<Entry> {
        self.lines.iter().map(|it| self.entry(it)).collect()
    }

    fn entry(&self, line: &Line) -> Entry {
        let (pattern, reason) = (line.pattern.clone(), line.reason.clone());
        Entry { pattern, reason, expired: line.until.is_some_and(|it| it < self.today) }
    }

    /// The patterns that excused something until a day that is over.
    pub fn expired(&self) -> Vec<String> {
        self.entries().into_iter().filter(|it| it.expired).map(|it| it.pattern).collect()
    }

    /// What it says, without what is about cases that are there and were not selected.
    pub fn concerning(&self, all: &[String], outcomes: &[Outcome]) -> Vec<Entry> {
        let selected = |pattern: &str| outcomes.iter().any(|it| glob::matches(pattern, &it.name()));
        let there = |pattern: &str| all.iter().any(|it| glob::matches(pattern, it));
        let mut entries = self.entries();
        entries.retain(|it| selected(&it.pattern) || !there(&it.pattern));
        entries
    }

    /// The list as the outcomes want it, and what that changes. Patterns that only failures fit
    /// stay as they are written; one that a passing case fits, too, is taken apart. What was not
    /// selected or could not run stays, and so does what fails after its day, for a person to
    /// decide.
    pub fn updated(&self, all: &[String], outcomes: &[Outcome]) -> (String, Vec<String>) {
        let is_new = self.lines.is_empty() && self.head.is_empty();
        let mut text = if is_new { HEAD.to_owned() } else { self.head.clone() };
        let (mut changes, mut covered) = (Vec::new(), Vec::<String>::new());
        for line in &self.lines {
            let fits = |it: &&Outcome| glob::matches(&line.pattern, &it.name());
            let fitting: Vec<&Outcome> = outcomes.iter().filter(fits).collect();
            let failing = names_of(&fitting, |it| matches!(it, Verdict::Failed(_)));
            let passing = fitting.iter().any(|it| it.verdict == Verdict::Passed);
            let open = fitting.iter().any(|it| matches!(it.verdict, Verdict::CouldNotRun(_)));
            let there = all.iter().any(|it| glob::matches(&line.pattern, it));
            let unselected = fitting.is_empty() && there;
            if unselected || (!passing && (open || !failing.is_empty())) {
                text.push_str(&line.text());
                covered.extend(failing);
                continue;
            }
            changes.push(format!("without {}", line.pattern));
            for (at, name) in failing.into_iter().filter(|it| !covered.contains(it)).enumerate() {
                text.push_str(if at == 0 { &line.above } else { "" });
                text.push_str(&Line::new(name, line.reason.clone(), line.until).text());
            }
            covered.extend(names_of(&fitting, |it| matches!(it, Verdict::Failed(_))));
        }
        for outcome in outcomes {
            let (name, failures) = (outcome.name(), outcome.verdict.failures());
            if let (Some(first), false) = (failures.first(), covered.contains(&name)) {
                changes.push(format!("with {name}"));
                text.push_str(&Line::new(name, reason(&first.mismatch), None).text());
            }
        }
        text.push_str(&self.tail);
        (text, changes)
    }
}

fn names_of(outcomes: &[&Outcome], which: impl Fn(&Verdict) -> bool) -> Vec<String> {
    outcomes.iter().filter(|it| which(&it.verdict)).map(|it| it.name()).collect()
}

/// The names of all cases in all their variants.
pub fn names(catalog: &Catalog) -> Vec<String> {
    let names = |(id, case): (&String, &Case)| {
        case.variants().into_iter().map(|it| name(id, it)).collect::<Vec<_>>()
    };
    catalog.cases.iter().flat_map(names).collect()
}

/// Why a case fails, until somebody knows better.
fn reason(mismatch: &Mismatch) -> String {
    let Mismatch { what, expected, got, .. } = mismatch;
    let whole = format!("{what}: expected {expected}, got {got}");
    let line: Vec<&str> = whole.split_whitespace().collect();
    let line = line.join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// Excuses what is known, and returns the patterns that are stale: those that fit a case that
/// passes, or none that fails.
pub fn excuse(entries: &[Entry], outcomes: &mut [Outcome]) -> Vec<String> {
    let mut stale = Vec::new();
    for Entry { pattern, reason, expired } in entries {
        let (mut used, mut passing) = (false, Vec::new());
        for outcome in outcomes.iter_mut().filter(|it| glob::matches(pattern, &it.name())) {
            match outcome.verdict {
                Verdict::Failed(_) if *expired => used = true,
                Verdict::Failed(_) => {
                    outcome.verdict = Verdict::KnownFailing(reason.clone());
                    used = true;
                }
                Verdict::KnownFailing(_) => used = true,
                Verdict::Passed => passing.push(outcome.name()),
                Verdict::Skipped(_) | Verdict::CouldNotRun(_) => {}
            }
        }
        if passing.is_empty() && !used {
            stale.push(format!("{pattern} matches no failure"));
        }
        let one = |it: &String| match it == pattern {
            true => format!("{it} passes"),
            false => format!("{pattern}: {it} passes"),
        };
        stale.extend(passing.iter().map(one));
    }
    stale
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::{level::Level, variant::Variant, verdict::Failure},
        std::time::Duration,
    };

    fn list(text: &str) -> List {
        List::on(text, "2026-11-22".parse().unwrap()).unwrap()
    }

    fn outcome(case: &str, failed: bool) -> Outcome {
        let mismatch = Mismatch::new(Level::Must, "status", 201, "a\n\"b\"");
        let failures = vec![Failure { step: 0, mismatch }];
        Outcome {
            case: case.to_owned(),
            variant: Variant::Json,
            verdict: if failed { Verdict::Failed(failures) } else { Verdict::Passed },
            transcript: Vec::new(),
            took: Duration::ZERO,
        }
    }

    /// The cases `k/a` and `k/b`, which fail, and `k/c`, which passes.
    fn outcomes() -> Vec<Outcome> {
        vec![outcome("k/a", true), outcome("k/b", true), outcome("k/c", false)]
    }

    fn updated(text: &str) -> String {
        let all = ["k/a", "k/b", "k/c", "k/other"].map(str::to_owned);
        list(text).updated(&all, &outcomes()).0
    }

    #[test]
    fn an_excuse_ends_after_its_day() {
        let text =
            "{a: why, b: {reason: why, until: 2026-11-21}, c: {reason: why, until: 2026-11-22}}";
        assert_eq!(list(text).expired(), ["b"]);
    }

    #[test]
    fn what_is_over_excuses_nothing_and_has_to_fail_still() {
        let over = |pattern: &str| format!("{pattern}: {{reason: why, until: 2026-01-01}}\n");
        for (pattern, stale) in [("k/a", 0), ("k/c", 1), ("none", 1)] {
            let mut outcomes = outcomes();
            let told = excuse(&list(&over(pattern)).entries(), &mut outcomes);
            assert_eq!(told.len(), stale, "{told:?}");
            assert!(outcomes.iter().all(|it| !matches!(it.verdict, Verdict::KnownFailing(_))));
        }
        assert!(!updated(&over("k/c")).contains("k/c"), "what passes comes off all the same");
    }

    #[test]
    fn what_is_taken_apart_keeps_its_comments_and_its_day() {
        let text = "# An issue.\nk/*: {reason: why, until: 2026-12-01}\n# The end.\n";
        assert_eq!(
            updated(text),
            "# An issue.\n'k/a': {reason: \"why\", until: 2026-12-01}\n\
             'k/b': {reason: \"why\", until: 2026-12-01}\n# The end.\n"
        );
    }

    #[test]
    fn a_list_is_read_strictly() {
        for text in [
            "{a: ''}",
            "{a: {reason: why, until: someday}}",
            "{a: {reason: why, unless: 2026-11-21}}",
            "{a: [why]}",
            "{a: 7}",
            "{a: why, a: why}",
        ] {
            let told = List::parse(text).unwrap_err();
            assert!(told.starts_with("line 1, column "), "{text}: {told}");
            assert!(!told.contains("not the YAML"), "{text}: {told}");
        }
        assert!(List::parse("# nothing yet\n").unwrap().entries().is_empty());
    }

    #[test]
    fn an_updated_list_excuses_every_failure_and_nothing_else() {
        for text in ["", "# ours\n", "{k/a: why, k/c: why, no-such: why}", "k/*: why\n"] {
            let written = updated(text);
            let mut outcomes = outcomes();
            let stale = excuse(&list(&written).entries(), &mut outcomes);
            assert_eq!(stale, [""; 0], "{written}");
            let known = |it: &Outcome| matches!(it.verdict, Verdict::KnownFailing(_));
            assert_eq!(outcomes.iter().filter(|it| known(it)).count(), 2, "{written}");
        }
    }

    #[test]
    fn what_stays_is_as_it_was_written() {
        let kept = "# About all.\n\n# An issue.\nk/a:  why  # here\n'k/other': not selected\n\
                    k/b:\n  reason: why\n  until: 2026-12-01\n";
        assert_eq!(updated(kept), kept);
        let mixed = format!("{kept}# Gone.\nk/c: passes\n");
        assert_eq!(updated(&mixed), kept);
        let ended = format!("{kept}# The end.\n");
        assert_eq!(updated(&ended), ended);
        let expired = "k/a: {reason: why, until: 2026-01-01}\n";
        assert!(updated(expired).starts_with(expired));
        assert!(!updated(expired).contains("'k/a'"), "a person decides");
        assert!(updated("k/a: why").contains("'k/b': \"status: expected 201, got a \\\"b\\\"\""));
    }
}
