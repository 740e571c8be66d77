//! The objects as a REST resource: create, get, list, update, delete.
//!
//! Source: kubernetes `staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go`.

pub mod binding;
pub mod collection;
pub mod create;
pub mod delete;
pub mod evict;
pub mod list;
pub mod list_options;
pub mod patch;
pub mod update;
pub mod watch;
pub mod write;

use {
    crate::{
        codec::{
            json,
            negotiate::{MediaType, Output, Transform},
            schema::Schema,
        },
        kubernetes::{
            body,
            exchange::{Exchange, Outcome, Reply},
            kinds::{Resource, validate::TOKEN_SECRET},
            metadata, names,
            status::Failure,
            table,
        },
        world::{
            World,
            objects::{Kind, Object},
        },
    },
    base64::{Engine, prelude::BASE64_STANDARD},
    bytes::Bytes,
    jiff::Timestamp,
    serde_json::{Value, json},
    std::sync::Arc,
};

/// Answers with one object.
pub fn get(exchange: &Exchange<'_>, resource: &Resource, namespace: &str, name: &str) -> Outcome {
    let output = body::accept_object(exchange)?;
    names::check_path_segment(name)?;
    check_version(exchange)?;
    let object = find(exchange.world, resource, namespace, name)?;
    reply(exchange, 200, with_version(&object), output)
}

// What is got is never older than the version that is asked for.
fn check_version(exchange: &Exchange<'_>) -> Result<(), Failure> {
    let version = watch::version(exchange.query.get("resourceVersion"))?;
    let newest = exchange.world.objects.version();
    if version > newest { Err(Failure::version_too_large(version, newest)) } else { Ok(()) }
}

/// The answer of one object, as the client wants to see it.
pub fn reply(exchange: &Exchange<'_>, status: u16, object: Value, output: Output) -> Outcome {
    let Some(Transform::Table(api_version)) = output.transform else {
        return Ok(Reply::Object { status, object, output });
    };
    let include = table::include(exchange)?;
    let metadata = json!({ "resourceVersion": metadata::text(&object, "resourceVersion") });
    let view = table::View { api_version, include, now: exchange.world.clock.now() };
    let output = Output { transform: None, ..output };
    // What has no columns is told as it is.
    let object = view.table(&metadata, std::slice::from_ref(&object), true).unwrap_or(object);
    Ok(Reply::Object { status, object, output })
}

/// The answer of a list of objects, as the client wants to see it.
pub fn reply_list(
    exchange: &Exchange<'_>,
    resource: &'static Resource,
    page: list::Page,
    output: Output,
) -> Outcome {
    if let Some(Transform::Table(api_version)) = output.transform {
        let include = table::include(exchange)?;
        let view = table::View { api_version, include, now: exchange.world.clock.now() };
        let items: Vec<_> = page.items.iter().map(|object| with_version(object)).collect();
        let object = view.table_of(resource, &page.metadata, &items, true);
        let output = Output { transform: None, ..output };
        return Ok(Reply::Object { status: 200, object, output });
    }
    let head = json!({
        "kind": format!("{}List", resource.name),
        "apiVersion": resource.api_version,
        "metadata": page.metadata,
        "items": [],
    });
    Ok(Reply::List { head, resource, items: page.items, output })
}

/// A list, encoded for the client.
pub fn encode_list(
    mut head: Value,
    resource: &Resource,
    items: &[Arc<Object>],
    output: &Output,
) -> Result<Bytes, Failure> {
    let documents = items.iter().map(|object| unnamed(with_version(object)));
    let is_plain = output.media_type == MediaType::Json && !output.pretty;
    // A kind without objects is not in the schema.
    let structure = Schema::get().root(resource.api_version, resource.name);
    let Some(structure) = structure.filter(|_| is_plain && output.transform.is_none()) else {
        head["items"] = documents.collect();
        return body::encode(&head, output);
    };
    // Nearly every list is written so, and all of its documents would take far more room than it.
    let mut text = body::encode(&head, output)?.to_vec();
    text.truncate(text.len() - END.len());
    for document in documents {
        text.extend(json::encode(structure, &document, false));
        // A comma in place of the end of the line.
        text.pop();
        text.push(b',');
    }
    if !items.is_empty() {
        text.pop();
    }
    text.extend_from_slice(END);
    Ok(text.into())
}

/// What is behind the items of a list.
const END: &[u8] = b"]}\n";

/// An item of a list, which does not repeat what it is.
pub fn unnamed(mut document: Value) -> Value {
    if let Some(members) = document.as_object_mut() {
        members.remove("kind");
        members.remove("apiVersion");
    }
    document
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
        owners: owners(&document),
        service_account_name: spec("serviceAccountName"),
        node_name: spec("nodeName"),
        token: token(kind, &document),
        document,
    }
}

fn owners(document: &Value) -> Vec<String> {
    let references = document["metadata"]["ownerReferences"].as_array();
    let uids = references.into_iter().flatten().filter_map(|it| it["uid"].as_str());
    uids.map(str::to_owned).collect()
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
