//! Deleting the objects of a collection, all of them or those that selectors leave.

use crate::{
    codec::negotiate::Transform,
    kubernetes::{
        admission, body,
        exchange::{Exchange, Outcome},
        kinds::Resource,
        objects::{self, delete, list, list_options},
        status::Failure,
    },
    world::objects::Object,
};

/// Deletes the objects of a kind in a namespace, and answers with those that it found.
pub fn delete(
    exchange: &Exchange<'_>,
    resource: &'static Resource,
    namespace: Option<&str>,
) -> Outcome {
    let output = body::accept_object(exchange)?;
    let options = list_options::read(exchange, None)?;
    let deletion = body::read_delete_options(exchange)?;
    let page = list::page(exchange, resource, namespace, &options)?;
    if !page.items.is_empty() {
        admission::deny(exchange, resource, "Unknown")?;
    }
    for object in &page.items {
        let Object { namespace, name, .. } = object.as_ref();
        match delete::remove(exchange.world, resource, (namespace, name), &deletion) {
            // What is gone meanwhile need not be deleted.
            Err(failure) if failure.code != 404 => return Err(failure),
            _ => {}
        }
    }
    // What is asked for too much is found out when all is done.
    if matches!(output.transform, Some(Transform::PartialObjectMetadata(_))) {
        return Err(Failure::is_a_list(resource));
    }
    objects::reply_list(exchange, resource, page, output)
}
