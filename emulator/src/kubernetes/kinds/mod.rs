//! The kinds of objects that the API serves, and what each is called where.

pub mod admit;
pub mod cidr;
pub mod defaults;
pub mod node;
pub mod others;
pub mod pod;
pub mod pod_update;
pub mod prepare;
pub mod update;
pub mod validate;
pub mod warnings;

use crate::world::objects::Kind;

/// A resource: a kind of object, as paths, bodies and error texts name it.
#[derive(Debug, PartialEq, Eq)]
pub struct Resource {
    /// The kind in the store.
    pub kind: Kind,
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// `apiVersion` of its objects.
    pub api_version: &'static str,
    /// In paths and in the details of an error: `serviceaccounts`.
    pub plural: &'static str,
    /// In bodies: `ServiceAccount`.
    pub name: &'static str,
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
    /// Whether the status is written apart from the rest.
    pub has_status: bool,
}

impl Resource {
    /// The resource as error texts name it: `roles.rbac.authorization.k8s.io`.
    pub fn qualified(&self) -> String {
        qualified(self.plural, self.group)
    }
}

/// A name with its group behind it, unless that is the core group.
pub fn qualified(name: &str, group: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{name}.{group}") }
}

const fn core(kind: Kind, plural: &'static str, name: &'static str, namespaced: bool) -> Resource {
    let has_status = matches!(kind, Kind::Namespace | Kind::Pod | Kind::Node);
    Resource { kind, group: "", api_version: "v1", plural, name, namespaced, has_status }
}

const fn rbac(kind: Kind, plural: &'static str, name: &'static str, namespaced: bool) -> Resource {
    let (group, api_version) = ("rbac.authorization.k8s.io", "rbac.authorization.k8s.io/v1");
    Resource { kind, group, api_version, plural, name, namespaced, has_status: false }
}

/// The resources that are served as kube-apiserver serves them.
pub static RESOURCES: [Resource; 10] = [
    core(Kind::Namespace, "namespaces", "Namespace", false),
    core(Kind::ServiceAccount, "serviceaccounts", "ServiceAccount", true),
    core(Kind::Secret, "secrets", "Secret", true),
    core(Kind::ConfigMap, "configmaps", "ConfigMap", true),
    core(Kind::Pod, "pods", "Pod", true),
    core(Kind::Node, "nodes", "Node", false),
    rbac(Kind::Role, "roles", "Role", true),
    rbac(Kind::RoleBinding, "rolebindings", "RoleBinding", true),
    rbac(Kind::ClusterRole, "clusterroles", "ClusterRole", false),
    rbac(Kind::ClusterRoleBinding, "clusterrolebindings", "ClusterRoleBinding", false),
];

/// The resource of that plural name in a version of a group.
pub fn find(group: &str, version: &str, plural: &str) -> Option<&'static Resource> {
    let is_it = |resource: &&Resource| resource.group == group && resource.plural == plural;
    let kept = RESOURCES.iter().filter(|_| version == "v1").find(is_it);
    kept.or_else(|| others::find(group, version, plural))
}

/// The resource of a kind in the store.
pub fn of(kind: Kind) -> &'static Resource {
    let known = RESOURCES.iter().find(|resource| resource.kind == kind);
    known.or_else(|| others::of(kind)).expect("every kind has its row")
}

/// The resource whose objects say that they are of this version and kind.
pub fn named(api_version: &str, kind: &str) -> Option<&'static Resource> {
    let is_it = |resource: &&Resource| resource.name == kind && resource.api_version == api_version;
    RESOURCES.iter().find(is_it).or_else(|| others::kept().find(is_it))
}
