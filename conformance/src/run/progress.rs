//! How far a run has come.

use {
    crate::verdict::Verdict,
    std::sync::atomic::{AtomicUsize, Ordering},
};

/// How far a run has come.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicUsize,
    failed: AtomicUsize,
}

impl Progress {
    /// How many that apply have been run, and how many of them failed or could not.
    pub fn seen(&self) -> (usize, usize) {
        (self.done.load(Ordering::Relaxed), self.failed.load(Ordering::Relaxed))
    }

    pub(super) fn note(&self, verdict: &Verdict) {
        if matches!(verdict, Verdict::Skipped(_)) {
            return;
        }
        self.done.fetch_add(1, Ordering::Relaxed);
        if matches!(verdict, Verdict::Failed(_) | Verdict::CouldNotRun(_)) {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
    }
}
