//! They change: the fields that the mask names, and no others.

use {
    super::{
        Kind, find,
        write::{new_etag, to_message},
    },
    crate::{
        google::{
            attached_clusters::{required, stale, write_error},
            operations,
            service::{Context, Stop},
            status::Status,
            wire,
        },
        world::{
            hosted::HostedResource,
            operations::operation::{Outcome, Verb},
            registry::State,
        },
    },
    prost::Message,
    prost_reflect::{DynamicMessage, ReflectMessage, Value},
    std::sync::Arc,
};

/// What only the server says.
const OUTPUT_ONLY: [&str; 8] =
    ["name", "uid", "state", "reconciling", "create_time", "update_time", "etag", "endpoint"];

/// Update…
pub(in crate::google) fn update(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let kind = Kind::of(context);
    let world = context.world;
    let given = wire::inner(request, kind.field).ok_or_else(|| required(kind.field))?;
    let name = wire::text(given, "name");
    let resource = find(world, kind, &format!("{}.name", kind.field), name)?;
    let etag = wire::text(given, "etag");
    if !etag.is_empty() && etag != resource.etag {
        return Err(stale().into());
    }
    let paths = wire::inner(request, "update_mask").map(|mask| wire::texts(mask, "paths"));
    let paths = paths.filter(|paths| !paths.is_empty()).ok_or_else(|| required("update_mask"))?;
    let mut message = to_message(context, &resource);
    for path in &paths {
        copy(path, given, &mut message).ok_or_else(|| bad_path(path))?;
    }
    let updated = HostedResource {
        state: State::Reconciling,
        update_time: world.clock.now(),
        etag: new_etag(context),
        document: message.encode_to_vec(),
        ..(*resource).clone()
    };
    if wire::flag(request, "validate_only") {
        let unwritten = HostedResource { state: State::Running, etag: String::new(), ..updated };
        let outcome = Outcome::Hosted(Arc::new(unwritten));
        let operation = world.passing_operation(Verb::Update, name, outcome);
        return Ok(operations::to_message(context, &operation));
    }
    reconcile(context, &resource, updated)
}

/// RollbackAwsNodePoolUpdate: nothing of an update stays half done here, so nothing changes.
pub(in crate::google) fn rollback(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let kind = Kind::of(context);
    let resource = find(context.world, kind, "name", wire::text(request, "name"))?;
    let updated = HostedResource { state: State::Reconciling, ..(*resource).clone() };
    reconcile(context, &resource, updated)
}

fn reconcile(
    context: &Context<'_>,
    resource: &Arc<HostedResource>,
    updated: HostedResource,
) -> Result<DynamicMessage, Stop> {
    let updated = context.world.hosted.replace(resource, updated);
    let updated = updated.map_err(|error| write_error(error, &context.written(&resource.name)))?;
    let operation = context.world.start_operation(Verb::Update, &*updated);
    Ok(operations::to_message(context, &operation))
}

/// Copies what a path names; `None` when it names nothing that may change.
fn copy(path: &str, from: &DynamicMessage, to: &mut DynamicMessage) -> Option<()> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    if OUTPUT_ONLY.contains(&first) {
        return None;
    }
    let field = to.descriptor().get_field_by_name(first)?;
    if rest.is_empty() {
        if from.has_field(&field) {
            to.set_field(&field, from.get_field(&field).into_owned());
        } else {
            to.clear_field(&field);
        }
        return Some(());
    }
    let value = from.get_field(&field);
    match to.get_field_mut(&field) {
        Value::Message(inner) => copy(rest, value.as_message()?, inner),
        _ => None,
    }
}

fn bad_path(path: &str) -> Status {
    let sentence = format!("Invalid update mask. The path '{path}' cannot be updated");
    Status::bad_field("update_mask", &sentence)
}
