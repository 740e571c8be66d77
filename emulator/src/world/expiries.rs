//! Objects that are to go at a time: pods whose grace ends.

use {
    crate::world::objects::Object,
    jiff::Timestamp,
    std::{
        collections::{BTreeSet, HashMap},
        sync::{
            Mutex, MutexGuard, PoisonError,
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
    waiting: Mutex<Waiting>,
}

/// Each object once, at the time that was told last.
#[derive(Debug, Default)]
struct Waiting {
    by_time: BTreeSet<(i64, Due)>,
    times: HashMap<Due, i64>,
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
        let (due, time) = (due(object), time.as_second());
        let mut waiting = self.lock();
        waiting.remove(&due);
        waiting.times.insert(due.clone(), time);
        waiting.by_time.insert((time, due));
        self.note(&waiting);
    }

    /// Forgets an object that has gone before its time.
    pub fn remove(&self, object: &Object) {
        if object.deletion_timestamp.is_none() {
            return;
        }
        let due = due(object);
        let mut waiting = self.lock();
        waiting.remove(&due);
        self.note(&waiting);
    }

    /// Whether nothing is to go.
    pub fn is_empty(&self) -> bool {
        self.lock().by_time.is_empty()
    }

    /// Takes out what is due by now.
    pub fn due(&self, now: Timestamp) -> Vec<Due> {
        if now.as_second() < self.next.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let mut waiting = self.lock();
        let later = waiting.by_time.split_off(&(now.as_second() + 1, Due::default()));
        let due: Vec<Due> = std::mem::replace(&mut waiting.by_time, later)
            .into_iter()
            .map(|(_, due)| due)
            .collect();
        for due in &due {
            waiting.times.remove(due);
        }
        self.note(&waiting);
        due
    }

    /// Forgets all of them.
    pub fn clear(&self) {
        let mut waiting = self.lock();
        *waiting = Waiting::default();
        self.note(&waiting);
    }

    fn note(&self, waiting: &Waiting) {
        let next = waiting.by_time.first().map_or(i64::MAX, |(time, _)| *time);
        self.next.store(next, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn remove(&mut self, due: &Due) {
        if let Some(time) = self.times.remove(due) {
            self.by_time.remove(&(time, due.clone()));
        }
    }
}

fn due(object: &Object) -> Due {
    (object.namespace.clone(), object.name.clone(), object.uid.clone())
}

#[cfg(test)]
mod tests {
    use {super::*, crate::world::objects::Kind, serde_json::Value};

    fn pod(second: i64) -> Object {
        Object {
            kind: Kind::Pod,
            namespace: "n".to_owned(),
            name: "p".to_owned(),
            uid: "u".to_owned(),
            resource_version: 1,
            deletion_timestamp: Timestamp::from_second(second).ok(),
            owners: Vec::new(),
            service_account_name: String::new(),
            node_name: String::new(),
            token: String::new(),
            document: Value::Null,
        }
    }

    #[test]
    fn an_object_waits_once_for_the_time_told_last() {
        let expiries = Expiries::default();
        expiries.add(&pod(30));
        expiries.add(&pod(10));
        assert_eq!(expiries.lock().by_time.len(), 1);
        let at = |second| expiries.due(Timestamp::from_second(second).unwrap()).len();
        assert_eq!((at(9), at(10), at(30)), (0, 1, 0));
    }

    #[test]
    fn an_object_that_has_gone_is_forgotten() {
        let expiries = Expiries::default();
        expiries.add(&pod(30));
        expiries.remove(&pod(10));
        assert!(expiries.lock().by_time.is_empty() && expiries.lock().times.is_empty());
        assert_eq!(expiries.next.load(Ordering::Relaxed), i64::MAX);
    }
}
