//! Listing objects, all of them or those that selectors leave.

use {
    crate::{
        kubernetes::{
            body,
            exchange::{Exchange, Outcome, Reply},
            kinds::Resource,
            objects, selector,
            status::Failure,
        },
        world::objects::Object,
    },
    serde_json::{Value, json},
};

/// Answers with the objects of a kind, in one namespace or in all.
pub fn list(exchange: &Exchange<'_>, resource: &Resource, namespace: Option<&str>) -> Outcome {
    if exchange.attributes.verb == "watch" {
        return Err(Failure::watch_not_supported(resource));
    }
    let output = body::accept_object(exchange)?;
    let selector = selector::read(exchange)?;
    let list = exchange.world.objects.list(resource.kind, namespace);
    let items: Vec<_> = list
        .items
        .iter()
        .filter(|object| selector.matches(object))
        .map(|object| item(object))
        .collect();
    let object = json!({
        "kind": format!("{}List", resource.name),
        "apiVersion": resource.api_version(),
        "metadata": { "resourceVersion": list.resource_version.to_string() },
        "items": items,
    });
    Ok(Reply::Object { status: 200, object, output })
}

// The items of a list do not repeat what they are.
fn item(object: &Object) -> Value {
    let mut document = objects::with_version(object);
    if let Some(members) = document.as_object_mut() {
        members.remove("kind");
        members.remove("apiVersion");
    }
    document
}
