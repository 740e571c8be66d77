//! The list of known failures: `pattern: reason`, or `pattern: {reason: …, until: 2026-12-31}`, which
//! excuses nothing after that day. Each has to fail; one that does not is stale.

use {
    crate::{
        case::Case,
        catalog::Catalog,
        expect::Mismatch,
        glob,
        ordered::Ordered,
        verdict::{Outcome, Verdict, name},
        yaml,
    },
    jiff::{Timestamp, civil::Date, tz::Offset},
    serde::Deserialize,
};

/// The longest reason that is written for a person to better.
const LONGEST: usize = 160;

/// A pattern for names of cases, and why they fail.
pub type Entry = (String, String);

/// What a list says of a pattern.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Reason(String),
    Dated(Dated),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dated {
    reason: String,
    until: String,
}

/// A list as it is written, comments and all.
#[derive(Debug, Clone, Default)]
pub struct List {
    /// What stands before the first entry.
    head: String,
    lines: Vec<Line>,
}

/// One entry, and how it is written.
#[derive(Debug, Clone)]
struct Line {
    text: String,
    entry: Entry,
    expired: bool,
}

/// What a new list begins with.
const HEAD: &str = "# What is known to fail, each with its reason. An entry has to fail; one that \
                    passes comes off.\n";

impl List {
    /// Reads a list.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::on(text, Offset::UTC.to_datetime(Timestamp::now()).date())
    }

    fn on(text: &str, today: Date) -> Result<Self, String> {
        if text.lines().all(|it| it.trim().is_empty() || it.trim_start().starts_with('#')) {
            return Ok(Self { head: text.to_owned(), lines: Vec::new() });
        }
        let entries = entries(text)?;
        let (head, blocks) = blocks(text);
        let same = blocks.len() == entries.len();
        let mut texts = blocks.into_iter().filter(|_| same);
        let lines = entries.into_iter().map(|(entry, until)| {
            let text = texts.next().unwrap_or_else(|| line(&entry, until));
            Line { text, entry, expired: until.is_some_and(|it| it < today) }
        });
        let lines = lines.collect();
        Ok(Self { head: if same { head } else { String::new() }, lines })
    }

    /// What it excuses.
    pub fn entries(&self) -> Vec<Entry> {
        self.lines.iter().filter(|it| !it.expired).map(|it| it.entry.clone()).collect()
    }

    /// The patterns that excused something until a day that is over.
    pub fn expired(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().filter(|it| it.expired).map(|it| it.entry.0.as_str())
    }

    /// What it excuses, without what is about cases that are there and were not selected.
    pub fn concerning(&self, all: &[String], outcomes: &[Outcome]) -> Vec<Entry> {
        let selected = |pattern: &str| outcomes.iter().any(|it| glob::matches(pattern, &it.name()));
        let there = |pattern: &str| all.iter().any(|it| glob::matches(pattern, it));
        let mut entries = self.entries();
        entries.retain(|(pattern, _)| selected(pattern) || !there(pattern));
        entries
    }

    /// The list as the outcomes want it, and what that changes. Patterns that only failures fit
    /// stay as they are written; one that a passing case fits, too, is taken apart. What was not
    /// selected or could not run stays, and so does what has expired, for a person to decide.
    pub fn updated(&self, all: &[String], outcomes: &[Outcome]) -> (String, Vec<String>) {
        let mut text = if self.lines.is_empty() && self.head.is_empty() {
            HEAD.to_owned()
        } else {
            self.head.clone()
        };
        let (mut changes, mut covered) = (Vec::new(), Vec::<String>::new());
        for line in &self.lines {
            let (pattern, reason) = &line.entry;
            let fits = |it: &&Outcome| glob::matches(pattern, &it.name());
            let fitting: Vec<&Outcome> = outcomes.iter().filter(fits).collect();
            let fails = |it: &&&Outcome| matches!(it.verdict, Verdict::Failed(_));
            let failing: Vec<String> = fitting.iter().filter(fails).map(|it| it.name()).collect();
            let passing = fitting.iter().any(|it| it.verdict == Verdict::Passed);
            let open = fitting.iter().any(|it| matches!(it.verdict, Verdict::CouldNotRun(_)));
            let unselected = fitting.is_empty() && all.iter().any(|it| glob::matches(pattern, it));
            if line.expired || unselected || (!passing && (open || !failing.is_empty())) {
                text.push_str(&line.text);
                covered.extend(failing);
                continue;
            }
            changes.push(format!("without {pattern}"));
            for name in failing.into_iter().filter(|it| !covered.contains(it)).collect::<Vec<_>>() {
                text.push_str(&self::line(&(name.clone(), reason.clone()), None));
                covered.push(name);
            }
        }
        for outcome in outcomes {
            let (name, failures) = (outcome.name(), outcome.verdict.failures());
            if let (Some(first), false) = (failures.first(), covered.contains(&name)) {
                changes.push(format!("with {name}"));
                text.push_str(&self::line(&(name, reason(&first.mismatch)), None));
            }
        }
        (text, changes)
    }
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

