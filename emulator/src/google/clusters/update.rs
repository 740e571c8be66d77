//! Clusters change: the fields that the mask names, and no others.

use {
    super::{
        convert,
        create::kubernetes_version,
        read::{find, new_etag, stale, write_error},
        validate,
    },
    crate::{
        google::{
            operations,
            service::{Context, Stop},
            status::Status,
            wire,
        },
        world::{
            attached_cluster::{AttachedCluster, State},
            operations::operation::{Outcome, Verb},
        },
    },
    prost_reflect::DynamicMessage,
    std::sync::Arc,
};

/// UpdateAttachedCluster.
pub(super) fn update(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let world = context.world;
    let message = wire::inner(request, "attached_cluster");
    let message = message.ok_or_else(|| validate::required("attached_cluster"))?;
    let name = wire::text(message, "name");
    let cluster = find(world, "attached_cluster.name", name)?;
    let mut given = convert::from_message(message);
    if !given.etag.is_empty() && given.etag != cluster.etag {
        return Err(stale().into());
    }
    let paths = wire::inner(request, "update_mask").map(|mask| wire::texts(mask, "paths"));
    let paths = paths.filter(|paths| !paths.is_empty());
    let paths = paths.ok_or_else(|| validate::required("update_mask"))?;
    let mut updated = (*cluster).clone();
    for path in &paths {
        copy(path, &mut given, &mut updated)?;
    }
    check(&updated)?;
    updated.kubernetes_version = kubernetes_version(&updated.platform_version);
    updated.state = State::Reconciling;
    updated.update_time = world.clock.now();
    updated.etag = new_etag(world);
    if wire::flag(request, "validate_only") {
        // It would run, with an etag that nobody can know yet.
        let unwritten = AttachedCluster { state: State::Running, etag: String::new(), ..updated };
        let outcome = Outcome::Cluster(Arc::new(unwritten));
        let operation = world.passing_operation(Verb::Update, name, outcome);
        return Ok(operations::to_message(context, &operation));
    }
    let cluster = world.clusters.replace(&cluster, updated);
    let cluster = cluster.map_err(|error| write_error(error, &context.written(name)))?;
    let operation = world.start_operation(Verb::Update, &cluster);
    Ok(operations::to_message(context, &operation))
}

/// Copies what a path of the mask names. Source: `UpdateAttachedClusterRequest.update_mask`.
fn copy(path: &str, given: &mut AttachedCluster, to: &mut AttachedCluster) -> Result<(), Status> {
    match path {
        "annotations" => to.annotations = std::mem::take(&mut given.annotations),
        "authorization.admin_groups" => {
            let groups = given.authorization.take().unwrap_or_default();
            to.authorization.get_or_insert_default().groups.clone_from(&groups.groups);
            given.authorization = Some(groups);
        }
        "authorization.admin_users" => {
            let users = given.authorization.take().unwrap_or_default();
            to.authorization.get_or_insert_default().users.clone_from(&users.users);
            given.authorization = Some(users);
        }
        "binary_authorization.evaluation_mode" => {
            to.binary_authorization = Some(given.binary_authorization.unwrap_or_default());
        }
        "description" => to.description.clone_from(&given.description),
        "logging_config.component_config.enable_components" => {
            let logging = given.logging.clone().unwrap_or_default();
            to.logging.get_or_insert_default().components =
                Some(logging.components.unwrap_or_default());
        }
        "monitoring_config.managed_prometheus_config.enabled" => {
            let enabled = given.monitoring.as_ref().and_then(|config| config.managed_prometheus);
            to.monitoring.get_or_insert_default().managed_prometheus =
                Some(enabled.unwrap_or_default());
        }
        "monitoring_config.cloud_monitoring_config.enabled" => {
            let enabled = given.monitoring.as_ref().and_then(|config| config.cloud_monitoring);
            to.monitoring.get_or_insert_default().cloud_monitoring = Some(enabled.flatten());
        }
        "platform_version" => to.platform_version.clone_from(&given.platform_version),
        "proxy_config.kubernetes_secret.name" => {
            let name = given.proxy.as_ref().map(|proxy| proxy.name.clone());
            to.proxy.get_or_insert_default().name = name.unwrap_or_default();
        }
        "proxy_config.kubernetes_secret.namespace" => {
            let namespace = given.proxy.as_ref().map(|proxy| proxy.namespace.clone());
            to.proxy.get_or_insert_default().namespace = namespace.unwrap_or_default();
        }
        "security_posture_config.vulnerability_mode" => {
            to.security_posture = Some(given.security_posture.unwrap_or_default());
        }
        _ => {
            let sentence = format!("Invalid update mask. The path '{path}' cannot be updated");
            return Err(Status::bad_field("update_mask", &sentence));
        }
    }
    Ok(())
}

fn check(updated: &AttachedCluster) -> Result<(), Status> {
    if updated.platform_version.is_empty() {
        return Err(validate::required("attached_cluster.platform_version"));
    }
    validate::description(updated)?;
    validate::annotations(updated)
}
