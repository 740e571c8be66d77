//! Clusters, node pools and clients on AWS and Azure: as much of them as tokens and operations
//! need. One set of functions serves all five, since their methods have one shape.

mod kind;
mod openid;
mod server_config;
mod token;
mod update;
mod write;

pub(super) use {
    openid::{configuration, keys},
    server_config::server_config,
    token::{access_token, agent_token, verify},
    update::{rollback, update},
    write::{create, delete, to_message},
};

use {
    super::{
        paging,
        service::{Context, Stop},
        status::{Code, Status},
        wire,
    },
    crate::world::{World, hosted::HostedResource},
    kind::Kind,
    prost_reflect::DynamicMessage,
    std::sync::Arc,
};

/// Get…
pub(super) fn get(context: &Context<'_>, request: &DynamicMessage) -> Result<DynamicMessage, Stop> {
    let kind = Kind::of(context);
    let resource = find(context.world, kind, "name", wire::text(request, "name"))?;
    Ok(to_message(context, &resource))
}

/// List…
pub(super) fn list(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let kind = Kind::of(context);
    let parent = wire::text(request, "parent");
    kind.check_parent(parent)?;
    let list = format!("{parent}/{}", kind.collection);
    let resources = context.world.hosted.list(&list);
    let page = paging::page(request, &list, resources, |resource| resource.name.clone())?;
    let mut answer = context.output();
    let resources = page.items.iter().map(|resource| to_message(context, resource));
    wire::set_messages(&mut answer, &format!("{}s", kind.field), resources);
    wire::set_text(&mut answer, "next_page_token", &page.next);
    Ok(answer)
}

/// The kind of a cluster of that name.
pub(super) fn kind_of_cluster(name: &str) -> Option<&'static Kind> {
    Kind::of_name(name).filter(|kind| kind.is_cluster())
}

/// The issuer of the tokens of a cluster.
pub(super) fn issuer_of(world: &World, name: &str) -> Option<String> {
    let kind = kind_of_cluster(name)?;
    find(world, kind, "name", name).ok().map(|cluster| write::issuer(&cluster.name))
}

fn find(
    world: &World,
    kind: &Kind,
    field: &str,
    name: &str,
) -> Result<Arc<HostedResource>, Status> {
    kind.check_name(field, name)?;
    world.hosted.get(name).ok_or_else(|| not_found(kind))
}

fn not_found(kind: &Kind) -> Status {
    Status::new(Code::NotFound, format!("{} not found", kind.noun))
}
