//! What a run of a case comes to.

use {
    crate::{expect::Mismatch, secrets::Secrets, variant::Variant},
    std::time::Duration,
};

/// The five verdicts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Everything is as expected.
    Passed,
    /// Something is not.
    Failed(Vec<Failure>),
    /// Something is not, as was known.
    KnownFailing(String),
    /// The case does not apply here.
    Skipped(String),
    /// What the case needs could not be made, or the target could not be reached.
    CouldNotRun(String),
}

/// A mismatch, and the step that it came up in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The step, from 0.
    pub step: usize,
    /// What is not as expected.
    pub mismatch: Mismatch,
}

/// One case as run in one variant.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The case's id.
    pub case: String,
    /// The variant.
    pub variant: Variant,
    /// What it came to.
    pub verdict: Verdict,
    /// The exchanges that were judged, as a snapshot has them: redacted, one text a step.
    pub transcript: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

impl Verdict {
    /// Its name in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::KnownFailing(_) => "known-failing",
            Self::Skipped(_) => "skipped",
            Self::CouldNotRun(_) => "could-not-run",
        }
    }

    /// Why it is so, where that is one sentence.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Passed | Self::Failed(_) => None,
            Self::KnownFailing(why) | Self::Skipped(why) | Self::CouldNotRun(why) => Some(why),
        }
    }

    /// What is not as expected.
    pub fn failures(&self) -> &[Failure] {
        match self {
            Self::Failed(failures) => failures,
            _ => &[],
        }
    }
}

impl Outcome {
    /// The name that reports and patterns use: the case's id, and the variant beyond the first.
    pub fn name(&self) -> String {
        name(&self.case, self.variant)
    }

    /// Hides what was learned of credentials after it was judged, in another case.
    pub fn hide(&mut self, secrets: &Secrets) {
        let hide = |text: &mut String| *text = secrets.hide(text).into_owned();
        self.transcript.iter_mut().for_each(hide);
        match &mut self.verdict {
            Verdict::Passed => {}
            Verdict::Failed(failures) => {
                for Mismatch { what, expected, got, .. } in
                    failures.iter_mut().map(|it| &mut it.mismatch)
                {
                    [what, expected, got].into_iter().for_each(hide);
                }
            }
            Verdict::KnownFailing(why) | Verdict::Skipped(why) | Verdict::CouldNotRun(why) => {
                hide(why);
            }
        }
    }
}

/// The name of a case in a variant.
pub fn name(case: &str, variant: Variant) -> String {
    match variant {
        Variant::Json => case.to_owned(),
        other => format!("{case}@{other}"),
    }
}
