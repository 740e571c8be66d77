//! Clusters come to be: by a client's own words, by their fleet membership, or by a seed.

use {
    super::{
        convert,
        read::{new_etag, write_error},
        validate,
    },
    crate::{
        google::{
            names::{self, Project, project_number},
            operations,
            service::{Context, Stop},
            status::Status,
            wire,
        },
        world::{
            World,
            attached_cluster::{AttachedCluster, Fleet, Monitoring, State},
            objects::WriteError,
            operations::operation::{Outcome, Verb},
        },
    },
    prost_reflect::DynamicMessage,
    std::sync::Arc,
};

/// The mode of Binary Authorization that is off.
const DISABLED: i32 = 1;

/// What a seed calls the issuer of the emulator's own tokens.
const OWN_ISSUER: &str = "self";

/// CreateAttachedCluster.
pub(super) fn create(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let parent = wire::text(request, "parent");
    names::parent("parent", parent)?;
    let id = wire::text(request, "attached_cluster_id");
    validate::id("attached_cluster_id", id)?;
    let message = wire::inner(request, "attached_cluster");
    let message = message.ok_or_else(|| validate::required("attached_cluster"))?;
    let mut cluster = convert::from_message(message);
    validate::cluster(context.world, &cluster, message)?;
    cluster.name = format!("{parent}/attachedClusters/{id}");
    cluster.fleet.membership = membership(&cluster.fleet.project, id);
    let cluster = filled(context.world, cluster);
    register(context, request, Verb::Create, cluster)
}

/// ImportAttachedCluster: the membership names the cluster.
pub(super) fn import(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let parent = wire::text(request, "parent");
    names::parent("parent", parent)?;
    let membership = validate::present(request, "fleet_membership")?;
    let id = membership.rsplit('/').next().unwrap_or_default();
    validate::id("fleet_membership", id)?;
    let project = match membership.split('/').collect::<Vec<_>>()[..] {
        ["projects", project, "locations", _, "memberships", _] => project,
        _ => return Err(validate::bad_membership().into()),
    };
    let mut cluster = AttachedCluster {
        name: format!("{parent}/attachedClusters/{id}"),
        platform_version: validate::present(request, "platform_version")?.to_owned(),
        distribution: validate::distribution("distribution", wire::text(request, "distribution"))?,
        proxy: wire::inner(request, "proxy_config").map(convert::proxy),
        ..convert::from_message(&context.message("AttachedCluster"))
    };
    cluster.fleet = fleet(project, id);
    // The membership knows the issuer; here it is the emulator's own.
    cluster.oidc.issuer_url.clone_from(&context.world.settings.issuers[0]);
    let cluster = filled(context.world, cluster);
    register(context, request, Verb::Import, cluster)
}

/// A cluster that is there from the start, running.
pub(super) fn seed(world: &World, name: &str, message: &DynamicMessage) -> Result<(), Status> {
    let parts = names::member("name", name, "attachedClusters")?;
    validate::id("name", parts.id)?;
    let mut cluster = convert::from_message(message);
    if cluster.oidc.issuer_url == OWN_ISSUER {
        cluster.oidc.issuer_url.clone_from(&world.settings.issuers[0]);
    }
    cluster.name = Project::of(name).known(name).into_owned();
    if cluster.platform_version.is_empty() {
        "1.35.0-gke.1".clone_into(&mut cluster.platform_version);
    }
    if cluster.distribution.is_empty() {
        "generic".clone_into(&mut cluster.distribution);
    }
    if cluster.fleet.project.is_empty() {
        cluster.fleet = fleet(parts.project, parts.id);
    }
    cluster.fleet.membership = membership(&cluster.fleet.project, parts.id);
    validate::cluster(world, &cluster, message)?;
    let cluster = AttachedCluster { state: State::Running, ..filled(world, cluster) };
    world.clusters.create(cluster).map(drop).map_err(|error| write_error(error, name))
}

fn register(
    context: &Context<'_>,
    request: &DynamicMessage,
    verb: Verb,
    cluster: AttachedCluster,
) -> Result<DynamicMessage, Stop> {
    let world = context.world;
    let name = cluster.name.clone();
    if wire::flag(request, "validate_only") {
        if world.clusters.get(&name).is_some() {
            return Err(write_error(WriteError::AlreadyExists, &context.written(&name)).into());
        }
        // It would run, but was made for nobody to name. Source: google.aip.dev/163.
        let (uid, etag) = (String::new(), String::new());
        let unmade = AttachedCluster { uid, etag, state: State::Running, ..cluster };
        let outcome = Outcome::Cluster(Arc::new(unmade));
        let operation = world.passing_operation(verb, &name, outcome);
        return Ok(operations::to_message(context, &operation));
    }
    let cluster = world
        .clusters
        .create(cluster)
        .map_err(|error| write_error(error, &context.written(&name)))?;
    let operation = world.start_operation(verb, &cluster);
    Ok(operations::to_message(context, &operation))
}

/// The version of Kubernetes that a platform runs on. Nobody can ask the cluster itself.
pub(super) fn kubernetes_version(platform_version: &str) -> String {
    platform_version.split('-').next().unwrap_or_default().to_owned()
}

/// The same with what the server adds.
fn filled(world: &World, mut cluster: AttachedCluster) -> AttachedCluster {
    let now = world.clock.now();
    cluster.uid = world.uid("attachedClusters", "", &cluster.name);
    cluster.etag = new_etag(world);
    cluster.create_time = now;
    cluster.update_time = now;
    cluster.kubernetes_version = kubernetes_version(&cluster.platform_version);
    cluster.binary_authorization =
        Some(cluster.binary_authorization.filter(|mode| *mode != 0).unwrap_or(DISABLED));
    cluster
        .monitoring
        .get_or_insert(Monitoring { managed_prometheus: Some(false), cloud_monitoring: None });
    cluster
}

fn fleet(project: &str, id: &str) -> Fleet {
    let project = format!("projects/{}", project_number(project));
    Fleet { membership: membership(&project, id), project }
}

fn membership(fleet_project: &str, id: &str) -> String {
    format!("{fleet_project}/locations/global/memberships/{id}")
}
