//! What a run says of itself. No report holds a credential: exchanges are redacted before they
//! get here.

pub mod diff;
pub mod escape;
pub mod html;
pub mod identity;
pub mod json;
pub mod junit;
pub mod summary;
pub mod terminal;

use {
    crate::{
        run::{INTERRUPTED, Run},
        verdict::{Outcome, Verdict},
    },
    std::time::Duration,
};

/// What a report says in a comment, by which a later run knows that it may be replaced.
const MARK: &str = "<!-- written by token-conformance -->";

/// What the reports for machines are made of.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The run.
    pub run: &'a Run,
    /// What came of it.
    pub outcomes: &'a [Outcome],
    /// How long it took.
    pub took: Duration,
}

/// How many of each verdict there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Passed, or failing as is known.
    pub passed: usize,
    /// Failed, or could not run.
    pub failed: usize,
    /// Skipped.
    pub skipped: usize,
}

impl<'a> Report<'a> {
    /// What came of it, in a few words.
    pub fn verdict(&self) -> String {
        let Count { passed, failed, .. } = Count::of(self.outcomes);
        let (level, interrupted) = (self.run.level, Verdict::CouldNotRun(INTERRUPTED.to_owned()));
        let known = |it: &&Outcome| matches!(it.verdict, Verdict::KnownFailing(_));
        if self.outcomes.iter().any(|it| it.verdict == interrupted) {
            return "Interrupted".to_owned();
        }
        match (failed, passed, self.outcomes.iter().filter(known).count()) {
            (0, 0, _) => "Nothing was judged".to_owned(),
            (0, _, 0) => format!("Conformant at level {level}"),
            (0, _, known) => format!("Conformant at level {level}, but for {known} known to fail"),
            (1, ..) => format!("1 case failed at level {level}"),
            _ => format!("{failed} cases failed at level {level}"),
        }
    }

    /// What was recorded of a case, and from which server.
    pub fn recorded(&self, outcome: &Outcome) -> Option<(&'a str, &'a str)> {
        let snapshot = self.run.catalog.snapshots.get(&outcome.case)?;
        let section = snapshot.section(outcome.variant.recorded_as())?;
        Some((snapshot.recorded_from.as_str(), section))
    }

    /// The endpoints that were judged.
    pub fn endpoints(&self) -> Vec<String> {
        let target = &self.run.target;
        let sides = [&target.kubernetes, &target.google].into_iter().flatten();
        sides.map(|it| it.client.endpoint().to_string()).collect()
    }
}

impl Count {
    /// Counts.
    pub fn of(outcomes: &[Outcome]) -> Self {
        let mut count = Self::default();
        for outcome in outcomes {
            match outcome.verdict {
                Verdict::Passed | Verdict::KnownFailing(_) => count.passed += 1,
                Verdict::Failed(_) | Verdict::CouldNotRun(_) => count.failed += 1,
                Verdict::Skipped(_) => count.skipped += 1,
            }
        }
        count
    }
}
