//! Replacing an object by the body of a PUT.
//!
//! Source: kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/handlers/update.go`.

use {
    crate::kubernetes::{
        body,
        exchange::{Exchange, Outcome},
        kinds,
        managed_fields::{self, Manager},
        metadata, names,
        objects::{
            self, create,
            write::{Part, Place, manage, write},
        },
        status::Failure,
    },
    serde_json::Value,
};

/// Replaces an object, or its status.
pub fn update(exchange: &Exchange<'_>, place: &Place<'_>) -> Outcome {
    let Place { resource, namespace, name, part } = *place;
    check_place(place)?;
    let output = match part {
        // What is only put has no other forms.
        Part::Finalizers => body::accept(exchange)?,
        Part::Whole | Part::Status => body::accept_object(exchange)?,
    };
    let (mut sent, options) = body::read_updated(exchange, resource.api_version, resource.name)?;
    kinds::defaults::apply(resource.kind, &mut sent);
    metadata::match_namespace(&mut sent, namespace)?;
    match_name(&sent, name)?;
    let uid = metadata::text(&sent, "uid").to_owned();
    if exchange.world.objects.get(resource.kind, namespace, name).is_none() && is_made(place) {
        check_uid(place, &uid, "")?;
        let manager = Manager::of(exchange, resource.api_version);
        let managed = managed_fields::created(&sent, &manager);
        metadata::set_managed_fields(&mut sent, managed);
        let object = create::put(exchange, resource, sent, options.dry_run)?;
        return objects::reply(exchange, 201, object, output);
    }
    let object = write(exchange, place, options.dry_run, |found, current| {
        check_uid(place, &uid, &found.uid)?;
        let mut object = sent.clone();
        manage(exchange, place, current, &mut object);
        Ok(object)
    })?;
    objects::reply(exchange, 200, object, output)
}

/// Refuses a path that can name no object.
pub fn check_place(place: &Place<'_>) -> Result<(), Failure> {
    if place.resource.namespaced {
        names::check_namespace_segment(place.namespace)?;
    }
    names::check_path_segment(place.name)
}

/// Refuses an object of another name than the path's.
pub fn match_name(object: &Value, name: &str) -> Result<(), Failure> {
    match metadata::text(object, "name") {
        "" => Err(Failure::bad_request(format!(
            "the name of the object ({name} based on URL) was undeterminable: name must be provided"
        ))),
        sent if sent == name => Ok(()),
        sent => Err(Failure::bad_request(format!(
            "the name of the object ({sent}) does not match the name on the URL ({name})"
        ))),
    }
}

// Roles and bindings come to be when they are replaced.
fn is_made(place: &Place<'_>) -> bool {
    !place.resource.group.is_empty()
}

// A uid that is sent is a precondition, which the store checks in its own words.
fn check_uid(place: &Place<'_>, sent: &str, found: &str) -> Result<(), Failure> {
    if sent.is_empty() || sent == found {
        return Ok(());
    }
    let Place { resource, namespace, name, .. } = *place;
    let plural = if resource.plural == "nodes" { "minions" } else { resource.plural };
    let namespace = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
    let why = format!(
        "StorageError: invalid object, Code: 4, Key: /registry/{plural}/{namespace}{name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {sent}, UID in object meta: {found}"
    );
    Err(Failure::conflict(resource.plural, resource.group, name, &why))
}
