//! One attached cluster of the GKE Multi-Cloud API, and what becomes of it when an operation ends.

use {
    crate::world::trusted_keys::TrustedKeys,
    jiff::Timestamp,
    std::{collections::BTreeMap, sync::Arc},
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

impl AttachedCluster {
    /// An operation on it has ended well, at that time.
    pub(crate) fn settle(&mut self, state: State, time: Timestamp) {
        self.state = state;
        self.update_time = time;
    }

    /// An operation on it has ended badly.
    pub(crate) fn fail(&mut self, error: &str) {
        self.state = State::Error;
        self.errors = vec![error.to_owned()];
    }

    /// About how many bytes it takes.
    pub(crate) fn weight(&self) -> usize {
        let texts = [&self.name, &self.description, &self.oidc.issuer_url];
        let authorization = self.authorization.iter();
        let admins = authorization.flat_map(|admins| admins.users.iter().chain(&admins.groups));
        let components = self.system_components.iter();
        let labels = components.clone().flat_map(|components| &components.labels);
        let tolerations = components.flat_map(|components| &components.tolerations);
        // A key set is there twice: as it came, and read.
        2 * self.oidc.jwks.len()
            + texts.into_iter().chain(admins).map(String::len).sum::<usize>()
            + self
                .annotations
                .iter()
                .chain(labels.map(|(key, value)| (key, value)))
                .map(pair)
                .sum::<usize>()
            + tolerations
                .map(|toleration| toleration.key.len() + toleration.value.len())
                .sum::<usize>()
            + size_of::<Self>()
    }
}

fn pair((key, value): (&String, &String)) -> usize {
    key.len() + value.len()
}
