//! What every cluster, every operation and every agent token of the Google API shows, wherever it stands: in an answer
//! of its own, in a list, or as what an operation came to.
//! Source: googleapis `google/longrunning/operations.proto` and
//! `google/cloud/gkemulticloud/v1/{attached,common}_resources.proto`.

use {
    crate::{
        exchange::Exchange,
        expect::{Mismatch, compare},
        google::asked::{self, Asked},
        level::Level,
    },
    serde_json::{Value, json},
};

/// Where the messages of the API have their types.
const TYPES: &str = "type.googleapis.com/google.cloud.gkemulticloud.v1.";

/// In seconds.
const HOUR: i64 = 3600;

/// A time, with as much of a second as there is.
const TIME: &str = "~ ^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$";

/// A version of what Google installs in a cluster.
const PLATFORM: &str = "~ ^\\d+\\.\\d+\\.\\d+-gke\\.\\d+$";

/// A list, and the kind of what it lists.
const LISTS: &[(&str, Kind)] =
    &[("operations", Kind::Operation), ("attachedClusters", Kind::Attached)];

/// A kind of resource that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Operation,
    Attached,
}

/// Everything that is not as it is for all.
pub(super) fn judge(exchange: &Exchange, body: &Value, found: &mut Vec<Mismatch>) {
    // Of what cannot be read, that is all there is to say.
    let request = &exchange.request;
    let other_form = asked::is_partial(request) || asked::wants_numbers(request);
    if body.get("unreadable").is_some() || other_form {
        return;
    }
    let path = exchange.request.path.split('?').next().unwrap_or_default();
    if path.ends_with("AttachedClusterAgentToken") {
        agent_token(body, found);
    }
    for (list, kind) in LISTS {
        let listed = body.get(list).and_then(Value::as_array).into_iter().flatten();
        for (index, it) in listed.enumerate() {
            resource((*kind, false), &format!("body {list} {index}"), it, found);
        }
    }
    versions(body, found);
    if let Some(text) = body.get("manifest") {
        manifest(text, found);
    }
    let polled = exchange.request.method == "GET" && path.contains("/operations/");
    let polled = polled || path.ends_with("/GetOperation");
    let kind = body["name"].as_str().and_then(kind_of);
    if let Some(kind) = kind.or(polled.then_some(Kind::Operation)) {
        let asked = Asked::of(&exchange.request);
        let unmade = asked.is_some_and(|it| it.message["validateOnly"] == true);
        resource((kind, unmade), "body", body, found);
    }
}

/// Versions, each of them once, of which some can be used.
fn versions(body: &Value, found: &mut Vec<Mismatch>) {
    let Some(listed) = body["validVersions"].as_array() else { return };
    if !listed.iter().any(|it| it["enabled"] == true) {
        let (what, expected) = ("body validVersions", "one that is enabled");
        found.push(Mismatch::new(Level::Should, what, expected, &body["validVersions"]));
    }
    for (index, it) in listed.iter().enumerate() {
        let what = format!("body validVersions {index}");
        compare(&what, &json!({"version": PLATFORM}), Some(it), Level::Should, found);
        if listed[..index].iter().any(|other| other["version"] == it["version"]) {
            found.push(Mismatch::new(Level::Should, what, "another version", &it["version"]));
        }
    }
}

/// What kubectl can apply.
fn manifest(text: &Value, found: &mut Vec<Mismatch>) {
    let documents = text.as_str().unwrap_or_default().split("\n---");
    let documents =
        documents.map(|it| it.trim_start_matches("---")).filter(|it| !it.trim().is_empty());
    let object = json!({"apiVersion": "<text>", "kind": "<text>"});
    for (index, document) in documents.enumerate() {
        let read = serde_saphyr::from_str::<Value>(document).ok();
        let what = format!("body manifest {index}");
        compare(&what, &object, read.as_ref(), Level::Should, found);
    }
}

/// A bearer for an hour at most.
fn agent_token(body: &Value, found: &mut Vec<Mismatch>) {
    let token = json!({"access_token": "<text>", "expires_in": "<number>", "token_type": "Bearer"});
    compare("body", &token, Some(body), Level::Must, found);
    for (name, value) in body.as_object().into_iter().flatten() {
        if token.get(name).is_none() {
            found.push(Mismatch::must(format!("body {name}"), "nothing else", value));
        }
    }
    let lifetime = body["expires_in"].as_i64();
    if lifetime.is_some_and(|it| !(1..=HOUR).contains(&it)) {
        let what = "body expires_in";
        found.push(Mismatch::must(what, "an hour at most", &body["expires_in"]));
    }
}

