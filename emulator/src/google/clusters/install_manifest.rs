//! GenerateAttachedClusterInstallManifest: what is applied to a cluster before it is registered.
//! The real one installs an agent. This one makes what gcloud waits for: a pod that runs in
//! `gke-install`.

use {
    super::validate::present,
    crate::google::{
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
    let id = present(request, "attached_cluster_id")?;
    let version = present(request, "platform_version")?;
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let cluster = quoted(&format!("{}/attachedClusters/{id}", context.written(parent)));
    let manifest = MANIFEST.replace("CLUSTER", &cluster).replace("VERSION", &quoted(version));
    let mut answer = context.output();
    wire::set_text(&mut answer, "manifest", &manifest);
    Ok(answer)
}

const MANIFEST: &str = "\
apiVersion: v1
kind: Namespace
metadata:
  name: gke-install
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: gke-install-agent
  namespace: gke-install
---
apiVersion: v1
kind: Pod
metadata:
  name: gke-install-agent
  namespace: gke-install
  annotations:
    gkemulticloud.googleapis.com/attached-cluster: CLUSTER
    gkemulticloud.googleapis.com/platform-version: VERSION
spec:
  serviceAccountName: gke-install-agent
  containers:
  - name: agent
    image: registry.k8s.io/pause:3.10
";
