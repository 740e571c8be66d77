//! Get…ServerConfig: the Kubernetes versions and the regions on offer.

use {
    super::Kind,
    crate::google::{
        names,
        server_config::VERSIONS,
        service::{Context, Stop},
        status::Status,
        wire,
    },
    prost_reflect::{DynamicMessage, Value},
};

/// Get…ServerConfig.
pub(in crate::google) fn server_config(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let (side, info, regions, region) = match Kind::of(context).message {
        "AwsCluster" => ("aws", "AwsK8sVersionInfo", "supported_aws_regions", "us-west-2"),
        _ => ("azure", "AzureK8sVersionInfo", "supported_azure_regions", "westus2"),
    };
    let name = wire::text(request, "name");
    let parent = name.strip_suffix(&format!("/{side}ServerConfig"));
    names::parent(
        "name",
        parent.ok_or_else(|| Status::bad_field("name", "Invalid resource name"))?,
    )?;
    let mut config = context.output();
    wire::set_text(&mut config, "name", &context.written(name));
    let versions = VERSIONS.iter().map(|version| {
        let mut message = context.message(info);
        wire::set_text(&mut message, "version", &version.replace("-gke.1", "-gke.100"));
        message.set_field_by_name("enabled", Value::Bool(true));
        message
    });
    wire::set_messages(&mut config, "valid_versions", versions);
    config.set_field_by_name(regions, Value::List(vec![Value::String(region.to_owned())]));
    Ok(config)
}
