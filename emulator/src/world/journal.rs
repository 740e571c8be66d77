//! What was asked and answered, for whoever debugs a client. Holds no credential: a path's query,
//! headers and bodies never get here.

use {
    jiff::Timestamp,
    std::{collections::VecDeque, sync::Mutex},
};

/// How many exchanges are kept.
const CAPACITY: usize = 1_000;

/// The latest exchanges, oldest first.
#[derive(Debug, Default)]
pub struct Journal {
    entries: Mutex<VecDeque<Entry>>,
}

/// One exchange.
#[derive(Debug, Clone)]
pub struct Entry {
    /// When the answer was ready, on the emulated clock.
    pub time: Timestamp,
    /// The request's method.
    pub method: String,
    /// The request's path, without its query.
    pub path: String,
    /// The answer's status.
    pub status: u16,
}

impl Journal {
    /// Adds an exchange, and forgets the oldest when there are too many.
    pub fn record(&self, entry: Entry) {
        let mut entries = self.lock();
        if entries.len() == CAPACITY {
            entries.pop_front();
        }
        entries.push_back(entry);
    }

    /// The exchanges kept, oldest first.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().iter().cloned().collect()
    }

    /// Forgets all of them.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Entry>> {
        self.entries.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
