//! Deleting an object: at once, after its grace, or when its finalizers let go.
//!
//! Source: kubernetes `staging/src/k8s.io/apiserver/pkg/registry/rest/delete.go`.

use {
    crate::{
        kubernetes::{
            admission, body, controllers,
            exchange::{Exchange, Outcome},
            garbage::News,
            kinds::Resource,
            metadata::{self, has_finalizers},
            names, objects,
            status::Failure,
        },
        world::{
            World,
            clock::rfc3339,
            objects::{Kind, Object, WriteError},
        },
    },
    jiff::SignedDuration,
    serde_json::{Value, json},
    std::sync::Arc,
};

/// The namespaces that cannot be deleted.
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

/// What a client asks of a deletion.
#[derive(Debug, Default)]
pub struct Options {
    /// How long the object may take to go, in seconds.
    pub grace: Option<i64>,
    /// The identity that the object has to have.
    pub uid: Option<String>,
    /// The version that it has to have.
    pub resource_version: Option<String>,
    /// What becomes of dependents: `Orphan`, `Foreground`, `Background`; empty for none said.
    pub policy: String,
    /// Whether nothing is to happen.
    pub dry_run: bool,
}

/// Deletes one object.
pub fn delete(
    exchange: &Exchange<'_>,
    resource: &Resource,
    namespace: &str,
    name: &str,
) -> Outcome {
    let output = body::accept_object(exchange)?;
    let options = body::read_delete_options(exchange)?;
    if resource.kind == Kind::Namespace && IMMORTAL.contains(&name) {
        return Err(Failure::not_admitted(
            resource,
            name,
            "this namespace may not be deleted",
            Vec::new(),
        ));
    }
    names::check_path_segment(name)?;
    if admission::is_on(exchange.world, "AlwaysDeny") {
        let found = objects::find(exchange.world, resource, namespace, name)?;
        check_preconditions(resource, &found, &options)?;
        admission::deny(exchange, resource, name)?;
    }
    let object = remove(exchange.world, resource, (namespace, name), &options)?;
    objects::reply(exchange, 200, object, output)
}

/// Deletes an object, and does what follows; what is told of it.
pub fn remove(
    world: &World,
    resource: &Resource,
    place: (&str, &str),
    options: &Options,
) -> Result<Value, Failure> {
    let (told, news) = begin(world, resource, place, options)?;
    if let Some(news) = news {
        controllers::follow(world, news);
    }
    Ok(told)
}

/// Deletes an object; what is told of it, and what has become of it, which has yet to be followed.
pub fn begin(
    world: &World,
    resource: &Resource,
    (namespace, name): (&str, &str),
    options: &Options,
) -> Result<(Value, Option<News>), Failure> {
    loop {
        let found = objects::find(world, resource, namespace, name)?;
        check_preconditions(resource, &found, options)?;
        let next = if is_pending(&found, options.grace) {
            Next::Stays(found.document.clone())
        } else {
            after_deletion(world, &held(&found, &options.policy), options)
        };
        match apply(world, &found, &next, options.dry_run) {
            Ok((document, news)) => return Ok((answer(resource, &found, &next, document), news)),
            // Somebody else wrote it in between: read it again.
            Err(WriteError::Changed) => {}
            Err(_) => return Err(Failure::not_found(resource, name)),
        }
    }
}

/// What becomes of an object that is deleted.
enum Next {
    /// It is gone; the document is its last.
    Gone(Value),
    /// It stays for now, as this document.
    Stays(Value),
}

