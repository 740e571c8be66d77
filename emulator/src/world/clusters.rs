//! The attached clusters of the GKE Multi-Cloud API: found by their full name.

use {
    crate::world::trusted_keys::TrustedKeys,
    jiff::Timestamp,
    std::{
        collections::BTreeMap,
        sync::{Arc, Mutex, MutexGuard, PoisonError},
    },
};

/// A Kubernetes cluster that is registered with Google. It does not change: a write puts another
/// in its place.
#[derive(Debug, Clone)]
pub struct AttachedCluster {
    /// `projects/P/locations/L/attachedClusters/C`, as its creator wrote it.
    pub name: String,
    /// What its creator says of it.
    pub description: String,
    /// Who issues its service account tokens, and with which keys.
    pub oidc: Oidc,
    /// The version of the platform on it.
    pub platform_version: String,
    /// `eks`, `aks` or `generic`.
    pub distribution: String,
    /// The fleet that it belongs to.
    pub fleet: Fleet,
    /// Where it is in its life.
    pub state: State,
    /// Its identity: another cluster under the same name has another.
    pub uid: String,
    /// When it was registered.
    pub create_time: Timestamp,
    /// When it was last written.
    pub update_time: Timestamp,
    /// Changes with every write of a client.
    pub etag: String,
    /// The version of Kubernetes on it.
    pub kubernetes_version: String,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// What went wrong with it.
    pub errors: Vec<String>,
    /// Who administers it.
    pub authorization: Option<Authorization>,
    /// What it logs.
    pub logging: Option<Logging>,
    /// What it measures.
    pub monitoring: Option<Monitoring>,
    /// The Kubernetes Secret that holds its proxy's configuration.
    pub proxy: Option<Proxy>,
    /// How Binary Authorization judges, by number; `None` when nothing was said.
    pub binary_authorization: Option<i32>,
    /// How its security posture is watched, by number; `None` when nothing was said.
    pub security_posture: Option<i32>,
    /// Where system components run.
    pub system_components: Option<SystemComponents>,
}

/// Who issues a cluster's service account tokens.
#[derive(Debug, Clone, Default)]
pub struct Oidc {
    /// `iss` of its tokens, to the byte.
    pub issuer_url: String,
    /// The key set that its creator handed over, as it came; empty for none.
    pub jwks: Vec<u8>,
    /// The same, read.
    pub keys: Arc<TrustedKeys>,
}

/// A cluster's place in a fleet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fleet {
    /// `projects/NUMBER`
    pub project: String,
    /// `projects/NUMBER/locations/global/memberships/ID`
    pub membership: String,
}

/// Where a cluster is in its life.
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

/// Who administers a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authorization {
    /// User names.
    pub users: Vec<String>,
    /// Group names.
    pub groups: Vec<String>,
}

/// What a cluster logs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Logging {
    /// The components that log, by number; `None` when nothing was said.
    pub components: Option<Vec<i32>>,
}

/// What a cluster measures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Monitoring {
    /// Whether Managed Service for Prometheus is on; `None` when nothing was said.
    pub managed_prometheus: Option<bool>,
    /// Cloud Monitoring; within it, whether it is on, when that was said.
    pub cloud_monitoring: Option<Option<bool>>,
}

/// The Kubernetes Secret that holds a proxy's configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxy {
    /// The Secret's name.
    pub name: String,
    /// The Secret's namespace.
    pub namespace: String,
}

/// Where system components run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SystemComponents {
    /// Taints that they tolerate.
    pub tolerations: Vec<Toleration>,
    /// Labels that they carry.
    pub labels: Vec<(String, String)>,
}

/// A taint that is tolerated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Toleration {
    /// The taint's key.
    pub key: String,
    /// The taint's value.
    pub value: String,
    /// How key and value are compared, by number.
    pub operator: i32,
    /// What the taint does, by number.
    pub effect: i32,
}

/// The attached clusters.
#[derive(Debug, Default)]
pub struct Clusters {
    clusters: Mutex<BTreeMap<String, Arc<AttachedCluster>>>,
}

/// Why a write was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteError {
    /// There is a cluster of that name.
    AlreadyExists,
    /// There is none.
    NotFound,
    /// It has been written since it was read.
    Changed,
}

impl Clusters {
    /// The cluster of that name.
    pub fn get(&self, name: &str) -> Option<Arc<AttachedCluster>> {
        self.lock().get(name).cloned()
    }

    /// The clusters of `projects/P/locations/L`, in the order of their names.
    pub fn list(&self, parent: &str) -> Vec<Arc<AttachedCluster>> {
        let prefix = format!("{parent}/attachedClusters/");
        let clusters = self.lock();
        let of_parent = clusters.range(prefix.clone()..);
        of_parent
            .take_while(|(name, _)| name.starts_with(&prefix))
            .map(|(_, cluster)| Arc::clone(cluster))
            .collect()
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
    pub(crate) fn settle(
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
        self.clusters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
