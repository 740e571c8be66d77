//! GenerateAttachedClusterInstallManifest: what is applied to a cluster before it is registered.
//! The real one installs an agent; this one makes the namespace and the account that clients
//! look for, and nothing that would have to run.

use {
    super::{
        attached_clusters::required_text,
        names,
        service::{Context, Stop},
        wire,
    },
    prost_reflect::DynamicMessage,
};

/// GenerateAttachedClusterInstallManifest.
pub(super) fn generate(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let parent = wire::text(request, "parent");
    names::parent("parent", parent)?;
    let id = required_text(request, "attached_cluster_id")?;
    let version = required_text(request, "platform_version")?;
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let cluster = quoted(&format!("{parent}/attachedClusters/{id}"));
    let version = quoted(version);
    let manifest = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: gke-install\n\
         ---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: gke-install-agent\n  \
         namespace: gke-install\n\
         ---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: gke-install\n  \
         namespace: gke-install\ndata:\n  attachedCluster: {cluster}\n  \
         platformVersion: {version}\n"
    );
    let mut answer = context.output();
    wire::set_text(&mut answer, "manifest", &manifest);
    Ok(answer)
}