/// The object with the finalizers that keep it until its dependents are seen to.
/// Source: kubernetes `staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go`,
/// deletionFinalizersForGarbageCollection.
fn held(found: &Object, policy: &str) -> Object {
    let mut held = found.clone();
    let added = match policy {
        "Orphan" => Some("orphan"),
        "Foreground" => Some("foregroundDeletion"),
        "Background" => None,
        _ => return held,
    };
    let mut finalizers = match held.document["metadata"]["finalizers"].take() {
        Value::Array(finalizers) => finalizers,
        _ => Vec::new(),
    };
    finalizers.retain(|name| name != "orphan" && name != "foregroundDeletion");
    finalizers.extend(added.map(Value::from));
    let metadata = metadata::object_at(&mut held.document, "metadata");
    if finalizers.is_empty() {
        metadata.remove("finalizers");
    } else {
        metadata.insert("finalizers".to_owned(), finalizers.into());
    }
    held
}

fn check_preconditions(
    resource: &Resource,
    found: &Object,
    options: &Options,
) -> Result<(), Failure> {
    let conflict = |what: &str, wanted: &str, there: &str| {
        let why = format!(
            "the {what} in the precondition ({wanted}) does not match the {what} in record ({there}). The object might have been {}",
            if what == "UID" { "deleted and then recreated" } else { "modified" }
        );
        Failure::conflict(resource.name, resource.group, &found.name, &why)
    };
    let conflict = |what: &str, wanted: &str, there: &str| {
        // A namespace is checked by another hand.
        if found.kind != Kind::Namespace {
            return conflict(what, wanted, there);
        }
        let why = format!(
            "Precondition failed: {what} in precondition: {wanted}, {what} in object meta: {there}"
        );
        Failure::conflict(resource.plural, resource.group, &found.name, &why)
    };
    if let Some(uid) = options.uid.as_ref().filter(|uid| **uid != found.uid) {
        return Err(conflict("UID", uid, &found.uid));
    }
    let version = found.resource_version.to_string();
    match &options.resource_version {
        Some(wanted) if *wanted != version => Err(conflict("ResourceVersion", wanted, &version)),
        _ => Ok(()),
    }
}

fn after_deletion(world: &World, found: &Object, options: &Options) -> Next {
    match found.kind {
        Kind::Namespace => terminating(world, found),
        Kind::Pod => graceful(world, found, options.grace),
        _ if has_finalizers(&found.document) => Next::Stays(marked(world, found, 0)),
        _ => Next::Gone(found.document.clone()),
    }
}

// A namespace is told to end first, whatever holds it; told again, it goes if nothing does.
// Source: kubernetes `pkg/registry/core/namespace/storage/storage.go`.
fn terminating(world: &World, found: &Object) -> Next {
    let mut document = found.document.clone();
    if found.deletion_timestamp.is_none() {
        let now = rfc3339(world.clock.now());
        metadata::object_at(&mut document, "metadata")
            .insert("deletionTimestamp".to_owned(), now.into());
        metadata::object_at(&mut document, "status")
            .insert("phase".to_owned(), "Terminating".into());
        return Next::Stays(document);
    }
    let held = document["spec"]["finalizers"].as_array().is_some_and(|list| !list.is_empty());
    if held || has_finalizers(&document) { Next::Stays(document) } else { Next::Gone(document) }
}

