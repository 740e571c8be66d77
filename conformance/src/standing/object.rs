//! What holds for every object that is answered: it is the one that the path names, and has what
//! every object has.

use {
    super::clock,
    crate::{
        exchange::Exchange,
        expect::{Context, Mismatch, compare},
        level::Level,
    },
    serde_json::{Value, json},
};

/// The resources whose objects tokens depend on, with their kinds.
const KINDS: &[(&str, &str)] = &[
    ("namespaces", "Namespace"),
    ("serviceaccounts", "ServiceAccount"),
    ("secrets", "Secret"),
    ("configmaps", "ConfigMap"),
    ("pods", "Pod"),
    ("nodes", "Node"),
];

/// Members that are kept as they were sent.
const KEPT: &[&str] =
    &["kind", "data", "type", "secrets", "imagePullSecrets", "immutable", "rules", "subjects"];

/// Resources of which nothing is kept: an answer to a question.
const QUESTIONS: &[&str] = &["reviews", "bindings"];

/// Where an object is: its kind, if tokens depend on it, its apiVersion, its namespace, its name.
#[derive(Clone, Copy)]
struct Place<'a> {
    kind: Option<&'static str>,
    api_version: &'a str,
    namespace: Option<&'a str>,
    name: Option<&'a str>,
    /// The path of all that are there.
    collection: &'a str,
}

/// What is not as in every answer with an object, or with several.
pub(super) fn judge(exchange: &Exchange, body: &Value, context: Context<'_>) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let request = &exchange.request;
    let path = request.path.split('?').next().unwrap_or_default();
    let Some((place, resource)) = place(path) else { return found };
    let kind = body["kind"].as_str().unwrap_or_default();
    if let (true, Some(items)) = (kind.ends_with("List"), body["items"].as_array()) {
        let list = json!({
            "apiVersion": place.api_version, "metadata": {"resourceVersion": "~ ^\\d+$"},
        });
        // Who did not ask for a piece is given the whole.
        let rest = body["metadata"].get("continue").filter(|_| !request.path.contains("limit="));
        found.extend(rest.map(|it| Mismatch::must("body metadata continue", "<absent>", it)));
        compare("body", &list, Some(body), Level::Should, &mut found);
        for (index, item) in items.iter().enumerate() {
            let what = format!("body items {index}");
            let name = item["metadata"]["name"].as_str();
            let place = Place { name, kind: None, api_version: "<absent>", ..place };
            compare(&what, &object(&place, context), Some(item), Level::Should, &mut found);
            found.extend(deleted(item, context));
        }
    } else if kind == "Status" && request.method == "DELETE" {
        let known = known(&place, context).unwrap_or_default();
        let uid = if known["uid"].is_string() { known["uid"].clone() } else { "<uuid>".into() };
        let status = json!({
            "apiVersion": "v1", "metadata": {}, "status": "Success", "message": "<absent>",
            "details": {
                "kind": resource, "uid": uid, "name": place.name, "retryAfterSeconds": "<absent>",
            },
        });
        compare("body", &status, Some(body), Level::Should, &mut found);
    } else {
        let object = object(&place, context);
        compare("body", &object, Some(body), Level::Should, &mut found);
        if matches!(place.kind, Some("Namespace" | "Pod" | "Node")) {
            let whole = json!({"spec": {}, "status": {}});
            compare("body", &whole, Some(body), Level::Should, &mut found);
        }
        if matches!(request.method.as_str(), "POST" | "PUT") {
            compare("body", &kept(exchange), Some(body), Level::Should, &mut found);
        }
        if exchange.answer.status == 201 {
            let fresh = json!({"deletionTimestamp": "<absent>", "ownerReferences": "<absent>"});
            compare("body metadata", &fresh, body.get("metadata"), Level::Should, &mut found);
            let made = &body["metadata"]["creationTimestamp"];
            found.extend(clock::judge("body metadata creationTimestamp", made, context));
        }
        found.extend(deleted(body, context));
    }
    found
}

