//! What a run says of itself. No report holds a credential: exchanges are redacted before they
//! get here.

pub mod html;
pub mod json;
pub mod junit;
pub mod terminal;

use crate::{
    run::Run,
    verdict::{Outcome, Verdict},
};

/// What the reports for machines are made of.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The run.
    pub run: &'a Run,
    /// What came of it.
    pub outcomes: &'a [Outcome],
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

impl Report<'_> {
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
