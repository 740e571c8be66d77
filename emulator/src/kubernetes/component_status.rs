//! `componentstatuses`: how the parts of the control plane are, made up whenever somebody asks.
//!
//! Source: kubernetes `pkg/registry/core/componentstatus/rest.go`.

use {
    crate::{
        codec::negotiate::{Output, Transform},
        kubernetes::{
            body,
            exchange::{Exchange, Outcome, Reply},
            kinds::Resource,
            objects::{self, list_options},
            status::Failure,
            table,
        },
        world::objects::Kind,
    },
    serde_json::{Value, json},
};

/// Nothing of it is kept.
static RESOURCE: Resource = Resource {
    kind: Kind::Vacant,
    group: "",
    api_version: "v1",
    plural: "componentstatuses",
    name: "ComponentStatus",
    namespaced: false,
    has_status: false,
};

/// The parts, with the ports of those that have to be asked.
const COMPONENTS: [(&str, Option<u16>); 3] =
    [("scheduler", Some(10_259)), ("controller-manager", Some(10_257)), ("etcd-0", None)];

/// Answers with one part, or with all that the selectors leave.
pub fn get(exchange: &Exchange<'_>, name: Option<&str>) -> Outcome {
    exchange.warn("v1 ComponentStatus is deprecated in v1.19+");
    match name {
        Some(name) => one(exchange, name),
        None => all(exchange),
    }
}

fn one(exchange: &Exchange<'_>, name: &str) -> Outcome {
    let output = body::accept_object(exchange)?;
    let found = statuses(exchange).find(|status| status["metadata"]["name"] == name);
    let status = found.ok_or_else(|| Failure::not_found_as("componentstatus", "", name))?;
    match output.transform {
        Some(Transform::Table(api_version)) => tabled(exchange, api_version, &[status], output),
        _ => Ok(Reply::Object { status: 200, object: status, output }),
    }
}

fn all(exchange: &Exchange<'_>) -> Outcome {
    if exchange.attributes.verb == "watch" {
        return Err(Failure::not_watched(RESOURCE.plural));
    }
    let output = body::accept_object(exchange)?;
    let selector = list_options::read(exchange, None)?.selector;
    let meant = |status: &Value| {
        selector.matches(&objects::from_document(RESOURCE.kind, status.clone(), 0))
    };
    let statuses: Vec<_> = statuses(exchange).filter(meant).collect();
    match output.transform {
        Some(Transform::Table(api_version)) => {
            return tabled(exchange, api_version, &statuses, output);
        }
        Some(Transform::PartialObjectMetadata(_)) => return Err(Failure::is_a_list(&RESOURCE)),
        _ => {}
    }
    let object = json!({
        "kind": "ComponentStatusList",
        "apiVersion": "v1",
        "metadata": {},
        "items": statuses.into_iter().map(objects::unnamed).collect::<Vec<_>>(),
    });
    Ok(Reply::Object { status: 200, object, output })
}

fn tabled(
    exchange: &Exchange<'_>,
    api_version: &'static str,
    statuses: &[Value],
    output: Output,
) -> Outcome {
    let include = table::include(exchange)?;
    let view = table::View { api_version, include, now: exchange.world.clock.now() };
    let object = view.table_of(&RESOURCE, &json!({}), statuses, true);
    let output = Output { transform: None, ..output };
    Ok(Reply::Object { status: 200, object, output })
}

// Beside a bare kube-apiserver nobody answers.
fn statuses(exchange: &Exchange<'_>) -> impl Iterator<Item = Value> {
    let played = exchange.world.settings.controllers;
    COMPONENTS.into_iter().map(move |(name, port)| {
        let (status, message) = match port.filter(|_| !played) {
            None => ("True", "ok".to_owned()),
            Some(port) => ("False", refused(port)),
        };
        json!({
            "kind": "ComponentStatus",
            "apiVersion": "v1",
            "metadata": { "name": name },
            "conditions": [{ "type": "Healthy", "status": status, "message": message }],
        })
    })
}

fn refused(port: u16) -> String {
    let address = format!("127.0.0.1:{port}");
    format!("Get \"https://{address}/healthz\": dial tcp {address}: connect: connection refused")
}
