//! What the store sets on a new object of some kinds, whatever the client said.
//!
//! Source: kubernetes `pkg/registry/core/*/strategy.go`.

use {
    crate::{
        kubernetes::{
            kinds::{self, node, others, pod},
            metadata::object_at,
        },
        world::objects::Kind,
    },
    serde_json::{Value, json},
};

/// Sets what only the server sets.
pub fn apply(kind: Kind, object: &mut Value) {
    match kind {
        Kind::Namespace => namespace(object),
        Kind::Pod => pod(object),
        Kind::Other(_) => others::prepare(kinds::of(kind), object),
        _ => {}
    }
    clean(kind, object);
}

/// Leaves out what the store does not keep.
pub fn clean(kind: Kind, object: &mut Value) {
    match kind {
        // Of the Secrets of a service account only the names are kept.
        Kind::ServiceAccount => {
            for secret in object["secrets"].as_array_mut().into_iter().flatten() {
                if let Some(members) = secret.as_object_mut() {
                    members.retain(|member, _| member == "name");
                }
            }
        }
        Kind::Node => node::clean(object),
        Kind::Role | Kind::ClusterRole if object["rules"].as_array().is_some_and(Vec::is_empty) => {
            object["rules"] = Value::Null;
        }
        _ => {}
    }
}

fn namespace(object: &mut Value) {
    object["status"] = json!({"phase": "Active"});
    let spec = object_at(object, "spec");
    let finalizers = spec.entry("finalizers").or_insert_with(|| json!([]));
    let Some(finalizers) = finalizers.as_array_mut() else { return };
    if !finalizers.iter().any(|finalizer| finalizer == "kubernetes") {
        finalizers.push("kubernetes".into());
    }
}

fn pod(object: &mut Value) {
    // Less than no time is a second.
    let grace = &mut object["spec"]["terminationGracePeriodSeconds"];
    if grace.as_i64().is_some_and(|seconds| seconds < 0) {
        *grace = 1.into();
    }
    object_at(object, "metadata").insert("generation".to_owned(), 1.into());
    object["status"] = json!({"phase": "Pending", "qosClass": pod::quality(object)});
}