/// An entry as it is written: what JSON quotes, YAML reads.
fn line((pattern, reason): &Entry, until: Option<Date>) -> String {
    let quoted = serde_json::Value::from(reason.as_str());
    let pattern = pattern.replace('\'', "''");
    match until {
        None => format!("'{pattern}': {quoted}\n"),
        Some(until) => format!("'{pattern}': {{reason: {quoted}, until: {until}}}\n"),
    }
}

/// The text before the first entry, and the texts of the entries, each with the comments above it.
fn blocks(text: &str) -> (String, Vec<String>) {
    let mut blocks: Vec<String> = Vec::new();
    let mut between = String::new();
    let mut head = None;
    for line in text.split_inclusive('\n') {
        let mut line = line.to_owned();
        if !line.ends_with('\n') {
            line.push('\n');
        }
        match line.chars().next() {
            Some('#' | '\n' | '\r') => between.push_str(&line),
            Some(' ' | '\t') if !blocks.is_empty() => {
                let block = blocks.last_mut().into_iter();
                block.for_each(|it| it.push_str(&format!("{between}{line}")));
                between.clear();
            }
            _ => {
                let before = std::mem::take(&mut between);
                // What is parted from the first entry by an empty line is about all of them.
                let (above, own) = match before.rfind("\n\n") {
                    Some(at) if head.is_none() => before.split_at(at + 2),
                    _ => ("", before.as_str()),
                };
                head.get_or_insert_with(|| above.to_owned());
                blocks.push(format!("{own}{line}"));
            }
        }
    }
    if let Some(last) = blocks.last_mut() {
        last.push_str(&between);
    }
    (head.unwrap_or_default(), blocks)
}

fn entries(text: &str) -> Result<Vec<(Entry, Option<Date>)>, String> {
    let mut entries = Vec::new();
    for (pattern, written) in yaml::read::<Ordered<Written>>(text)?.0 {
        let (reason, until) = match written {
            Written::Reason(reason) => (reason, None),
            Written::Dated(Dated { reason, until }) => {
                let day = until.parse::<Date>();
                (reason, Some(day.map_err(|_| format!("{pattern}: {until} is not a day"))?))
            }
        };
        if reason.trim().is_empty() {
            return Err(format!("{pattern} has no reason"));
        }
        entries.push(((pattern, reason), until));
    }
    Ok(entries)
}

/// Excuses what is known, and returns the patterns that are stale: those that match no failure.
pub fn excuse(entries: &[Entry], outcomes: &mut [Outcome]) -> Vec<String> {
    let mut stale = Vec::new();
    for (pattern, reason) in entries {
        let mut used = false;
        for outcome in outcomes.iter_mut().filter(|it| glob::matches(pattern, &it.name())) {
            match outcome.verdict {
                Verdict::Failed(_) => {
                    outcome.verdict = Verdict::KnownFailing(reason.clone());
                    used = true;
                }
                Verdict::KnownFailing(_) => used = true,
                Verdict::Passed => stale.push(format!("{pattern}: {} passes", outcome.name())),
                Verdict::Skipped(_) | Verdict::CouldNotRun(_) => {}
            }
        }
        if !used {
            stale.push(format!("{pattern} matches no failure"));
        }
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
        assert_eq!(list(text).entries().len(), 2);
        assert!(list(text).expired().eq(["b"]));
    }

    #[test]
    fn a_list_is_read_strictly() {
        for text in [
            "{a: ''}",
            "{a: {reason: why, until: someday}}",
            "{a: {reason: why, unless: 2026-11-21}}",
            "{a: [why]}",
        ] {
            assert!(List::parse(text).is_err(), "{text}");
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
        let expired = "k/a: {reason: why, until: 2026-01-01}\n";
        assert!(updated(expired).starts_with(expired));
        assert!(!updated(expired).contains("'k/a'"), "a person decides");
        assert!(updated("k/a: why").contains("'k/b': \"status: expected 201, got a \\\"b\\\"\""));
    }
}
