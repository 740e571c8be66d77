//! What a cluster must say of itself.

use {
    crate::{
        google::{names, status::Status, wire},
        world::{World, attached_cluster::AttachedCluster},
    },
    prost_reflect::DynamicMessage,
};

/// The longest description, in bytes.
const DESCRIPTION: usize = 255;

/// The longest annotations, keys and values together, in bytes.
const ANNOTATIONS: usize = 256 << 10;

/// A field that is not there.
pub(super) fn required(field: &str) -> Status {
    Status::bad_field(field, "Required field is missing")
}

/// The text of a field that has to be there.
pub(super) fn present<'a>(message: &'a DynamicMessage, field: &str) -> Result<&'a str, Status> {
    Some(wire::text(message, field)).filter(|text| !text.is_empty()).ok_or_else(|| required(field))
}

/// The id of something new.
pub(super) fn id(field: &str, id: &str) -> Result<(), Status> {
    if id.is_empty() {
        Err(required(field))
    } else if names::is_valid_id(id) {
        Ok(())
    } else {
        Err(Status::bad_field(
            field,
            "Invalid resource id. It may hold lowercase letters, digits and dashes, at most 63",
        ))
    }
}

/// A cluster as its client describes it; `message` tells what was said at all.
pub(super) fn cluster(
    world: &World,
    cluster: &AttachedCluster,
    message: &DynamicMessage,
) -> Result<(), Status> {
    if wire::inner(message, "oidc_config").is_none() {
        return Err(required("attached_cluster.oidc_config"));
    }
    issuer(world, &cluster.oidc.issuer_url)?;
    if cluster.platform_version.is_empty() {
        return Err(required("attached_cluster.platform_version"));
    }
    fleet_project(&cluster.fleet.project)?;
    distribution("attached_cluster.distribution", &cluster.distribution)?;
    description(cluster)?;
    annotations(cluster)
}

/// One of the distributions that there are.
pub(super) fn distribution(field: &str, distribution: &str) -> Result<String, Status> {
    match distribution {
        "eks" | "aks" | "generic" => Ok(distribution.to_owned()),
        "" => Err(required(field)),
        _ => Err(Status::bad_field(
            field,
            "Invalid distribution. The supported ones are eks, aks and generic",
        )),
    }
}

/// A description of bearable length.
pub(super) fn description(cluster: &AttachedCluster) -> Result<(), Status> {
    if cluster.description.len() <= DESCRIPTION {
        return Ok(());
    }
    Err(Status::bad_field(
        "attached_cluster.description",
        "Invalid description. It may be 255 bytes long at most",
    ))
}

/// Annotations of bearable size, under keys that Kubernetes would take.
pub(super) fn annotations(cluster: &AttachedCluster) -> Result<(), Status> {
    let field = "attached_cluster.annotations";
    let size: usize = cluster.annotations.iter().map(|(key, value)| key.len() + value.len()).sum();
    if size > ANNOTATIONS {
        return Err(Status::bad_field(field, "Invalid annotations. They are too large"));
    }
    let is_valid = |key: &String| {
        let (prefix, name) = key.rsplit_once('/').unwrap_or(("", key));
        (1..=63).contains(&name.len()) && prefix.len() <= 253 && !prefix.contains('/')
    };
    if cluster.annotations.keys().all(is_valid) {
        Ok(())
    } else {
        Err(Status::bad_field(field, "Invalid annotations. A key is not valid"))
    }
}

/// A membership that is none.
pub(super) fn bad_membership() -> Status {
    Status::bad_field(
        "fleet_membership",
        "Invalid fleet membership. Expected the form projects/*/locations/*/memberships/*",
    )
}

/// An issuer has to be reached by https, unless it is the emulator itself.
fn issuer(world: &World, issuer_url: &str) -> Result<(), Status> {
    let field = "attached_cluster.oidc_config.issuer_url";
    if issuer_url.is_empty() {
        return Err(required(field));
    }
    if issuer_url.starts_with("https://")
        || world.settings.issuers.iter().any(|own| own == issuer_url)
    {
        return Ok(());
    }
    Err(Status::bad_field(field, "Invalid issuer URL. It has to begin with https://"))
}

fn fleet_project(project: &str) -> Result<(), Status> {
    let field = "attached_cluster.fleet.project";
    if project.is_empty() {
        return Err(required(field));
    }
    let number = project.strip_prefix("projects/").unwrap_or_default();
    if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(Status::bad_field(
        field,
        "Invalid fleet project. Expected the form projects/PROJECT_NUMBER",
    ))
}
