//! What was asked and answered, for whoever debugs a client. Holds no credential: a path's query,
//! headers and bodies never get here.

use {
    super::callers::Caller,
    jiff::Timestamp,
    std::{
        borrow::Cow,
        collections::VecDeque,
        sync::{Arc, Mutex},
    },
};

/// How many exchanges are kept.
const CAPACITY: usize = 1_000;

/// How many bytes of a method, a path or a detail are kept.
const LONGEST: usize = 1 << 10;

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
    /// The request's path, without its query, as far as it is kept.
    pub path: String,
    /// The answer's status; 0 where there was no answer.
    pub status: u16,
    /// The fault that was injected into it, if there was one.
    pub fault: Option<String>,
    /// What it was about.
    pub summary: Summary,
}

/// What an exchange was about. Holds no credential.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The operation: `kubernetes.tokenrequest.create`; empty where the request leads nowhere.
    pub operation: Cow<'static, str>,
    /// Who called; `None` where that was not found out, or the API does not ask.
    pub caller: Option<Arc<Caller>>,
    /// What was asked for, as far as it could be read: `audiences`, `expirationSeconds`.
    pub details: Vec<(&'static str, String)>,
}

impl Journal {
    /// Adds an exchange, and forgets the oldest when there are too many.
    pub fn record(&self, mut entry: Entry) {
        cut(&mut entry.method);
        cut(&mut entry.path);
        entry.summary.details.iter_mut().for_each(|(_, detail)| cut(detail));
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

fn cut(text: &mut String) {
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
        text.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_is_cut() {
        let journal = Journal::default();
        for path in ["/a".to_owned(), "/\u{20ac}".repeat(1 << 20)] {
            let time = Timestamp::UNIX_EPOCH;
            journal.record(Entry {
                time,
                method: "GET".to_owned(),
                path,
                status: 404,
                fault: None,
                summary: Summary::default(),
            });
        }
        let [short, long] = &journal.entries()[..] else { panic!("two are kept") };
        assert_eq!(short.path, "/a");
        assert_eq!(long.path, "/\u{20ac}".repeat(256));
        assert!(long.path.capacity() <= LONGEST);
    }
}
