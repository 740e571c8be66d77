//! What the GKE Multi-Cloud API keeps: found by its full name, and changed by operations.

use {
    crate::world::objects::WriteError,
    jiff::Timestamp,
    std::{
        collections::BTreeMap,
        sync::{Arc, Mutex, MutexGuard, PoisonError},
    },
};

/// Where something is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is being registered.
    Provisioning,
    /// It is usable.
    Running,
    /// It is being updated.
    Reconciling,
    /// It is being taken away.
    Stopping,
    /// It is unusable.
    Error,
    /// It needs help from its owner.
    Degraded,
}

/// What a registry keeps. It does not change: a write puts another in its place.
pub trait Registered: Clone {
    /// Its full name.
    fn name(&self) -> &str;

    /// Its identity: another under the same name has another.
    fn uid(&self) -> &str;

    /// Where it is in its life.
    fn state(&self) -> State;

    /// The same, and when it was last written, to be changed.
    fn life(&mut self) -> (&mut State, &mut Timestamp);

    /// Notes what went wrong with it.
    fn blame(&mut self, error: String);

    /// Forgets what went wrong with it.
    fn forgive(&mut self);

    /// An operation on it has ended well.
    fn settle(&mut self, state: State, time: Timestamp) {
        let (old, update_time) = self.life();
        (*old, *update_time) = (state, time);
    }

    /// About how many bytes it takes.
    fn weight(&self) -> usize;

    /// An operation on it has ended badly.
    fn fail(&mut self, error: &str) {
        *self.life().0 = State::Error;
        self.blame(error.to_owned());
    }
}

/// All of one kind.
#[derive(Debug)]
pub struct Registry<T> {
    members: Mutex<BTreeMap<String, Arc<T>>>,
}

impl<T> Default for Registry<T> {
    fn default() -> Self {
        Self { members: Mutex::default() }
    }
}

impl<T: Registered> Registry<T> {
    /// The member of that name.
    pub fn get(&self, name: &str) -> Option<Arc<T>> {
        self.lock().get(name).cloned()
    }

    /// The members of a collection (`projects/P/locations/L/attachedClusters`), by their names.
    pub fn list(&self, collection: &str) -> Vec<Arc<T>> {
        let prefix = format!("{collection}/");
        let members = self.lock();
        let below = members.range(prefix.clone()..);
        below
            .map_while(|(name, member)| Some((name.strip_prefix(&prefix)?, member)))
            .filter(|(id, _)| !id.contains('/'))
            .map(|(_, member)| Arc::clone(member))
            .collect()
    }

    /// The members of the collections of that name in all locations of a project.
    pub fn list_everywhere(&self, project: &str, collection: &str) -> Vec<Arc<T>> {
        let prefix = format!("projects/{project}/locations/");
        let members = self.lock();
        let below = members.range(prefix.clone()..);
        below
            .map_while(|(name, member)| Some((name.strip_prefix(&prefix)?, member)))
            .filter(|(rest, _)| {
                let mut parts = rest.split('/').skip(1);
                parts.next() == Some(collection) && parts.count() == 1
            })
            .map(|(_, member)| Arc::clone(member))
            .collect()
    }

    /// Adds a member.
    pub fn create(&self, member: T) -> Result<Arc<T>, WriteError> {
        let mut members = self.lock();
        if members.contains_key(member.name()) {
            return Err(WriteError::AlreadyExists);
        }
        let member = Arc::new(member);
        members.insert(member.name().to_owned(), Arc::clone(&member));
        Ok(member)
    }

    /// Puts another version in the place of the one that was read.
    pub fn replace(&self, read: &Arc<T>, member: T) -> Result<Arc<T>, WriteError> {
        let mut members = self.lock();
        let place = members.get_mut(read.name()).ok_or(WriteError::NotFound)?;
        if !Arc::ptr_eq(place, read) {
            return Err(WriteError::Changed);
        }
        *place = Arc::new(member);
        Ok(Arc::clone(place))
    }

    /// Changes the member of that name and identity, if it is still there.
    pub(crate) fn change(
        &self,
        name: &str,
        uid: &str,
        change: impl FnOnce(&mut T),
    ) -> Option<Arc<T>> {
        let mut members = self.lock();
        let place = members.get_mut(name).filter(|member| member.uid() == uid)?;
        change(Arc::make_mut(place));
        Some(Arc::clone(place))
    }

    /// Takes away the member of that name and identity, if it is still there.
    pub(crate) fn remove(&self, name: &str, uid: &str) {
        let mut members = self.lock();
        if members.get(name).is_some_and(|member| member.uid() == uid) {
            members.remove(name);
        }
    }

    /// Takes all of them away.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<T>>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
