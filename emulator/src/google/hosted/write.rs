//! They come to be, and they go.

use {
    super::{Kind, find, not_found},
    crate::{
        google::{
            attached_clusters::{required, stale, validate_id, write_error},
            names::project_number,
            operations,
            service::{Context, Stop},
            status::{Code, Status},
            wire,
        },
        world::{
            hosted::HostedResource,
            objects::WriteError,
            operations::operation::{Outcome, Verb},
            registry::State,
        },
    },
    base64::{Engine, prelude::BASE64_STANDARD},
    prost::Message,
    prost_reflect::{DynamicMessage, Value},
    std::sync::Arc,
};

/// Create…
pub(in crate::google) fn create(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let kind = Kind::of(context);
    let world = context.world;
    let parent = wire::text(request, "parent");
    kind.check_parent(parent)?;
    if !kind.parent.is_empty() && world.hosted.get(parent).is_none() {
        return Err(Status::new(Code::NotFound, "cluster not found").into());
    }
    let id_field = format!("{}_id", kind.field);
    let id = wire::text(request, &id_field);
    validate_id(&id_field, id)?;
    let message = wire::inner(request, kind.field).ok_or_else(|| required(kind.field))?;
    let now = world.clock.now();
    let resource = HostedResource {
        name: format!("{parent}/{}/{id}", kind.collection),
        uid: world.entropy.uuid(),
        state: State::Provisioning,
        create_time: now,
        update_time: now,
        etag: new_etag(context),
        error: None,
        document: message.encode_to_vec(),
    };
    let name = resource.name.clone();
    if wire::flag(request, "validate_only") {
        if world.hosted.get(&name).is_some() {
            return Err(write_error(WriteError::AlreadyExists, &context.written(&name)).into());
        }
        let (uid, etag) = (String::new(), String::new());
        let unmade = HostedResource { uid, etag, state: State::Running, ..resource };
        let outcome = Outcome::Hosted(Arc::new(unmade));
        let operation = world.passing_operation(Verb::Create, &name, outcome);
        return Ok(operations::to_message(context, &operation));
    }
    let resource = world
        .hosted
        .create(resource)
        .map_err(|error| write_error(error, &context.written(&name)))?;
    let operation = world.start_operation(Verb::Create, &*resource);
    Ok(operations::to_message(context, &operation))
}

/// Delete…
pub(in crate::google) fn delete(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let kind = Kind::of(context);
    let world = context.world;
    let name = wire::text(request, "name");
    kind.check_name("name", name)?;
    if world.hosted.get(name).is_none() {
        if !wire::flag(request, "allow_missing") {
            return Err(not_found(kind).into());
        }
        let operation = world.finished_operation(Verb::Delete, name, Outcome::Gone);
        return Ok(operations::to_message(context, &operation));
    }
    let resource = find(world, kind, "name", name)?;
    let etag = wire::text(request, "etag");
    if !etag.is_empty() && etag != resource.etag {
        return Err(stale().into());
    }
    check_empty(context, name)?;
    if wire::flag(request, "validate_only") {
        let operation = world.passing_operation(Verb::Delete, name, Outcome::Gone);
        return Ok(operations::to_message(context, &operation));
    }
    let stopping = HostedResource { state: State::Stopping, ..(*resource).clone() };
    let resource = world.hosted.replace(&resource, stopping);
    let resource = resource.map_err(|error| write_error(error, &context.written(name)))?;
    let operation = world.start_operation(Verb::Delete, &*resource);
    Ok(operations::to_message(context, &operation))
}

/// A cluster goes after its node pools.
fn check_empty(context: &Context<'_>, name: &str) -> Result<(), Status> {
    let pools = ["awsNodePools", "azureNodePools"];
    let mut pools = pools.iter().map(|pools| context.world.hosted.list(&format!("{name}/{pools}")));
    if pools.all(|pools| pools.is_empty()) {
        return Ok(());
    }
    let message = "The cluster still has node pools. Delete them first.";
    Err(Status::new(Code::FailedPrecondition, message))
}

pub(super) fn new_etag(context: &Context<'_>) -> String {
    let mut bytes = [0; 8];
    context.world.entropy.fill(&mut bytes);
    BASE64_STANDARD.encode(bytes)
}

/// One of them as its clients see it: what they said, and what the server says. A field that its
/// message does not have is not set.
pub(in crate::google) fn to_message(
    context: &Context<'_>,
    resource: &HostedResource,
) -> DynamicMessage {
    let kind = Kind::of_name(&resource.name).map_or("AwsCluster", |kind| kind.message);
    let empty = context.message(kind);
    let mut message = empty.clone();
    // It was encoded by `create` from a message of the same type.
    if message.merge(resource.document.as_slice()).is_err() {
        message = empty;
    }
    wire::set_text(&mut message, "name", &context.written(&resource.name));
    wire::set_text(&mut message, "uid", &resource.uid);
    wire::set_text(&mut message, "etag", &resource.etag);
    let state = wire::state_number(resource.state);
    message.set_field_by_name("state", Value::EnumNumber(state));
    let reconciling = resource.state == State::Reconciling;
    message.set_field_by_name("reconciling", Value::Bool(reconciling));
    wire::set_time(&mut message, "create_time", resource.create_time);
    wire::set_time(&mut message, "update_time", resource.update_time);
    set_identity(context, &mut message, resource);
    message
}

fn set_identity(context: &Context<'_>, message: &mut DynamicMessage, resource: &HostedResource) {
    if Kind::of_name(&resource.name).is_none_or(|kind| !kind.is_cluster()) {
        return;
    }
    let project = resource.name.split('/').nth(1).unwrap_or_default();
    let number = project_number(project);
    let id = resource.name.rsplit('/').next().unwrap_or_default();
    let membership = format!("projects/{number}/locations/global/memberships/{id}");
    let config = wire::fill(message, "workload_identity_config");
    wire::set_text(config, "issuer_uri", &issuer(&resource.name));
    wire::set_text(
        config,
        "workload_pool",
        &format!("{}.svc.id.goog", context.project.as_written()),
    );
    let provider = format!("https://gkehub.googleapis.com/{membership}");
    wire::set_text(config, "identity_provider", &provider);
    if wire::inner(message, "fleet").is_some() {
        wire::set_text(wire::fill(message, "fleet"), "membership", &membership);
    }
}

/// The issuer of a cluster's tokens: where Google would publish its keys.
pub(super) fn issuer(name: &str) -> String {
    let location = name.split('/').nth(3).unwrap_or_default();
    format!("https://{location}-gkemulticloud.googleapis.com/v1/{name}")
}
