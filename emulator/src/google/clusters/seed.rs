//! Clusters that are there from the start.

use {
    super::{SERVICE, create},
    crate::{
        google::{
            auth::check_project,
            status::Status,
            transcode::{bind, json, violation::Violation},
            wire,
        },
        world::{World, trusted_keys::TrustedKeys},
    },
    prost_reflect::DynamicMessage,
    serde_json::Value,
};

/// Adds what a seed's document describes: an AttachedCluster in its JSON form, with its `kind`
/// and its full `name`. An error names the field as the document writes it.
pub fn seed(world: &World, mut document: Value) -> Result<(), String> {
    let members = document.as_object_mut().ok_or("an AttachedCluster has to be a mapping")?;
    members.remove("kind");
    members.remove("apiVersion");
    let name = members.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let json = json::parse(document.to_string().as_bytes());
    let json = json.map_err(|json::SyntaxError(reason)| reason)?;
    let mut message = SERVICE.schema().message("google.cloud.gkemulticloud.v1.AttachedCluster");
    let violations = bind::bind(json, &mut message, "");
    if !violations.is_empty() {
        return Err(described(&violations));
    }
    check_keys(&message)?;
    check_project(world, &SERVICE, &name, None)
        .map_err(|_| format!("name: {name} is in none of the projects that the seed lists"))?;
    create::seed(world, &name, &message).map_err(|status| sentence(&status))
}

// The API takes any bytes, and the first exchange fails then; a mistake in a file is shown at start.
fn check_keys(message: &DynamicMessage) -> Result<(), String> {
    let jwks = wire::inner(message, "oidc_config").map(|oidc| wire::bytes(oidc, "jwks"));
    match jwks {
        Some(jwks) if !jwks.is_empty() && TrustedKeys::parse(&jwks).is_err() => {
            Err("oidcConfig.jwks: it has to be a JWK Set (JSON), in base64".to_owned())
        }
        _ => Ok(()),
    }
}

fn described(violations: &[Violation]) -> String {
    let lines = violations.iter().map(|violation| match violation.field.as_str() {
        "" => violation.description.clone(),
        field => format!("{}: {}", written(field), violation.description),
    });
    lines.collect::<Vec<_>>().join("; ")
}

/// What is wrong, with the field in front.
fn sentence(status: &Status) -> String {
    match status.message.rsplit_once(", field: ") {
        Some((sentence, field)) => format!("{}: {sentence}", written(field)),
        None => status.message.clone(),
    }
}

/// A field of the request to create a cluster, as the cluster's JSON has it: `oidcConfig.jwks`.
fn written(field: &str) -> String {
    let field = field.strip_prefix("attached_cluster.").unwrap_or(field);
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        name + &initial.to_uppercase() + rest
    })
}
