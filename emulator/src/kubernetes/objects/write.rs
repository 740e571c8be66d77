//! Putting another version in the place of an object: what updates and patches have in common.
//!
//! Source: kubernetes `staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go`, Update.

use {
    crate::{
        codec::{protobuf, schema::Schema},
        kubernetes::{
            admission, controllers,
            exchange::Exchange,
            kinds::{self, Resource},
            managed_fields::{self, Manager},
            metadata::{self, has_finalizers},
            objects,
            rbac::escalation,
            status::Failure,
        },
        world::objects::{Kind, Object, WriteError},
    },
    serde_json::Value,
    std::sync::Arc,
};

/// Why a write on an old version is refused.
pub const MODIFIED: &str =
    "the object has been modified; please apply your changes to the latest version and try again";

/// The part of an object that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All but the status, where there is one.
    Whole,
    /// The status.
    Status,
    /// What keeps a namespace from going.
    Finalizers,
}

/// An object, or its status, as a path names it.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// What it is.
    pub resource: &'static Resource,
    /// Its namespace; empty at the cluster's scope.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Which part of it.
    pub part: Part,
}

/// Notes who wrote what of an object that replaces another.
pub fn manage(exchange: &Exchange<'_>, place: &Place<'_>, current: &Value, object: &mut Value) {
    let manager = Manager::of(exchange, place.resource.api_version).part(place.part);
    let managed = managed_fields::updated(current, object, &manager);
    metadata::set_managed_fields(object, managed);
}

/// Writes what `change` makes of the object as it is, as often as it takes. Who wrote what has to
/// stand in it.
pub fn write(
    exchange: &Exchange<'_>,
    place: &Place<'_>,
    dry_run: bool,
    mut change: impl FnMut(&Object, &Value) -> Result<Value, Failure>,
) -> Result<Value, Failure> {
    let resource = place.resource;
    loop {
        let found = objects::find(exchange.world, resource, place.namespace, place.name)?;
        let current = objects::with_version(&found);
        let changed = change(&found, &current)?;
        admission::deny(exchange, resource, place.name)?;
        escalation::check(exchange, resource, Some(&current), &changed)?;
        let document = prepare(exchange, place, &current, changed)?;
        if is_same(resource, &current, &document) {
            return Ok(current);
        }
        match store(exchange, &found, document, dry_run) {
            Ok(written) => return Ok(written),
            // Somebody else wrote it in between: change what it is now.
            Err(WriteError::Changed) => {}
            Err(_) => return Err(Failure::not_found(resource, place.name)),
        }
    }
}

fn prepare(
    exchange: &Exchange<'_>,
    place: &Place<'_>,
    current: &Value,
    mut object: Value,
) -> Result<Value, Failure> {
    let Place { resource, namespace, name, part } = *place;
    if resource.namespaced && exchange.world.objects.get(Kind::Namespace, "", namespace).is_none() {
        return Err(Failure::not_found(kinds::of(Kind::Namespace), namespace));
    }
    let version = metadata::text(&object, "resourceVersion");
    if !version.is_empty() && version.parse::<u64>().is_err() {
        return Err(Failure::unreadable_version(version));
    }
    if !matches!(version, "" | "0") && version != metadata::text(current, "resourceVersion") {
        return Err(Failure::conflict(resource.plural, resource.group, name, MODIFIED));
    }
    metadata::keep(current, &mut object);
    kinds::update::keep(resource.kind, part, current, &mut object);
    let errors = kinds::update::check(resource.kind, part, current, &object);
    if !errors.is_empty() {
        return Err(Failure::invalid(resource.name, resource.group, name, errors));
    }
    for warning in kinds::warnings::of_update(resource.kind, part, &object) {
        exchange.warn(warning);
    }
    Ok(object)
}

// Whether nothing but the times of managed fields would change: then nothing does.
fn is_same(resource: &Resource, current: &Value, document: &Value) -> bool {
    let structure = Schema::get().root(resource.api_version, resource.name);
    let structure = structure.expect("every kind that is served is in the schema");
    let timeless = |document: &Value| {
        let mut document = document.clone();
        let entries = document["metadata"]["managedFields"].as_array_mut();
        for entry in entries.into_iter().flatten().filter_map(Value::as_object_mut) {
            entry.remove("time");
        }
        protobuf::encode(structure, &document)
    };
    timeless(current) == timeless(document)
}

fn store(
    exchange: &Exchange<'_>,
    found: &Arc<Object>,
    document: Value,
    dry_run: bool,
) -> Result<Value, WriteError> {
    let world = exchange.world;
    if is_let_go(found, &document) {
        if !dry_run {
            world.objects.remove(found)?;
            controllers::removed(world, found);
        }
        return Ok(document);
    }
    if dry_run {
        return Ok(document);
    }
    let build = |version| objects::from_document(found.kind, document, version);
    let object = world.objects.replace(found, build)?;
    controllers::updated(world, &object);
    Ok(objects::with_version(&object))
}

/// Whether a write takes the last finalizer from an object that only waited for that.
fn is_let_go(found: &Object, document: &Value) -> bool {
    let grace = found.document["metadata"]["deletionGracePeriodSeconds"].as_i64().unwrap_or(0);
    let held = found.kind == Kind::Namespace
        && document["spec"]["finalizers"].as_array().is_some_and(|list| !list.is_empty());
    found.deletion_timestamp.is_some() && grace == 0 && !held && !has_finalizers(document)
}