/// What is not as in every event of a watch.
pub(super) fn event(path: &str, event: &Value, context: Context<'_>) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let Some((place, _)) = place(path) else { return found };
    let expected = match event["type"].as_str() {
        Some("ADDED" | "MODIFIED" | "DELETED") => {
            let name = event["object"]["metadata"]["name"].as_str();
            object(&Place { name, ..place }, context)
        }
        Some("BOOKMARK") => json!({"metadata": {"resourceVersion": "~ ^\\d+$"}}),
        _ => "a type that events have".into(),
    };
    compare("event object", &expected, event.get("object"), Level::Should, &mut found);
    found
}

/// Whether a path is that of objects, which are answered and not merely counted.
pub(super) fn is_there(path: &str) -> bool {
    place(path).is_some_and(|(place, _)| place.kind.is_some())
}

/// What every object has.
fn object(place: &Place<'_>, context: Context<'_>) -> Value {
    let mut metadata = json!({
        "name": "<text>",
        "uid": "<uuid>",
        "resourceVersion": "~ ^\\d+$",
        "creationTimestamp": "<time>",
    });
    if let Some(name) = place.name {
        metadata["name"] = name.into();
        for (member, value) in known(place, context).iter().flat_map(|it| it.as_object()).flatten()
        {
            metadata[member] = value.clone();
        }
    }
    if let Some(namespace) = place.namespace {
        metadata["namespace"] = namespace.into();
    }
    let kind = match (place.kind, place.api_version) {
        (_, "<absent>") => "<absent>",
        (kind, _) => kind.unwrap_or("<text>"),
    };
    let mut object = json!({
        "kind": kind, "apiVersion": place.api_version, "metadata": metadata,
    });
    if let Some(spec) = spec(place, context) {
        object["spec"] = spec;
    }
    object
}

/// What is known of an object that the case was given.
fn known(place: &Place<'_>, context: Context<'_>) -> Option<Value> {
    let of = |member: &str| fact(place, context, member);
    Some(json!({"uid": of("uid")?, "creationTimestamp": of("made")?}))
}

/// What is known of a pod that the case was given: whose it is, which never changes, and its node,
/// which does not once it has one.
fn spec(place: &Place<'_>, context: Context<'_>) -> Option<Value> {
    let mut spec = json!({"serviceAccountName": fact(place, context, "account")?});
    if let Some(node) = fact(place, context, "node").filter(Value::is_string) {
        spec["nodeName"] = node;
    }
    Some(spec)
}

/// What the case calls by the name of an object and of one thing about it.
fn fact(place: &Place<'_>, context: Context<'_>, about: &str) -> Option<Value> {
    let path = format!("{}/{}", place.collection, place.name?);
    let own = context.vars.name_of(&path)?.strip_suffix(".path")?;
    context.vars.get(&format!("{own}.{about}")).cloned()
}

/// One that is on its way out says since when, and how long it may take. A pod may take a while.
fn deleted(body: &Value, context: Context<'_>) -> Vec<Mismatch> {
    let metadata = &body["metadata"];
    let Some(at) = metadata.get("deletionTimestamp") else { return Vec::new() };
    let mut found = Vec::new();
    let expected = json!({"deletionTimestamp": "<time>", "deletionGracePeriodSeconds": "<number>"});
    compare("body metadata", &expected, Some(metadata), Level::Should, &mut found);
    let grace = &metadata["deletionGracePeriodSeconds"];
    if body["kind"] != "Pod" {
        let what = "body metadata deletionGracePeriodSeconds";
        compare(what, &json!(0), Some(grace), Level::Should, &mut found);
    }
    let after = grace.as_i64().unwrap_or_default();
    found.extend(clock::judge_after("body metadata deletionTimestamp", at, after, context));
    found
}

/// What was sent and is kept, labels and the like among it.
fn kept(exchange: &Exchange) -> Value {
    let sent = exchange.request.value().unwrap_or_default();
    let is_empty = |it: &Value| it.is_null() || *it == json!([]) || *it == json!({});
    let there = KEPT.iter().filter(|it| sent.get(**it).is_some_and(|it| !is_empty(it)));
    let mut kept: Value = there.map(|it| ((*it).to_owned(), sent[*it].clone())).collect();
    for member in ["name", "labels", "annotations", "finalizers"] {
        if let Some(value) = sent["metadata"].get(member).filter(|it| !is_empty(it)) {
            kept["metadata"][member] = value.clone();
        }
    }
    // Tokens of a pod are issued to its account, and name its node.
    for member in ["nodeName", "serviceAccountName"] {
        if let Some(value) = sent["spec"].get(member).filter(|_| sent["kind"] == "Pod") {
            kept["spec"][member] = value.clone();
        }
    }
    kept
}

