//! The defaults that decoding fills in, kind by kind.
//!
//! Source: kubernetes `pkg/apis/core/v1/defaults.go`, `conversion.go`.

use {
    crate::{
        codec::quantity::in_thousandths,
        kubernetes::{kinds::pod, metadata::object_at},
        world::objects::Kind,
    },
    base64::{Engine, prelude::BASE64_STANDARD},
    serde_json::{Map, Value, json},
};

/// Fills in what the kind defaults.
pub fn apply(kind: Kind, object: &mut Value) {
    match kind {
        Kind::Namespace => namespace(object),
        Kind::Secret => secret(object),
        Kind::Pod => {
            pod(object);
            pod::default_addresses(object);
        }
        Kind::Node => node(object),
        Kind::RoleBinding | Kind::ClusterRoleBinding => binding(object),
        _ => {}
    }
}

// Source: kubernetes `pkg/apis/rbac/v1/defaults.go`.
fn binding(object: &mut Value) {
    let rbac = "rbac.authorization.k8s.io";
    set(object_at(object, "roleRef"), "apiGroup", rbac.into());
    let subjects = object.get_mut("subjects").and_then(Value::as_array_mut);
    for subject in subjects.into_iter().flatten().filter_map(Value::as_object_mut) {
        if matches!(subject.get("kind").and_then(Value::as_str), Some("User" | "Group")) {
            set(subject, "apiGroup", rbac.into());
        }
    }
}

fn namespace(object: &mut Value) {
    set(object_at(object, "status"), "phase", "Active".into());
    let metadata = object_at(object, "metadata");
    let Some(name) = metadata.get("name").cloned().filter(|name| name.as_str() != Some("")) else {
        return;
    };
    let labels = metadata.entry("labels").or_insert_with(|| Value::Object(Map::new()));
    if let Some(labels) = labels.as_object_mut() {
        labels.insert("kubernetes.io/metadata.name".to_owned(), name);
    }
}

fn secret(object: &mut Value) {
    let Some(members) = object.as_object_mut() else { return };
    if members.get("type").and_then(Value::as_str).unwrap_or("").is_empty() {
        members.insert("type".to_owned(), "Opaque".into());
    }
    // stringData is for writing only: it goes into data.
    let texts = members.remove("stringData");
    if let Some(Value::Object(texts)) =
        texts.filter(|it| it.as_object().is_some_and(|it| !it.is_empty()))
    {
        let data = object_at(object, "data");
        for (key, text) in texts {
            let text = text.as_str().unwrap_or("");
            data.insert(key, BASE64_STANDARD.encode(text).into());
        }
    }
}

// The old name of the field is the first of the new one's.
fn node(object: &mut Value) {
    let cidr = object["spec"]["podCIDR"].as_str().unwrap_or("").to_owned();
    if !cidr.is_empty() && object["spec"]["podCIDRs"][0] != *cidr {
        object["spec"]["podCIDRs"] = json!([cidr]);
    } else if let Some(first) = object["spec"]["podCIDRs"].get(0).cloned() {
        object["spec"]["podCIDR"] = first;
    }
    if let Some(status) = object.get_mut("status").and_then(Value::as_object_mut) {
        round(status, &["capacity", "allocatable"]);
    }
    if object["status"]["allocatable"].is_null() && object["status"]["capacity"].is_object() {
        object["status"]["allocatable"] = object["status"]["capacity"].clone();
    }
}

fn pod(object: &mut Value) {
    let spec = object_at(object, "spec");
    for (member, value) in [
        ("dnsPolicy", json!("ClusterFirst")),
        ("enableServiceLinks", json!(true)),
        ("restartPolicy", json!("Always")),
        ("schedulerName", json!("default-scheduler")),
        ("securityContext", json!({})),
        ("terminationGracePeriodSeconds", json!(30)),
    ] {
        set(spec, member, value);
    }
    service_account(spec);
    for list in ["containers", "initContainers"] {
        for item in items(spec, list) {
            container(item);
        }
    }
    for item in items(spec, "volumes") {
        volume(item);
    }
}

