//! The kubelet, as far as somebody waits for it. Nothing runs here, and a pod stays pending, but
//! for the install agent of an attached cluster: gcloud registers a cluster once that runs.

use {
    crate::{
        kubernetes::{metadata, objects},
        world::{World, clock::rfc3339, objects::Object},
    },
    serde_json::{Value, json},
};

/// The namespace of the install agent.
const INSTALL: &str = "gke-install";

/// A pod was created: it runs, if somebody waits for that.
pub fn created(world: &World, pod: &Object) {
    if pod.namespace != INSTALL {
        return;
    }
    let now = rfc3339(world.clock.now());
    let mut document = pod.document.clone();
    let status = metadata::object_at(&mut document, "status");
    status.insert("phase".to_owned(), "Running".into());
    status.insert("startTime".to_owned(), now.as_str().into());
    status.insert("conditions".to_owned(), conditions(&now));
    let build = |version| objects::from_document(pod.kind, document, version);
    // Somebody who changed it meanwhile keeps what they wrote.
    let _ = world.objects.replace(pod, build);
}

fn conditions(now: &str) -> Value {
    let condition =
        |name: &str| json!({ "type": name, "status": "True", "lastTransitionTime": now });
    ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map(condition).to_vec().into()
}
