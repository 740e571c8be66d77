//! `PUT …/namespaces/NAME/finalize`: how a namespace lets go of its finalizers.

use {
    crate::kubernetes::{
        body,
        exchange::{Exchange, Outcome, Reply},
        kinds, metadata,
        objects::{self, find},
        status::Failure,
    },
    crate::world::objects::Kind,
    serde_json::Value,
};

/// Replaces a namespace's finalizers; a terminating one without any is gone.
pub fn finalize(exchange: &Exchange<'_>, name: &str) -> Outcome {
    let resource = kinds::of(Kind::Namespace);
    let output = body::accept(exchange)?;
    let (sent, _) = body::read_updated(exchange, "v1", resource.name)?;
    if metadata::text(&sent, "name") != name && !metadata::text(&sent, "name").is_empty() {
        let message = format!(
            "the name of the object ({}) does not match the name on the URL ({name})",
            metadata::text(&sent, "name")
        );
        return Err(Failure::bad_request(message));
    }
    let found = find(exchange.world, resource, "", name)?;
    let mut document = found.document.clone();
    let finalizers = sent["spec"]["finalizers"].clone();
    let empty = finalizers.as_array().is_none_or(Vec::is_empty);
    let spec = metadata::object_at(&mut document, "spec");
    if empty {
        spec.remove("finalizers");
    } else {
        spec.insert("finalizers".to_owned(), finalizers);
    }
    let changed = |_| {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Failure::conflict(resource.plural, "", name, why)
    };
    if empty && found.deletion_timestamp.is_some() && !has_finalizers(&document) {
        exchange.world.objects.remove(&found).map_err(changed)?;
        let last = objects::from_document(Kind::Namespace, document, found.resource_version);
        return Ok(Reply::Object { status: 200, object: objects::with_version(&last), output });
    }
    let build = |version| objects::from_document(Kind::Namespace, document, version);
    let replaced = exchange.world.objects.replace(&found, build).map_err(changed)?;
    Ok(Reply::Object { status: 200, object: objects::with_version(&replaced), output })
}

/// Whether finalizers in the metadata hold an object.
pub fn has_finalizers(document: &Value) -> bool {
    document["metadata"]["finalizers"].as_array().is_some_and(|finalizers| !finalizers.is_empty())
}