// The old name of the field and the new one say the same.
fn service_account(spec: &mut Map<String, Value>) {
    let text = |member: &str| spec.get(member).and_then(Value::as_str).unwrap_or("").to_owned();
    let (name, deprecated) = (text("serviceAccountName"), text("serviceAccount"));
    let name = if name.is_empty() { deprecated } else { name };
    if !name.is_empty() {
        spec.insert("serviceAccountName".to_owned(), name.as_str().into());
        spec.insert("serviceAccount".to_owned(), name.into());
    }
}

fn container(container: &mut Map<String, Value>) {
    let image = container.get("image").and_then(Value::as_str).unwrap_or("");
    let policy = if is_latest(image) { "Always" } else { "IfNotPresent" };
    set(container, "imagePullPolicy", policy.into());
    set(container, "resources", json!({}));
    set(container, "terminationMessagePath", "/dev/termination-log".into());
    set(container, "terminationMessagePolicy", "File".into());
    for port in items(container, "ports") {
        set(port, "protocol", "TCP".into());
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = container.get_mut(probe) {
            pod::default_probe(probe);
        }
    }
    for variable in items(container, "env") {
        let from = variable.get_mut("valueFrom").and_then(|from| from.get_mut("fieldRef"));
        if let Some(from) = from.and_then(Value::as_object_mut) {
            set(from, "apiVersion", "v1".into());
        }
    }
    if let Some(given) = container.get_mut("resources").and_then(Value::as_object_mut) {
        round(given, &["limits", "requests"]);
    }
    request_limits(container);
}

// Nobody measures less than a thousandth.
fn round(owner: &mut Map<String, Value>, lists: &[&str]) {
    for list in lists {
        let list = owner.get_mut(*list).and_then(Value::as_object_mut);
        for (_, quantity) in list.into_iter().flatten() {
            if let Some(text) = quantity.as_str() {
                *quantity = in_thousandths(text).into();
            }
        }
    }
}

// What is limited is asked for, unless less is.
fn request_limits(container: &mut Map<String, Value>) {
    let Some(resources) = container.get_mut("resources") else { return };
    let Some(limits) = resources["limits"].as_object().cloned() else { return };
    let requests = object_at(resources, "requests");
    for (name, limit) in limits {
        requests.entry(name).or_insert(limit);
    }
}

fn volume(volume: &mut Map<String, Value>) {
    // What has no source is empty.
    if volume.iter().all(|(member, value)| member == "name" || value.is_null()) {
        volume.insert("emptyDir".to_owned(), json!({}));
    }
    for source in ["configMap", "secret", "projected", "downwardAPI"] {
        if let Some(source) = volume.get_mut(source).and_then(Value::as_object_mut) {
            set(source, "defaultMode", 420.into());
        }
    }
    let projected = volume.get_mut("projected").and_then(Value::as_object_mut);
    for source in projected.map(|projected| items(projected, "sources")).into_iter().flatten() {
        if let Some(token) = source.get_mut("serviceAccountToken").and_then(Value::as_object_mut) {
            set(token, "expirationSeconds", 3600.into());
        }
    }
}

fn is_latest(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or(image);
    if last.contains('@') {
        return false;
    }
    last.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

fn set(object: &mut Map<String, Value>, member: &str, value: Value) {
    let absent = |value: &Value| value.is_null() || value.as_str() == Some("");
    if object.get(member).is_none_or(absent) {
        object.insert(member.to_owned(), value);
    }
}

fn items<'a>(
    object: &'a mut Map<String, Value>,
    member: &str,
) -> impl Iterator<Item = &'a mut Map<String, Value>> + use<'a> {
    let list = object.get_mut(member).and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(Value::as_object_mut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_without_a_tag_are_pulled_always() {
        for (image, latest) in [
            ("i", true),
            ("r:5000/i", true),
            ("i:latest", true),
            ("i:1", false),
            ("i@sha256:0", false),
        ] {
            assert_eq!(is_latest(image), latest, "{image}");
        }
    }

    #[test]
    fn texts_of_a_secret_become_data() {
        let mut object = json!({"stringData": {"a": "b"}});
        secret(&mut object);
        assert_eq!(object, json!({"data": {"a": "Yg=="}, "type": "Opaque"}));
    }
}
