//! Objects that exist from the start: those of every cluster, and those of a seed file.

use {
    crate::{
        kubernetes::{kinds, metadata, objects::create::plant, rbac::bootstrap},
        world::{World, objects::Kind},
    },
    serde_json::{Value, json},
};

/// The namespaces that every cluster has.
const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Who makes what stands in a seed file.
const SEED: &str = "seed";

/// Who makes them.
pub const SERVER: &str = "kube-apiserver";

/// Where the server notes since when it has kept track of legacy tokens.
const TRACKING: &str = "kube-apiserver-legacy-service-account-token-tracking";

/// Makes what a new cluster has.
pub fn seed_defaults(world: &World) {
    for name in NAMESPACES {
        let namespace = json!({
            "kind": "Namespace",
            "apiVersion": "v1",
            "metadata": { "name": name },
        });
        // One that is there already stays.
        let _ = plant(world, kinds::of(Kind::Namespace), namespace, SERVER);
    }
    let since = world.clock.now().to_string();
    let tracking = json!({
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": { "name": TRACKING, "namespace": "kube-system" },
        "data": { "since": since.split('T').next() },
    });
    let _ = plant(world, kinds::of(Kind::ConfigMap), tracking, SERVER);
    bootstrap::plant(world);
}

/// Makes an object of a seed file; its namespace is made when it is not there.
pub fn seed(world: &World, object: Value) -> Result<(), String> {
    let text = |member: &str| object[member].as_str().unwrap_or("").to_owned();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let resource = kinds::named(&api_version, &kind)
        .ok_or_else(|| format!("kind {kind:?} of apiVersion {api_version:?} cannot be seeded"))?;
    let mut object = object;
    if resource.namespaced {
        let namespace = match metadata::text(&object, "namespace") {
            "" => "default".to_owned(),
            namespace => namespace.to_owned(),
        };
        let missing = json!({
            "kind": "Namespace",
            "apiVersion": "v1",
            "metadata": { "name": namespace },
        });
        // One that is there already stays.
        let _ = plant(world, kinds::of(Kind::Namespace), missing, SEED);
        metadata::object_at(&mut object, "metadata")
            .insert("namespace".to_owned(), namespace.into());
    }
    plant(world, resource, object, SEED).map(drop).map_err(|failure| failure.message)
}
