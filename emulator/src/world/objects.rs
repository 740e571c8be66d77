//! The Kubernetes objects: found by kind, namespace and name, versioned by one counter.
//!
//! What tokens depend on stands in fields; the rest of an object is a document that only its
//! adapter reads.

use {
    crate::world::{
        changes::{Changes, News},
        index::Index,
    },
    jiff::Timestamp,
    serde_json::Value,
    std::{
        collections::BTreeMap,
        ops::Bound,
        sync::{
            Arc, Mutex, MutexGuard, PoisonError,
            atomic::{AtomicUsize, Ordering},
        },
        task::Waker,
    },
};

/// The kinds of objects that are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `namespaces`
    Namespace,
    /// `serviceaccounts`
    ServiceAccount,
    /// `secrets`
    Secret,
    /// `configmaps`
    ConfigMap,
    /// `pods`
    Pod,
    /// `nodes`
    Node,
    /// `roles`
    Role,
    /// `rolebindings`
    RoleBinding,
    /// `clusterroles`
    ClusterRole,
    /// `clusterrolebindings`
    ClusterRoleBinding,
    /// Any other that is kept, by a number that its adapter gave it.
    Other(u8),
    /// Any other, of which there never are any.
    Vacant,
}

/// An object at one of its versions. It does not change: a write puts another in its place.
#[derive(Clone)]
pub struct Object {
    /// What it is.
    pub kind: Kind,
    /// Where it is; empty for a kind that lives at the cluster's scope.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its identity: another object under the same name has another.
    pub uid: String,
    /// The version of the whole store at which it was written.
    pub resource_version: u64,
    /// When it is to be gone, once its deletion has begun.
    pub deletion_timestamp: Option<Timestamp>,
    /// The identities of the objects that own it: with the last of them it goes.
    pub owners: Vec<String>,
    /// A pod's service account; empty for every other kind.
    pub service_account_name: String,
    /// The node that a pod is scheduled on; empty for none.
    pub node_name: String,
    /// The token that a token Secret holds; empty for every other object.
    pub token: String,
    /// The whole object as its adapter keeps it, metadata included.
    pub document: Value,
}

impl std::fmt::Debug for Object {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The document of a Secret is a credential.
        formatter
            .debug_struct("Object")
            .field("kind", &self.kind)
            .field("namespace", &self.namespace)
            .field("name", &self.name)
            .field("uid", &self.uid)
            .field("resource_version", &self.resource_version)
            .finish_non_exhaustive()
    }
}

impl Object {
    /// About how many bytes it takes.
    fn weight(&self) -> usize {
        weight(&self.document)
    }
}

fn weight(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::String(text) => text.len(),
            Value::Array(elements) => elements.iter().map(weight).sum(),
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| size_of::<String>() + name.len() + weight(value))
                .sum(),
            _ => 0,
        }
}

/// All objects.
#[derive(Debug, Default)]
pub struct Objects {
    state: Mutex<State>,
    /// How many there are, to be read without a lock.
    count: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    version: u64,
    // The key is `namespace/name`, or the name alone, so that lists come in etcd's order.
    kinds: BTreeMap<Kind, Shelf>,
    index: Index,
    changes: Changes,
}

type Shelf = BTreeMap<String, Arc<Object>>;

/// Why a write was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteError {
    /// There is one of that name.
    AlreadyExists,
    /// There is none.
    NotFound,
    /// It has been written since it was read.
    Changed,
}

/// Objects of one kind, and the version of the store they were read at.
#[derive(Debug, Clone)]
pub struct List {
    /// In the order of their keys.
    pub items: Vec<Arc<Object>>,
    /// The version of the store.
    pub resource_version: u64,
}

impl Objects {
    /// The object of that name.
    pub fn get(&self, kind: Kind, namespace: &str, name: &str) -> Option<Arc<Object>> {
        let key = key(namespace, name);
        self.lock().kinds.get(&kind)?.get(&key).cloned()
    }

    /// How many objects there are of all kinds.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// How many objects there are of a kind.
    pub fn count_of(&self, kind: Kind) -> usize {
        self.lock().kinds.get(&kind).map_or(0, Shelf::len)
    }

    /// The version of the store.
    pub fn version(&self) -> u64 {
        self.lock().version
    }

    /// The objects of a kind, in one namespace or in all.
    pub fn list(&self, kind: Kind, namespace: Option<&str>) -> List {
        let state = self.lock();
        let items = state.kinds.get(&kind).map(|objects| within(objects, namespace));
        List { items: items.unwrap_or_default(), resource_version: state.version }
    }

    /// The object with that identity.
    pub fn with_uid(&self, uid: &str) -> Option<Arc<Object>> {
        let state = self.lock();
        state.index.with_uid(uid).find_map(|place| state.at(place)).cloned()
    }