/// The kind of a resource by its name.
fn kind_of(name: &str) -> Option<Kind> {
    let collection = name.rsplit('/').nth(1)?;
    LISTS.iter().find(|(list, _)| *list == collection).map(|(_, kind)| *kind)
}

/// A resource of a kind, which a request that is only validated has not made.
fn resource((kind, unmade): (Kind, bool), what: &str, value: &Value, found: &mut Vec<Mismatch>) {
    let mut expected = match kind {
        Kind::Operation => operation(value),
        Kind::Attached => attached(value),
    };
    // What would be made up for it can be left out. Source: google.aip.dev/163.
    if let Some(members) = expected.as_object_mut().filter(|_| unmade) {
        members.retain(|name, _| value.get(name).is_some() || !["uid", "etag"].contains(&&**name));
    }
    compare(what, &expected, Some(value), Level::Should, found);
    let response = &value["response"];
    if kind == Kind::Operation && response.is_object() {
        came_to(&format!("{what} response"), response, unmade, found);
        let target = value["metadata"]["target"].as_str().and_then(local);
        let named = response["name"].as_str().and_then(local);
        if named.is_some_and(|it| Some(it) != target) {
            let what = format!("{what} response name");
            found.push(Mismatch::new(Level::Should, what, "the target", &response["name"]));
        }
    }
}

/// A name without its project, which has an id and a number.
fn local(name: &str) -> Option<&str> {
    name.split_once("/locations/").map(|(_, rest)| rest)
}

/// One that is done says when it ended and what it came to; one that is not says neither.
fn operation(value: &Value) -> Value {
    let done = value.get("done").is_some();
    let only_then = |it: &str| Value::from(if done { it } else { "<absent>" });
    let failed = value.get("error").is_some();
    // A project has operations of node pools until March 2027: some are a reimage or a rollback.
    json!({
        "name": "~ ^projects/[^/]+/locations/[^/]+/operations/[A-Za-z0-9_-]+$",
        "metadata": {
            "@type": format!("{TYPES}OperationMetadata"),
            "createTime": TIME,
            "endTime": only_then(TIME),
            "target": "~ ^projects/[^/]+/locations/[^/]+/",
            "verb": "~ ^(create|update|delete|import|validate|reimage|rollback)$",
        },
        "done": if done { Value::from(true) } else { "<absent>".into() },
        "response": if done && !failed { json!({"@type": "<text>"}) } else { "<absent>".into() },
    })
}

fn came_to(what: &str, response: &Value, unmade: bool, found: &mut Vec<Mismatch>) {
    let kind = response["name"].as_str().and_then(kind_of);
    let typed = match kind {
        Some(Kind::Attached) => format!("{TYPES}AttachedCluster"),
        Some(Kind::Operation) | None => "type.googleapis.com/google.protobuf.Empty".to_owned(),
    };
    let typed = json!({"@type": typed});
    compare(what, &typed, Some(response), Level::Should, found);
    if let Some(kind) = kind {
        resource((kind, unmade), what, response, found);
    }
}

/// What the server fills in: its identity, versions, the fleet, and what is on unless it was asked for
/// otherwise.
fn attached(value: &Value) -> Value {
    let id = value["name"].as_str().and_then(|it| it.rsplit('/').next()).unwrap_or_default();
    let mut expected = json!({
        "name": "~ ^projects/[^/]+/locations/[^/]+/attachedClusters/[^/]+$",
        "state": "~ ^(PROVISIONING|RUNNING|RECONCILING|STOPPING|ERROR|DEGRADED)$",
        "uid": "<uuid>",
        "createTime": TIME,
        "updateTime": TIME,
        "etag": "<text>",
        "oidcConfig": {"issuerUrl": "~ ^https://"},
        "platformVersion": PLATFORM,
        "kubernetesVersion": "~ ^v?\\d+\\.\\d+(\\.\\d+)?([-+][0-9A-Za-z.+-]+)?$",
        "distribution": "~ ^(eks|aks|generic)$",
        "fleet": {
            "project": "~ ^projects/\\d+$",
            "membership": format!("~ ^projects/\\d+/locations/global/memberships/{id}$"),
        },
        "monitoringConfig": {"managedPrometheusConfig": {}},
        "binaryAuthorization": {
            "evaluationMode": "~ ^(DISABLED|PROJECT_SINGLETON_POLICY_ENFORCE)$",
        },
    });
    // Keys may be left out, and have their form where they are not.
    if value["oidcConfig"].get("jwks").is_some() {
        expected["oidcConfig"]["jwks"] = "~ ^[A-Za-z0-9+/=_-]+$".into();
    }
    expected
}
