//! Objects that are to go at a time: pods whose grace ends.

use {
    crate::world::objects::Object,
    jiff::Timestamp,
    std::{
        collections::BTreeMap,
        sync::{
            Mutex, PoisonError,
            atomic::{AtomicI64, Ordering},
        },
    },
};

/// Namespace, name and identity of an object that is due.
pub type Due = (String, String, String);

/// What is to go, by its time.
#[derive(Debug)]
pub struct Expiries {
    // The earliest time, so that a request that comes before it takes no lock.
    next: AtomicI64,
    waiting: Mutex<BTreeMap<i64, Vec<Due>>>,
}

impl Default for Expiries {
    fn default() -> Self {
        Self { next: AtomicI64::new(i64::MAX), waiting: Mutex::default() }
    }
}

impl Expiries {
    /// Has an object go at its deletion's time.
    pub fn add(&self, object: &Object) {
        let Some(time) = object.deletion_timestamp else { return };
        let due = (object.namespace.clone(), object.name.clone(), object.uid.clone());
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.entry(time.as_second()).or_default().push(due);
        self.note(&waiting);
    }

    /// Takes out what is due by now.
    pub fn due(&self, now: Timestamp) -> Vec<Due> {
        if now.as_second() < self.next.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let later = waiting.split_off(&(now.as_second() + 1));
        let due = std::mem::replace(&mut *waiting, later);
        self.note(&waiting);
        due.into_values().flatten().collect()
    }

    /// Forgets all of them.
    pub fn clear(&self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.clear();
        self.note(&waiting);
    }

    fn note(&self, waiting: &BTreeMap<i64, Vec<Due>>) {
        let next = waiting.keys().next().copied().unwrap_or(i64::MAX);
        self.next.store(next, Ordering::Relaxed);
    }
}
