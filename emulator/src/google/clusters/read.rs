//! Attached clusters, one or many, and the errors of those that are not there.

use {
    super::convert,
    crate::{
        google::{
            names::{self, ANYWHERE, Name},
            paging,
            service::{Context, Stop},
            status::{Code, Status},
            wire,
        },
        world::{World, attached_cluster::AttachedCluster, objects::WriteError},
    },
    base64::{Engine, prelude::BASE64_STANDARD},
    prost_reflect::DynamicMessage,
    std::sync::Arc,
};

/// GetAttachedCluster.
pub(super) fn get(context: &Context<'_>, request: &DynamicMessage) -> Result<DynamicMessage, Stop> {
    let cluster = find(context.world, "name", wire::text(request, "name"))?;
    Ok(convert::to_message(context, &cluster))
}

/// ListAttachedClusters.
pub(super) fn list(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let parent = wire::text(request, "parent");
    let Name { project, location, .. } = names::parent("parent", parent)?;
    let list = format!("{parent}/attachedClusters");
    let clusters = match location {
        ANYWHERE => context.world.clusters.list_below(&format!("projects/{project}/locations/")),
        _ => context.world.clusters.list_below(&format!("{list}/")),
    };
    let page = paging::page(request, &list, clusters, |cluster| cluster.name.clone())?;
    let mut answer = context.output();
    let clusters = page.items.iter().map(|cluster| convert::to_message(context, cluster));
    wire::set_messages(&mut answer, "attached_clusters", clusters);
    wire::set_text(&mut answer, "next_page_token", &page.next);
    Ok(answer)
}

/// The cluster of that name, which a request holds in a field.
pub(super) fn find(world: &World, field: &str, name: &str) -> Result<Arc<AttachedCluster>, Status> {
    names::member(field, name, "attachedClusters")?;
    world.clusters.get(name).ok_or_else(not_found)
}

pub(super) fn not_found() -> Status {
    Status::new(Code::NotFound, "cluster not found")
}

pub(super) fn stale() -> Status {
    Status::new(Code::Aborted, "The etag provided does not match the current etag of the cluster.")
}

/// A write that lost against another one.
pub(super) fn write_error(error: WriteError, name: &str) -> Status {
    match error {
        WriteError::AlreadyExists => {
            Status::new(Code::AlreadyExists, format!("Resource '{name}' already exists"))
        }
        WriteError::NotFound => not_found(),
        WriteError::Changed => stale(),
    }
}

pub(super) fn new_etag(world: &World) -> String {
    let mut bytes = [0; 8];
    world.entropy.fill(&mut bytes);
    BASE64_STANDARD.encode(bytes)
}
