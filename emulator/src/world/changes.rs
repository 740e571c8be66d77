//! The last changes of objects, for those who follow them. Knows nothing of sockets or runtimes:
//! whoever waits leaves a waker.

use {
    crate::world::objects::{Kind, Object},
    std::{
        collections::{BTreeMap, VecDeque},
        sync::Arc,
        task::Waker,
    },
};

/// How many changes are remembered, and how many bytes of what they did away with; then the oldest
/// is forgotten.
const LIMIT: usize = 4096;
const PINNED: usize = 64 << 20;

/// How many changes are told at once: other requests wait while they are written.
const AT_ONCE: usize = 64;

/// A change of one object.
#[derive(Debug, Clone)]
pub struct Change {
    /// The version of the store from then on.
    pub version: u64,
    /// The object before; `None` when it was created.
    pub before: Option<Arc<Object>>,
    /// The object afterwards; `None` when it was removed.
    pub after: Option<Arc<Object>>,
    /// About how many bytes it keeps from being freed. What is there afterwards it does not: that
    /// is in the store, or is what the next change did away with.
    weight: usize,
}

/// What is new since a version.
#[derive(Debug)]
pub enum News {
    /// These changes, and perhaps more; the version they lead to. There may be none of the kind that
    /// was asked for.
    Changes(Vec<Change>, u64),
    /// Nothing yet.
    None,
    /// What happened since then is forgotten; the version is the first that is not.
    Expired(u64),
    /// There will be none.
    Closed,
}

/// The changes that are remembered, and who waits for the next.
#[derive(Debug, Default)]
pub(super) struct Changes {
    recent: VecDeque<Change>,
    pinned: usize,
    // The version up to which changes are forgotten.
    forgotten: u64,
    // Who waits, by number: somebody who asks again is not kept twice.
    waiting: BTreeMap<u64, Waker>,
    watchers: u64,
    closed: bool,
}

impl Change {
    /// The object, as it is or as it last was.
    pub fn object(&self) -> &Arc<Object> {
        self.after.as_ref().or(self.before.as_ref()).expect("a change has an object")
    }

    /// What the object is.
    pub fn kind(&self) -> Kind {
        self.object().kind
    }
}

impl Changes {
    /// Remembers a change, with the weight of what was before; the wakers of those who wait for it.
    pub(super) fn add(
        &mut self,
        version: u64,
        (before, weight): (Option<Arc<Object>>, usize),
        after: Option<Arc<Object>>,
    ) -> Vec<Waker> {
        while (self.recent.len() >= LIMIT || self.pinned + weight > PINNED)
            && let Some(oldest) = self.recent.pop_front()
        {
            self.forgotten = oldest.version;
            self.pinned -= oldest.weight;
        }
        self.recent.push_back(Change { version, before, after, weight });
        self.pinned += weight;
        self.wakers()
    }

    /// The changes after a version; `None` when some of them are forgotten.
    pub(super) fn since(&self, version: u64) -> Option<impl DoubleEndedIterator<Item = &Change>> {
        if version < self.forgotten {
            return None;
        }
        let start = self.recent.partition_point(|change| change.version <= version);
        Some(self.recent.range(start..))
    }

    pub(super) fn news(
        &mut self,
        kind: Kind,
        since: u64,
        version: u64,
        (watcher, waker): (u64, &Waker),
    ) -> News {
        if self.closed {
            return News::Closed;
        }
        let Some(changes) = self.since(since) else { return News::Expired(self.forgotten) };
        let of_kind = changes.filter(|change| change.kind() == kind);
        let changes: Vec<_> = of_kind.take(AT_ONCE).cloned().collect();
        if changes.is_empty() {
            self.waiting.insert(watcher, waker.clone());
            if version <= since {
                return News::None;
            }
        }
        let last = changes.get(AT_ONCE - 1).map(|change| change.version);
        News::Changes(changes, last.unwrap_or(version.max(since)))
    }

    pub(super) fn watcher(&mut self) -> u64 {
        self.watchers += 1;
        self.watchers
    }

    pub(super) fn forget(&mut self, watcher: u64) {
        self.waiting.remove(&watcher);
    }

    pub(super) fn close(&mut self) -> Vec<Waker> {
        self.closed = true;
        self.wakers()
    }

    /// Forgets all changes up to a version.
    pub(super) fn clear(&mut self, version: u64) -> Vec<Waker> {
        self.recent.clear();
        self.pinned = 0;
        self.forgotten = version;
        self.wakers()
    }

    fn wakers(&mut self) -> Vec<Waker> {
        std::mem::take(&mut self.waiting).into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_keep_few_bytes_from_being_freed() {
        let mut changes = Changes::default();
        for version in 1..=100 {
            changes.add(version, (None, 1 << 20), None);
        }
        assert_eq!(changes.recent.len(), 64);
        assert!(changes.since(35).is_none() && changes.since(36).is_some());
        for version in 101..=10_000 {
            changes.add(version, (None, 0), None);
        }
        assert_eq!((changes.recent.len(), changes.pinned), (LIMIT, 0));
    }
}
