//! The cells of a row, kind by kind.
//!
//! Source: kubernetes `pkg/printers/internalversion/printers.go`; pods and nodes as far as tokens
//! need them.

use {
    super::{COLUMNS, age, name},
    crate::{
        kubernetes::{
            kinds::{self, Resource},
            metadata,
        },
        world::objects::Kind,
    },
    jiff::Timestamp,
    serde_json::{Value, json},
};

/// The cells of an object.
pub(super) fn of(kind: Kind, object: &Value, now: Timestamp) -> Value {
    let age = || age::since(metadata::text(object, "creationTimestamp"), now);
    match kind {
        Kind::Namespace => json!([name(object), text(&object["status"]["phase"]), age()]),
        Kind::ServiceAccount => json!([name(object), age()]),
        Kind::Secret => {
            json!([name(object), text(&object["type"]), length(&object["data"]), age()])
        }
        Kind::ConfigMap => {
            let entries = length(&object["data"]) + length(&object["binaryData"]);
            json!([name(object), entries, age()])
        }
        Kind::Role | Kind::ClusterRole => {
            let created = match metadata::text(object, "creationTimestamp") {
                "" => "0001-01-01T00:00:00Z",
                created => created,
            };
            json!([name(object), created])
        }
        Kind::RoleBinding | Kind::ClusterRoleBinding => binding(object, &age()),
        Kind::Pod => pod(object, &age()),
        Kind::Node => node(object, &age()),
        Kind::Other(_) => other(kinds::of(kind), object, &age()),
        // Of these there is but what is made up for who asks.
        Kind::Vacant => component(object),
    }
}

fn component(object: &Value) -> Value {
    let healthy = &object["conditions"][0];
    let status = if healthy["status"] == "True" { "Healthy" } else { "Unhealthy" };
    json!([name(object), status, healthy["message"], ""])
}

// Of what nothing is known, names and ages are told.
fn other(resource: &Resource, object: &Value, age: &str) -> Value {
    let columns = COLUMNS[resource.plural].as_array().map(Vec::as_slice).unwrap_or_default();
    let cell = |column: &Value| match column["name"].as_str().unwrap_or("") {
        "Name" => name(object),
        "Age" => age.into(),
        "Holder" => text(&object["spec"]["holderIdentity"]).into(),
        _ if column["type"] == "string" => "<none>".into(),
        _ => 0.into(),
    };
    columns.iter().map(cell).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

fn length(value: &Value) -> usize {
    value.as_object().map_or(0, serde_json::Map::len)
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "<none>" } else { text }
}

fn elements(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn binding(object: &Value, age: &str) -> Value {
    let role = &object["roleRef"];
    let role = format!("{}/{}", text(&role["kind"]), text(&role["name"]));
    let subjects = |kind: &str| {
        let named = elements(&object["subjects"]).iter().filter(|subject| subject["kind"] == kind);
        let names = named.map(|subject| match kind {
            "ServiceAccount" => {
                format!("{}/{}", text(&subject["namespace"]), text(&subject["name"]))
            }
            _ => text(&subject["name"]).to_owned(),
        });
        names.collect::<Vec<_>>().join(", ")
    };
    json!([
        name(object),
        role,
        age,
        subjects("User"),
        subjects("Group"),
        subjects("ServiceAccount"),
    ])
}

fn pod(object: &Value, age: &str) -> Value {
    let (spec, status) = (&object["spec"], &object["status"]);
    let statuses = elements(&status["containerStatuses"]);
    let ready = statuses.iter().filter(|status| status["ready"] == true).count();
    let restarts: i64 = statuses.iter().filter_map(|status| status["restartCount"].as_i64()).sum();
    let containers = elements(&spec["containers"]).len();
    json!([
        name(object),
        format!("{ready}/{containers}"),
        pod_status(object, statuses),
        restarts.to_string(),
        age,
        or_none(text(&status["podIP"])),
        or_none(text(&spec["nodeName"])),
        or_none(text(&status["nominatedNodeName"])),
        readiness_gates(object),
    ])
}

fn pod_status(object: &Value, statuses: &[Value]) -> String {
    let phase = text(&object["status"]["phase"]);
    let mut reason = match text(&object["status"]["reason"]) {
        "" => phase,
        reason => reason,
    };
    for status in statuses.iter().rev() {
        for state in ["waiting", "terminated"] {
            match text(&status["state"][state]["reason"]) {
                "" => {}
                found => reason = found,
            }
        }
    }
    let over = matches!(phase, "Succeeded" | "Failed");
    if !object["metadata"]["deletionTimestamp"].is_null() && !over {
        reason = if reason == "NodeLost" { "Unknown" } else { "Terminating" };
    }
    reason.to_owned()
}

fn readiness_gates(object: &Value) -> String {
    let gates = elements(&object["spec"]["readinessGates"]);
    if gates.is_empty() {
        return "<none>".to_owned();
    }
    let conditions = elements(&object["status"]["conditions"]);
    let open = |gate: &&Value| {
        let kind = &gate["conditionType"];
        conditions.iter().any(|it| it["type"] == *kind && it["status"] == "True")
    };
    format!("{}/{}", gates.iter().filter(open).count(), gates.len())
}

fn node(object: &Value, age: &str) -> Value {
    let status = &object["status"];
    let info = |member: &str| match text(&status["nodeInfo"][member]) {
        "" => "<unknown>",
        found => found,
    };
    let address = |kind: &str| {
        let mut found = elements(&status["addresses"]).iter().filter(|it| it["type"] == kind);
        or_none(found.next().map_or("", |it| text(&it["address"])))
    };
    json!([
        name(object),
        node_status(object),
        node_roles(object),
        age,
        text(&status["nodeInfo"]["kubeletVersion"]),
        address("InternalIP"),
        address("ExternalIP"),
        info("osImage"),
        info("kernelVersion"),
        info("containerRuntimeVersion"),
    ])
}

fn node_status(object: &Value) -> String {
    let conditions = elements(&object["status"]["conditions"]);
    let ready = conditions.iter().find(|condition| condition["type"] == "Ready");
    let status = match ready.map(|condition| text(&condition["status"])) {
        None => "Unknown",
        Some("True") => "Ready",
        Some(_) => "NotReady",
    };
    let held = object["spec"]["unschedulable"] == true;
    format!("{status}{}", if held { ",SchedulingDisabled" } else { "" })
}

fn node_roles(object: &Value) -> String {
    let labels = object["metadata"]["labels"].as_object();
    let mut roles: Vec<_> = labels
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| match name.strip_prefix("node-role.kubernetes.io/") {
            Some(role) => Some(role),
            None if name == "kubernetes.io/role" => value.as_str(),
            None => None,
        })
        .filter(|role| !role.is_empty())
        .collect();
    roles.sort_unstable();
    roles.dedup();
    or_none(&roles.join(",")).to_owned()
}