    /// The objects that the one with that identity owns.
    pub fn owned_by(&self, uid: &str) -> Vec<Arc<Object>> {
        let state = self.lock();
        state.index.owned_by(uid).filter_map(|place| state.at(place)).cloned().collect()
    }

    /// Whether the one with that identity owns an object of which something holds.
    pub fn owns(&self, uid: &str, holds: impl Fn(&Object) -> bool) -> bool {
        let state = self.lock();
        state.index.owned_by(uid).filter_map(|place| state.at(place)).any(|object| holds(object))
    }

    /// The objects of a kind at an earlier version of the store; `None` when what was then is forgotten.
    pub fn list_at(&self, kind: Kind, namespace: Option<&str>, version: u64) -> Option<List> {
        let state = self.lock();
        let since = state.changes.since(version)?.rev();
        let changes: Vec<_> = since.filter(|change| change.kind() == kind).cloned().collect();
        let items = state.kinds.get(&kind).map(|objects| within(objects, namespace));
        // The rest takes as long as there are objects, and needs no lock.
        drop(state);
        let keyed = |object: Arc<Object>| (key(&object.namespace, &object.name), object);
        let mut objects: Shelf = items.unwrap_or_default().into_iter().map(keyed).collect();
        for change in changes {
            let object = change.object();
            let key = key(&object.namespace, &object.name);
            match &change.before {
                Some(before) => objects.insert(key, Arc::clone(before)),
                None => objects.remove(&key),
            };
        }
        Some(List { items: within(&objects, namespace), resource_version: version })
    }

    /// What has changed since a version. When nothing has, the waker is kept under `watcher` and
    /// woken by the next change.
    pub fn news(&self, kind: Kind, since: u64, watcher: u64, waker: &Waker) -> News {
        let mut state = self.lock();
        let version = state.version;
        state.changes.news(kind, since, version, (watcher, waker))
    }

    /// A number for somebody who is going to ask for news.
    pub fn watcher(&self) -> u64 {
        self.lock().changes.watcher()
    }

    /// Forgets somebody who asked for news.
    pub fn forget(&self, watcher: u64) {
        self.lock().changes.forget(watcher);
    }

