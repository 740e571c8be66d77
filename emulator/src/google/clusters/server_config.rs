//! GetAttachedServerConfig: the platform versions on offer.

use {
    crate::google::{
        names,
        service::{Context, Stop},
        status::Status,
        wire,
    },
    prost_reflect::{DynamicMessage, Value},
};

/// The versions, newest first.
const VERSIONS: [&str; 4] = ["1.35.0-gke.1", "1.34.0-gke.1", "1.33.0-gke.1", "1.32.0-gke.1"];

/// GetAttachedServerConfig.
pub(super) fn get(context: &Context<'_>, request: &DynamicMessage) -> Result<DynamicMessage, Stop> {
    let name = wire::text(request, "name");
    let malformed = || Status::bad_field("name", "Invalid resource name");
    let parent = name.strip_suffix("/attachedServerConfig").ok_or_else(malformed)?;
    names::parent("name", parent)?;
    let mut config = context.output();
    wire::set_text(&mut config, "name", &context.written(name));
    let versions = VERSIONS.iter().map(|version| {
        let mut info = context.message("AttachedPlatformVersionInfo");
        wire::set_text(&mut info, "version", version);
        info.set_field_by_name("enabled", Value::Bool(true));
        info
    });
    wire::set_messages(&mut config, "valid_versions", versions);
    Ok(config)
}
