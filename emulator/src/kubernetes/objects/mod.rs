//! The objects as a REST resource: create, get, list, update, delete.
//!
//! Source: kubernetes `staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go`.

pub mod create;
pub mod delete;
pub mod finalize;
pub mod list;
pub mod patch;
pub mod update;
pub mod write;

use {
    crate::{
        kubernetes::{
            body,
            exchange::{Exchange, Outcome, Reply},
            kinds::{Resource, validate::TOKEN_SECRET},
            metadata,
            status::Failure,
        },
        world::{
            World,
            objects::{Kind, Object},
        },
    },
    base64::{Engine, prelude::BASE64_STANDARD},
    jiff::Timestamp,
    serde_json::Value,
    std::sync::Arc,
};

/// Answers with one object.
pub fn get(exchange: &Exchange<'_>, resource: &Resource, namespace: &str, name: &str) -> Outcome {
    let output = body::accept_object(exchange)?;
    let object = find(exchange.world, resource, namespace, name)?;
    Ok(Reply::Object { status: 200, object: with_version(&object), output })
}

/// The object of that name, or a 404.
pub fn find(
    world: &World,
    resource: &Resource,
    namespace: &str,
    name: &str,
) -> Result<Arc<Object>, Failure> {
    world
        .objects
        .get(resource.kind, namespace, name)
        .ok_or_else(|| Failure::not_found(resource, name))
}

/// The document of an object, with its version in it.
pub fn with_version(object: &Object) -> Value {
    let mut document = object.document.clone();
    let version = object.resource_version.to_string().into();
    metadata::object_at(&mut document, "metadata").insert("resourceVersion".to_owned(), version);
    document
}

/// An object of a document: what tokens depend on is read out of it.
pub fn from_document(kind: Kind, document: Value, resource_version: u64) -> Object {
    let text = |member| metadata::text(&document, member).to_owned();
    let spec = |member: &str| match kind {
        Kind::Pod => document["spec"][member].as_str().unwrap_or("").to_owned(),
        _ => String::new(),
    };
    let deletion_timestamp =
        metadata::text(&document, "deletionTimestamp").parse::<Timestamp>().ok();
    Object {
        kind,
        namespace: text("namespace"),
        name: text("name"),
        uid: text("uid"),
        resource_version,
        deletion_timestamp,
        service_account_name: spec("serviceAccountName"),
        node_name: spec("nodeName"),
        token: token(kind, &document),
        document,
    }
}

fn token(kind: Kind, document: &Value) -> String {
    if kind != Kind::Secret || document["type"] != TOKEN_SECRET {
        return String::new();
    }
    let token = document["data"]["token"].as_str().unwrap_or("");
    BASE64_STANDARD
        .decode(token)
        .ok()
        .and_then(|token| String::from_utf8(token).ok())
        .unwrap_or_default()
}
