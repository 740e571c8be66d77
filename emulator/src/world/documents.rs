//! Documents of foreign issuers, for as long as their servers let them be kept. The emulator's
//! clock says how long that is.

use {
    bytes::Bytes,
    jiff::Timestamp,
    std::{
        collections::VecDeque,
        sync::{Mutex, MutexGuard, PoisonError},
    },
};

/// How many are kept, and how long each may be, in bytes; then the oldest is forgotten.
const KEPT: usize = 32;
const LONGEST: usize = 64 << 10;

/// The documents.
#[derive(Debug, Default)]
pub struct Documents {
    kept: Mutex<VecDeque<Kept>>,
}

#[derive(Debug)]
struct Kept {
    url: String,
    body: Bytes,
    until: Timestamp,
}

impl Documents {
    /// A document that is still good.
    pub fn get(&self, url: &str, now: Timestamp) -> Option<Bytes> {
        let kept = self.lock();
        let found = kept.iter().find(|kept| kept.url == url && now < kept.until);
        found.map(|kept| kept.body.clone())
    }

    /// Keeps one, in the place of an older one.
    pub fn keep(&self, url: &str, body: Bytes, until: Timestamp) {
        self.forget(url);
        if body.len() <= LONGEST {
            let mut kept = self.lock();
            if kept.len() == KEPT {
                kept.pop_front();
            }
            kept.push_back(Kept { url: url.to_owned(), body, until });
        }
    }

    /// Forgets one.
    pub fn forget(&self, url: &str) {
        self.lock().retain(|kept| kept.url != url);
    }

    /// Forgets all of them.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_kept_and_none_past_its_time() {
        let documents = Documents::default();
        let until = Timestamp::from_second(60).unwrap();
        documents.keep("0", Bytes::from_static(b"old"), until);
        documents.keep("0", Bytes::from_static(b"new"), until);
        assert_eq!(documents.get("0", Timestamp::UNIX_EPOCH).unwrap(), "new");
        assert_eq!(documents.get("0", until), None);
        for url in 1..=KEPT {
            documents.keep(&url.to_string(), Bytes::new(), until);
        }
        assert_eq!(documents.get("0", Timestamp::UNIX_EPOCH), None);
        documents.keep("large", vec![0; LONGEST + 1].into(), until);
        assert_eq!(documents.get("large", Timestamp::UNIX_EPOCH), None);
        assert_eq!(documents.lock().len(), KEPT);
    }
}
