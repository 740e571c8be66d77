//! The list of known failures: `pattern: reason`, or `pattern: {reason: …, until: 2026-12-31}`, which
//! excuses nothing after that day. Each has to fail; one that does not is stale.

use {
    crate::{
        glob,
        ordered::Ordered,
        verdict::{Outcome, Verdict},
        yaml,
    },
    jiff::{Timestamp, civil::Date, tz::Offset},
    serde::Deserialize,
    std::{fs, path::Path},
};

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

/// Reads a list, without what excused until a day that is over.
pub fn read(path: &Path) -> Result<Vec<Entry>, String> {
    let told = |why: String| format!("{}: {why}", path.display());
    let text = fs::read_to_string(path).map_err(|error| told(error.to_string()))?;
    parse(&text, Offset::UTC.to_datetime(Timestamp::now()).date()).map_err(told)
}

fn parse(text: &str, today: Date) -> Result<Vec<Entry>, String> {
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
        if until.is_none_or(|it| today <= it) {
            entries.push((pattern, reason));
        }
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
    use super::*;

    #[test]
    fn an_excuse_ends_after_its_day() {
        let list = "{a: why, b: {reason: why, until: 2026-11-21}}";
        let known = |today: &str| parse(list, today.parse().unwrap()).unwrap().len();
        assert_eq!(known("2026-11-21"), 2);
        assert_eq!(known("2026-11-22"), 1);
    }

    #[test]
    fn a_list_is_read_strictly() {
        let today: Date = "2026-11-21".parse().unwrap();
        for list in [
            "{a: ''}",
            "{a: {reason: why, until: someday}}",
            "{a: {reason: why, unless: 2026-11-21}}",
            "{a: [why]}",
        ] {
            assert!(parse(list, today).is_err(), "{list}");
        }
    }
}
