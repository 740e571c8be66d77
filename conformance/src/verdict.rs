//! What a run of a case comes to.

use {
    crate::{expect::Mismatch, variant::Variant},
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

impl Outcome {
    /// The name that reports and patterns use: the case's id, and the variant beyond the first.
    pub fn name(&self) -> String {
        name(&self.case, self.variant)
    }
}

/// The name of a case in a variant.
pub fn name(case: &str, variant: Variant) -> String {
    match variant {
        Variant::Json => case.to_owned(),
        other => format!("{case}@{other}"),
    }
}
