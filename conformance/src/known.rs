//! The list of known failures: `pattern: reason`. Each has to fail; one that does not is stale.

use {
    crate::{
        glob,
        verdict::{Outcome, Verdict},
        yaml,
    },
    std::{fs, path::Path},
};

/// A pattern for names of cases, and why they fail.
pub type Entry = (String, String);

/// Reads a list.
pub fn read(path: &Path) -> Result<Vec<Entry>, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let entries: crate::ordered::Ordered<String> =
        yaml::read(&text).map_err(|why| format!("{}: {why}", path.display()))?;
    if let Some((pattern, _)) = entries.0.iter().find(|(_, reason)| reason.trim().is_empty()) {
        return Err(format!("{}: {pattern} has no reason", path.display()));
    }
    Ok(entries.0)
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
