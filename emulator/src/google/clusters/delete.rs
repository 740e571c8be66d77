//! Clusters go.

use {
    super::read::{find, not_found, stale, write_error},
    crate::{
        google::{
            names, operations,
            service::{Context, Stop},
            wire,
        },
        world::{
            attached_cluster::{AttachedCluster, State},
            operations::operation::{Outcome, Verb},
        },
    },
    prost_reflect::DynamicMessage,
};

/// DeleteAttachedCluster. What is not there may be deleted when the client says so.
pub(super) fn delete(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let world = context.world;
    let name = wire::text(request, "name");
    names::member("name", name, "attachedClusters")?;
    let validate_only = wire::flag(request, "validate_only");
    if world.clusters.get(name).is_none() {
        if !wire::flag(request, "allow_missing") {
            return Err(not_found().into());
        }
        let operation = if validate_only {
            world.passing_operation(Verb::Delete, name, Outcome::Gone)
        } else {
            world.finished_operation(Verb::Delete, name, Outcome::Gone)
        };
        return Ok(operations::to_message(context, &operation));
    }
    let cluster = find(world, "name", name)?;
    let etag = wire::text(request, "etag");
    if !etag.is_empty() && etag != cluster.etag {
        return Err(stale().into());
    }
    if validate_only {
        let operation = world.passing_operation(Verb::Delete, name, Outcome::Gone);
        return Ok(operations::to_message(context, &operation));
    }
    let stopping = AttachedCluster { state: State::Stopping, ..(*cluster).clone() };
    let cluster = world.clusters.replace(&cluster, stopping);
    let cluster = cluster.map_err(|error| write_error(error, &context.written(name)))?;
    let operation = world.start_operation(Verb::Delete, &cluster);
    Ok(operations::to_message(context, &operation))
}