    /// Ends the news: there will be no more changes.
    pub fn close(&self) {
        let wakers = self.lock().changes.close();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Adds an object. `build` is told the version that the object is written at.
    pub fn create(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
        build: impl FnOnce(u64) -> Object,
    ) -> Result<Arc<Object>, WriteError> {
        let mut state = self.lock();
        let key = key(namespace, name);
        if state.kinds.get(&kind).is_some_and(|objects| objects.contains_key(&key)) {
            return Err(WriteError::AlreadyExists);
        }
        state.version += 1;
        let object = Arc::new(build(state.version));
        state.index.change(&key, None, Some(&object));
        state.kinds.entry(kind).or_default().insert(key, Arc::clone(&object));
        self.count.fetch_add(1, Ordering::Relaxed);
        tell(state, (None, 0), Some(Arc::clone(&object)));
        Ok(object)
    }

    /// Puts another version in the place of the one that was read.
    pub fn replace(
        &self,
        read: &Object,
        build: impl FnOnce(u64) -> Object,
    ) -> Result<Arc<Object>, WriteError> {
        // The one that was read is the one that goes, or nothing happens.
        let freed = read.weight();
        let mut state = self.lock();
        let version = state.version + 1;
        let place = state.place(read)?;
        let object = Arc::new(build(version));
        let before = std::mem::replace(place, Arc::clone(&object));
        state.version = version;
        let key = key(&read.namespace, &read.name);
        state.index.change(&key, Some(&before), Some(&object));
        tell(state, (Some(before), freed), Some(Arc::clone(&object)));
        Ok(object)
    }

    /// Takes away the version that was read; the version of the store from then on.
    pub fn remove(&self, read: &Object) -> Result<u64, WriteError> {
        let freed = read.weight();
        let mut state = self.lock();
        state.place(read)?;
        state.version += 1;
        let version = state.version;
        let key = key(&read.namespace, &read.name);
        let before = state.kinds.entry(read.kind).or_default().remove(&key);
        state.index.change(&key, before.as_ref(), None);
        self.count.fetch_sub(1, Ordering::Relaxed);
        tell(state, (before, freed), None);
        Ok(version)
    }

    /// Takes all of them away. Versions go on from where they were; whoever follows them has to
    /// begin anew.
    pub fn clear(&self) {
        let mut state = self.lock();
        state.version += 1;
        let version = state.version;
        state.kinds.clear();
        self.count.store(0, Ordering::Relaxed);
        state.index = Index::default();
        let wakers = state.changes.clear(version);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn at(&self, (kind, key): &(Kind, String)) -> Option<&Arc<Object>> {
        self.kinds.get(kind)?.get(key)
    }

    fn place(&mut self, read: &Object) -> Result<&mut Arc<Object>, WriteError> {
        let found = self
            .kinds
            .get_mut(&read.kind)
            .and_then(|objects| objects.get_mut(&key(&read.namespace, &read.name)))
            .ok_or(WriteError::NotFound)?;
        if found.uid == read.uid && found.resource_version == read.resource_version {
            Ok(found)
        } else {
            Err(WriteError::Changed)
        }
    }
}

// Tells those who wait for it of a change, once the lock is released.
fn tell(
    mut state: MutexGuard<'_, State>,
    before: (Option<Arc<Object>>, usize),
    after: Option<Arc<Object>>,
) {
    let version = state.version;
    let wakers = state.changes.add(version, before, after);
    drop(state);
    wakers.into_iter().for_each(Waker::wake);
}

fn key(namespace: &str, name: &str) -> String {
    if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") }
}

fn within(objects: &Shelf, namespace: Option<&str>) -> Vec<Arc<Object>> {
    let Some(namespace) = namespace else { return objects.values().cloned().collect() };
    // '0' is the character after '/', so this is every key of the namespace and no other.
    let range =
        (Bound::Included(format!("{namespace}/")), Bound::Excluded(format!("{namespace}0")));
    objects.range(range).map(|(_, object)| Arc::clone(object)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(namespace: &str, name: &str, version: u64) -> Object {
        Object {
            kind: Kind::Secret,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            uid: format!("{namespace}-{name}-{version}"),
            resource_version: version,
            deletion_timestamp: None,
            owners: Vec::new(),
            service_account_name: String::new(),
            node_name: String::new(),
            token: String::new(),
            document: Value::Null,
        }
    }

    fn create(objects: &Objects, namespace: &str, name: &str) -> Result<Arc<Object>, WriteError> {
        objects.create(Kind::Secret, namespace, name, |version| object(namespace, name, version))
    }

    #[test]
    fn a_name_is_taken_once() {
        let objects = Objects::default();
        create(&objects, "a", "s").unwrap();
        assert_eq!(create(&objects, "a", "s").unwrap_err(), WriteError::AlreadyExists);
        create(&objects, "b", "s").unwrap();
    }

    #[test]
    fn a_list_of_one_namespace_leaves_its_neighbours_out() {
        let objects = Objects::default();
        for namespace in ["a", "a-b", "a0", "b"] {
            create(&objects, namespace, "s").unwrap();
        }
        let names = |namespace| {
            let list = objects.list(Kind::Secret, namespace);
            list.items.iter().map(|object| object.namespace.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(Some("a")), ["a"]);
        assert_eq!(names(None), ["a-b", "a", "a0", "b"]);
    }

    #[test]
    fn changes_are_told_a_few_at_a_time() {
        let objects = Objects::default();
        for number in 0..100 {
            create(&objects, "a", &number.to_string()).unwrap();
        }
        let told = |since| match objects.news(Kind::Secret, since, 0, Waker::noop()) {
            News::Changes(changes, version) => (changes.len(), version),
            news => panic!("{news:?}"),
        };
        assert_eq!([told(0), told(64)], [(64, 64), (36, 100)]);
    }

    #[test]
    fn a_write_on_an_old_version_is_refused() {
        let objects = Objects::default();
        let first = create(&objects, "a", "s").unwrap();
        objects
            .replace(&first, |version| Object { resource_version: version, ..(*first).clone() })
            .unwrap();
        assert_eq!(objects.remove(&first), Err(WriteError::Changed));
    }

    #[test]
    fn an_object_is_found_by_itself_and_by_its_owner_while_it_is_there() {
        let objects = Objects::default();
        let first = create(&objects, "a", "s").unwrap();
        let owned = |uid: &str| objects.owned_by(uid).len();
        let owners = |read: &Object, owners: &[&str]| {
            let owners = owners.iter().copied().map(str::to_owned).collect();
            objects.replace(read, |resource_version| Object {
                resource_version,
                owners,
                ..read.clone()
            })
        };
        let second = owners(&first, &["x", "y"]).unwrap();
        assert_eq!((owned("x"), owned("y")), (1, 1));
        let third = owners(&second, &["y"]).unwrap();
        assert_eq!((owned("x"), owned("y")), (0, 1));
        let found = objects.with_uid(&third.uid).unwrap();
        assert_eq!(found.resource_version, third.resource_version);
        objects.remove(&third).unwrap();
        assert_eq!(owned("y"), 0);
        assert!(objects.with_uid(&third.uid).is_none());
        let again = create(&objects, "a", "s").unwrap();
        objects.clear();
        assert!(objects.with_uid(&again.uid).is_none());
    }
}
