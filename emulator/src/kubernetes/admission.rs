//! What admission does to a request before it is stored.
//!
//! Source: kubernetes `plugin/pkg/admission`, the plugins that are on by default.

use crate::{
    kubernetes::{
        exchange::Exchange,
        kinds::{self, Resource},
        names,
        status::{Cause, Failure},
    },
    world::objects::Kind,
};

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
