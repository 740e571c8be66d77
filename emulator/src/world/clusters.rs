//! The attached clusters of the GKE Multi-Cloud API: found by their full names, and changed by
//! operations.

use {
    crate::world::{attached_cluster::AttachedCluster, objects::WriteError},
    std::{
        collections::BTreeMap,
        sync::{Arc, Mutex, MutexGuard, PoisonError},
    },
};

/// The attached clusters.
#[derive(Debug, Default)]
pub struct Clusters {
    by_name: Mutex<BTreeMap<String, Arc<AttachedCluster>>>,
}

impl Clusters {
    /// The cluster of that name.
    pub fn get(&self, name: &str) -> Option<Arc<AttachedCluster>> {
        self.lock().get(name).cloned()
    }

    /// The clusters whose names begin so, in the order of their names.
    pub fn list_below(&self, prefix: &str) -> Vec<Arc<AttachedCluster>> {
        let clusters = self.lock();
        let below = clusters.range(prefix.to_owned()..);
        let below = below.take_while(|(name, _)| name.starts_with(prefix));
        below.map(|(_, cluster)| Arc::clone(cluster)).collect()
    }

    /// How many clusters there are.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Adds a cluster.
    pub fn create(&self, cluster: AttachedCluster) -> Result<Arc<AttachedCluster>, WriteError> {
        let mut clusters = self.lock();
        if clusters.contains_key(&cluster.name) {
            return Err(WriteError::AlreadyExists);
        }
        let cluster = Arc::new(cluster);
        clusters.insert(cluster.name.clone(), Arc::clone(&cluster));
        Ok(cluster)
    }

    /// Puts another version in the place of the one that was read.
    pub fn replace(
        &self,
        read: &Arc<AttachedCluster>,
        cluster: AttachedCluster,
    ) -> Result<Arc<AttachedCluster>, WriteError> {
        let mut clusters = self.lock();
        let place = clusters.get_mut(&read.name).ok_or(WriteError::NotFound)?;
        if !Arc::ptr_eq(place, read) {
            return Err(WriteError::Changed);
        }
        *place = Arc::new(cluster);
        Ok(Arc::clone(place))
    }

    /// Changes the cluster of that name and identity, if it is still there.
    pub(crate) fn change(
        &self,
        name: &str,
        uid: &str,
        change: impl FnOnce(&mut AttachedCluster),
    ) -> Option<Arc<AttachedCluster>> {
        let mut clusters = self.lock();
        let place = clusters.get_mut(name).filter(|cluster| cluster.uid == uid)?;
        change(Arc::make_mut(place));
        Some(Arc::clone(place))
    }

    /// Takes away the cluster of that name and identity, if it is still there.
    pub(crate) fn remove(&self, name: &str, uid: &str) {
        let mut clusters = self.lock();
        if clusters.get(name).is_some_and(|cluster| cluster.uid == uid) {
            clusters.remove(name);
        }
    }

    /// Takes all of them away.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<AttachedCluster>>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
