//! Clusters that are there from the start.

use {
    super::{SERVICE, create},
    crate::{
        google::transcode::{bind, json, violation::Violation},
        world::World,
    },
    serde_json::Value,
};

/// Adds what a seed's document describes: an AttachedCluster in its JSON form, with its `kind`
/// and its full `name`. Says what is wrong with it otherwise.
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
        return Err(Violation::join(&violations));
    }
    create::seed(world, &name, &message).map_err(|status| status.message)
}
