//! What admission does to a request before it is stored.
//!
//! Source: kubernetes `plugin/pkg/admission`: the plugins that are on by default, and of the others
//! `admit`, `deny`, `namespace/autoprovision` and `namespace/exists`.

use {
    crate::{
        kubernetes::{
            exchange::Exchange,
            kinds::{self, Resource},
            names,
            objects::create::plant,
            seed::SERVER,
            status::{Cause, Failure},
        },
        world::{World, objects::Kind},
    },
    serde_json::json,
};

/// Whether a plugin is on that is not on by default.
pub fn is_on(world: &World, plugin: &str) -> bool {
    world.settings.admission_plugins.iter().any(|on| on == plugin)
}

/// Admits nothing, where AlwaysDeny is on. It is the last of the plugins that may change what is
/// sent, and comes before all that validate it.
pub fn deny(exchange: &Exchange<'_>, resource: &Resource, name: &str) -> Result<(), Failure> {
    deny_as(exchange, resource.plural, resource.group, name)
}

/// The same for what is not stored.
pub fn deny_as(
    exchange: &Exchange<'_>,
    plural: &str,
    group: &str,
    name: &str,
) -> Result<(), Failure> {
    if !is_on(exchange.world, "AlwaysDeny") {
        return Ok(());
    }
    let why = "admission control is denying all modifications";
    Err(Failure::not_admitted_as(plural, group, name, why))
}

/// Nothing is made in a namespace that does not exist or that is going away (NamespaceLifecycle).
pub fn namespace(
    exchange: &Exchange<'_>,
    resource: &Resource,
    namespace: &str,
    name: &str,
) -> Result<(), Failure> {
    // Whoever needs a namespace says so himself.
    if namespace.is_empty() {
        return Ok(());
    }
    names::check_namespace_segment(namespace)?;
    provision(exchange, (resource.plural, resource.group), namespace, name)?;
    let found = exchange.world.objects.get(Kind::Namespace, "", namespace);
    let found = found.ok_or_else(|| Failure::not_found(kinds::of(Kind::Namespace), namespace))?;
    if found.deletion_timestamp.is_none() {
        return Ok(());
    }
    let why = format!(
        "unable to create new content in namespace {namespace} because it is being terminated"
    );
    let cause = Cause {
        reason: "NamespaceTerminating",
        message: format!("namespace {namespace} is being terminated"),
        field: "metadata.namespace".to_owned(),
    };
    Err(Failure::not_admitted(resource, name, &why, vec![cause]))
}

/// The namespace that access is reviewed in. NamespaceLifecycle does not look at it;
/// NamespaceAutoProvision makes it, and NamespaceExists refuses one that is missing.
pub fn reviewed_namespace(
    exchange: &Exchange<'_>,
    named: (&str, &str),
    namespace: &str,
    name: &str,
) -> Result<(), Failure> {
    if namespace.is_empty() {
        return Ok(());
    }
    provision(exchange, named, namespace, name)?;
    let is_there = || exchange.world.objects.get(Kind::Namespace, "", namespace).is_some();
    if is_on(exchange.world, "NamespaceExists") && !is_there() {
        return Err(Failure::not_found(kinds::of(Kind::Namespace), namespace));
    }
    Ok(())
}

// NamespaceAutoProvision, which is before all others.
fn provision(
    exchange: &Exchange<'_>,
    (plural, group): (&str, &str),
    namespace: &str,
    name: &str,
) -> Result<(), Failure> {
    let world = exchange.world;
    let is_there = || world.objects.get(Kind::Namespace, "", namespace).is_some();
    let is_dry = exchange.query.get("dryRun") == "All";
    if !is_on(world, "NamespaceAutoProvision") || is_dry || is_there() {
        return Ok(());
    }
    let missing = json!({
        "kind": "Namespace",
        "apiVersion": "v1",
        "metadata": { "name": namespace },
    });
    match plant(world, kinds::of(Kind::Namespace), missing, SERVER) {
        // Another request may have made it in between.
        Err(failure) if !is_there() => {
            Err(Failure::not_admitted_as(plural, group, name, &failure.message))
        }
        _ => Ok(()),
    }
}
