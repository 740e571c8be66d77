//! How far a sweep has come, a line every few seconds.

use {
    crate::sweep::Fate,
    std::{
        sync::{Mutex, PoisonError},
        time::{Duration, Instant},
    },
};

/// How long it is silent.
const SILENCE: Duration = Duration::from_secs(10);

/// What has been told, of how many.
pub(crate) struct Progress {
    total: usize,
    started: Instant,
    seen: Mutex<Seen>,
}

struct Seen {
    done: usize,
    passed: usize,
    spoke: Instant,
}

impl Progress {
    pub(crate) fn new(total: usize) -> Self {
        let started = Instant::now();
        let seen = Mutex::new(Seen { done: 0, passed: 0, spoke: started });
        Self { total, started, seen }
    }

    /// Counts one, and says how far it has come when it has been silent for a while.
    pub(crate) fn note(&self, fate: &Fate) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.done += 1;
        seen.passed += usize::from(fate.is_uncaught());
        if seen.spoke.elapsed() >= SILENCE {
            seen.spoke = Instant::now();
            let Seen { done, passed, .. } = *seen;
            let seconds = self.started.elapsed().as_secs();
            println!("  {done} of {} told, {passed} not caught, {seconds} s", self.total);
        }
    }
}