// A pod on a node gets its grace; one that runs nowhere, or has ended, does not need any.
fn graceful(world: &World, found: &Object, asked: Option<i64>) -> Next {
    // Less than nothing is a second.
    let period = |seconds: i64| if seconds < 0 { 1 } else { seconds };
    if found.deletion_timestamp.is_some() {
        return shortened(world, found, asked.map(period));
    }
    let phase = found.document["status"]["phase"].as_str().unwrap_or("");
    let over = found.node_name.is_empty() || matches!(phase, "Succeeded" | "Failed");
    let default = found.document["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(30);
    let grace = if over { 0 } else { period(asked.unwrap_or(default)) };
    gone_after(grace, marked(world, found, grace))
}

// A grace that runs can only be shortened.
fn shortened(world: &World, found: &Object, asked: Option<i64>) -> Next {
    let running = found.document["metadata"]["deletionGracePeriodSeconds"].as_i64().unwrap_or(0);
    if running == 0 {
        return gone_after(0, found.document.clone());
    }
    let Some(mut grace) = asked.filter(|asked| *asked < running) else {
        return Next::Stays(found.document.clone());
    };
    let now = world.clock.now();
    let earlier = SignedDuration::from_secs(grace - running);
    let mut at = found.deletion_timestamp.unwrap_or(now).saturating_add(earlier).unwrap_or(now);
    if at < now {
        // It is over already; who has to end the pod still is to do that.
        (at, grace) = (now, grace.min(1));
    }
    let mut document = found.document.clone();
    let metadata = metadata::object_at(&mut document, "metadata");
    metadata.insert("deletionTimestamp".to_owned(), rfc3339(at).into());
    metadata.insert("deletionGracePeriodSeconds".to_owned(), grace.into());
    gone_after(grace, document)
}

fn gone_after(grace: i64, document: Value) -> Next {
    if grace == 0 && !has_finalizers(&document) {
        Next::Gone(document)
    } else {
        Next::Stays(document)
    }
}

/// Whether a pod's grace runs, and these options do not shorten it: then nothing happens.
fn is_pending(found: &Object, asked: Option<i64>) -> bool {
    let running = found.document["metadata"]["deletionGracePeriodSeconds"].as_i64().unwrap_or(0);
    found.kind == Kind::Pod
        && found.deletion_timestamp.is_some()
        && running > 0
        && asked.is_none_or(|asked| asked >= running)
}

/// The document of an object whose deletion has begun.
fn marked(world: &World, found: &Object, grace: i64) -> Value {
    let mut document = found.document.clone();
    let already = found.deletion_timestamp.is_some();
    let shorter = document["metadata"]["deletionGracePeriodSeconds"]
        .as_i64()
        .is_none_or(|running| grace < running);
    if already && !shorter {
        return document;
    }
    let at = world.clock.now().saturating_add(SignedDuration::from_secs(grace));
    let at = rfc3339(at.unwrap_or(jiff::Timestamp::MAX));
    let metadata = metadata::object_at(&mut document, "metadata");
    metadata.insert("deletionTimestamp".to_owned(), at.into());
    metadata.insert("deletionGracePeriodSeconds".to_owned(), grace.into());
    if let Some(generation) =
        metadata.get("generation").and_then(Value::as_i64).filter(|_| !already)
    {
        metadata.insert("generation".to_owned(), generation.wrapping_add(1).into());
    }
    document
}

fn apply(
    world: &World,
    found: &Arc<Object>,
    next: &Next,
    dry_run: bool,
) -> Result<(Value, Option<News>), WriteError> {
    match next {
        Next::Gone(document) | Next::Stays(document) if dry_run => {
            let same = objects::from_document(found.kind, document.clone(), found.resource_version);
            Ok((objects::with_version(&same), None))
        }
        Next::Gone(document) => {
            let version = world.objects.remove(found)?;
            let last = objects::from_document(found.kind, document.clone(), version);
            Ok((objects::with_version(&last), Some(News::Removed(Arc::clone(found)))))
        }
        Next::Stays(document) if *document == found.document => {
            Ok((objects::with_version(found), None))
        }
        Next::Stays(document) => {
            let build = |version| objects::from_document(found.kind, document.clone(), version);
            let object = world.objects.replace(found, build)?;
            Ok((objects::with_version(&object), Some(News::Deleting(object))))
        }
    }
}

// Most kinds tell only that they are gone.
fn answer(resource: &Resource, found: &Object, next: &Next, document: Value) -> Value {
    let shown = matches!(resource.kind, Kind::ServiceAccount | Kind::Pod | Kind::Namespace);
    if shown || matches!(next, Next::Stays(_)) {
        return document;
    }
    let mut details = json!({ "name": found.name, "kind": resource.plural, "uid": found.uid });
    if !resource.group.is_empty() {
        details["group"] = resource.group.into();
    }
    json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": details,
    })
}