/// Where a path points, and at which resource.
fn place(path: &str) -> Option<(Place<'_>, &str)> {
    let path = path.trim_end_matches('/');
    let trimmed = path.trim_start_matches('/');
    let (api_version, rest) = match trimmed.strip_prefix("apis/") {
        Some(rest) => rest.match_indices('/').nth(1).map(|(at, _)| rest.split_at(at))?,
        None => trimmed.strip_prefix("api/").and_then(|it| it.split_once('/'))?,
    };
    let parts: Vec<&str> = rest.trim_matches('/').split('/').collect();
    let (namespace, resource, rest) = match parts[..] {
        ["namespaces", namespace, resource, ref rest @ ..] => (Some(namespace), resource, rest),
        [resource, ref rest @ ..] => (None, resource, rest),
        [] => return None,
    };
    let name = match rest {
        [] => None,
        [name] => Some(*name),
        _ => return None,
    };
    if resource.is_empty() || QUESTIONS.iter().any(|it| resource.ends_with(it)) {
        return None;
    }
    let kind = KINDS.iter().find(|(it, _)| *it == resource).map(|(_, kind)| *kind);
    let end = path.len() - name.map_or(0, |it| it.len() + 1);
    let collection = &path[..end];
    Some((Place { kind, api_version, namespace, name, collection }, resource))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vars::Vars;

    #[test]
    fn a_pod_that_was_given_keeps_its_account_and_its_node() {
        let mut vars = Vars::default();
        let path = "/api/v1/namespaces/ns/pods";
        vars.set("pod.path", format!("{path}/p"));
        vars.set("pod.account", "builder");
        vars.set("pod.node", "one");
        let about = |vars: &Vars, spec: Value| {
            let event =
                json!({"type": "ADDED", "object": {"metadata": {"name": "p"}, "spec": spec}});
            let found = event_of(path, &event, vars).into_iter();
            found.filter(|it| it.contains(" spec")).collect::<Vec<_>>()
        };
        let of =
            |account: &str, node: &str| json!({"serviceAccountName": account, "nodeName": node});
        assert_eq!(about(&vars, of("builder", "one")), [""; 0]);
        assert_eq!(about(&vars, of("other", "one")), ["event object spec serviceAccountName"]);
        assert_eq!(about(&vars, of("builder", "two")), ["event object spec nodeName"]);
        assert_eq!(about(&vars, Value::Null), ["event object spec"]);
        vars.set("pod.node", Value::Null);
        assert_eq!(about(&vars, of("builder", "two")), [""; 0]);
    }

    fn event_of(path: &str, value: &Value, vars: &Vars) -> Vec<String> {
        event(path, value, Context::of(vars)).into_iter().map(|it| it.what).collect()
    }

    #[test]
    fn an_object_is_found_by_its_path() {
        for (path, kind, namespace, name) in [
            ("/api/v1/namespaces/ns/secrets/s", "Secret", Some("ns"), Some("s")),
            ("/api/v1/namespaces/ns/pods", "Pod", Some("ns"), None),
            ("/api/v1/nodes/n", "Node", None, Some("n")),
            ("/api/v1/namespaces/ns", "Namespace", None, Some("ns")),
        ] {
            let (place, _) = place(path).unwrap();
            assert_eq!((place.kind, place.namespace, place.name), (Some(kind), namespace, name));
        }
        let (place, resource) = place("/apis/g/v1/namespaces/ns/things/t").unwrap();
        assert_eq!((place.api_version, resource, place.name), ("g/v1", "things", Some("t")));
        for path in ["/api/v1/namespaces/ns/serviceaccounts/sa/token", "/apis/g/v1", "/api/v1"] {
            assert!(super::place(path).is_none(), "{path}");
        }
    }
}
