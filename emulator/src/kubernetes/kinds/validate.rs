//! What an object has to have, and what it may look like.
//!
//! Source: kubernetes `pkg/apis/core/validation/validation.go`, apimachinery
//! `pkg/api/validation/objectmeta.go`; pods stand in a file of their own.

use {
    crate::{
        codec::json,
        kubernetes::{
            kinds::{self, node, pod},
            metadata, names, rbac,
            status::FieldError,
        },
        world::objects::Kind,
    },
    base64::{Engine, prelude::BASE64_STANDARD},
    serde_json::{Map, Value},
};

/// The annotation by which a token Secret names its service account.
pub const SERVICE_ACCOUNT_NAME: &str = "kubernetes.io/service-account.name";
/// The type of a token Secret.
pub const TOKEN_SECRET: &str = "kubernetes.io/service-account-token";

/// The keys that a Secret of a type has to have.
const SECRET_KEYS: [(&str, &[&str]); 5] = [
    ("kubernetes.io/dockercfg", &[".dockercfg"]),
    ("kubernetes.io/dockerconfigjson", &[".dockerconfigjson"]),
    ("kubernetes.io/ssh-auth", &["ssh-privatekey"]),
    ("kubernetes.io/tls", &["tls.crt", "tls.key"]),
    ("kubernetes.io/basic-auth", &["username", "password"]),
];

/// How many bytes all data of a Secret or ConfigMap together may have.
const DATA_LIMIT: usize = 1 << 20;

/// How many bytes all annotations together may have.
const ANNOTATIONS_LIMIT: usize = 256 << 10;

/// How many bytes of owners are shown in all: each that controls the object beside another shows
/// every one of them.
const OWNERS_SHOWN: usize = 4 << 20;

/// The finalizers that need no domain before them.
const FINALIZERS: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];

/// What is wrong with a new object.
pub fn check_new(kind: Kind, object: &Value) -> Vec<FieldError> {
    let mut errors = check(kind, object);
    if kind == Kind::Namespace {
        let field = "spec.finalizers";
        for finalizer in elements(&object["spec"]["finalizers"]) {
            let name = finalizer.as_str().unwrap_or("");
            errors.extend(invalid(field, name, names::qualified_faults(name)));
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            if !name.contains('/') && !FINALIZERS.contains(&name) {
                errors.push(FieldError::invalid(field, finalizer, detail));
            }
        }
    }
    errors
}

/// What is wrong with an object.
pub fn check(kind: Kind, object: &Value) -> Vec<FieldError> {
    let mut errors = check_metadata(kind, &object["metadata"]);
    errors.extend(match kind {
        Kind::Secret => secret(object),
        Kind::ConfigMap => config_map(object),
        Kind::Pod => pod::check(object),
        Kind::Node => node::check(object),
        Kind::Other(_) => Vec::new(),
        _ => rbac::validate::check(kind, object),
    });
    errors
}

/// A prefix whose dash at the end, which will be followed by something, is out of the way. The
/// letter before it is, too. Source: apimachinery `pkg/api/validation/generic.go`.
fn masked(prefix: &str) -> String {
    match prefix.strip_suffix('-').and_then(|start| start.char_indices().next_back()) {
        Some((last, _)) => format!("{}a", &prefix[..last]),
        None => prefix.to_owned(),
    }
}

/// What is wrong with what all kinds have in common.
pub fn check_metadata(kind: Kind, metadata: &Value) -> Vec<FieldError> {
    let text = |member: &str| metadata[member].as_str().unwrap_or("");
    let mut errors = Vec::new();
    let prefix = text("generateName");
    if !prefix.is_empty() {
        let faults = names::name_faults(kind, &masked(prefix));
        errors.extend(invalid("metadata.generateName", prefix, faults));
    }
    match text("name") {
        "" => {
            let detail = "name or generateName is required";
            errors.push(FieldError::required("metadata.name", detail));
        }
        name => errors.extend(invalid("metadata.name", name, names::name_faults(kind, name))),
    }
    if kinds::of(kind).namespaced && text("namespace").is_empty() {
        errors.push(FieldError::required("metadata.namespace", ""));
    }
    if metadata["generation"].as_i64().is_some_and(|generation| generation < 0) {
        let detail = "must be greater than or equal to 0";
        errors.push(FieldError::invalid("metadata.generation", &metadata["generation"], detail));
    }
    for (key, value) in members(&metadata["labels"]) {
        let value = value.as_str().unwrap_or("");
        errors.extend(invalid("metadata.labels", key, names::qualified_faults(key)));
        errors.extend(invalid("metadata.labels", value, names::label_value_faults(value)));
    }
    for (key, _) in members(&metadata["annotations"]) {
        let faults = names::qualified_faults(&key.to_lowercase());
        errors.extend(invalid("metadata.annotations", key, faults));
    }
    let size: usize = members(&metadata["annotations"])
        .map(|(key, value)| key.len() + value.as_str().unwrap_or("").len())
        .sum();
    if size > ANNOTATIONS_LIMIT {
        errors.push(FieldError::too_long("metadata.annotations", ANNOTATIONS_LIMIT));
    }
    errors.extend(owners(&metadata["ownerReferences"]));
    errors.extend(finalizers(&metadata["finalizers"]));
    errors
}

fn owners(owners: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut controller: Option<String> = None;
    let (mut shown, mut room) = (None, OWNERS_SHOWN);
    for (index, owner) in elements(owners).iter().enumerate() {
        let text = |member: &str| owner[member].as_str().unwrap_or("");
        let field = |member: &str| format!("metadata.ownerReferences[{index}].{member}");
        let version = text("apiVersion");
        for member in ["apiVersion", "kind", "name", "uid"] {
            if text(member).is_empty() {
                errors.push(FieldError::required(&field(member), "must not be empty"));
            } else if member == "apiVersion"
                && (version.matches('/').count() > 1 || version.ends_with('/'))
            {
                let detail = "must be <group>/<version> or <version>";
                errors.push(FieldError::invalid(&field(member), &owner[member], detail));
            }
        }
        if (version, text("kind")) == ("v1", "Event") {
            let field = format!("metadata.ownerReferences[{index}]");
            let detail = "/v1, Kind=Event is disallowed from being an owner";
            errors.push(FieldError::invalid(&field, owner, detail));
        }
        if owner["controller"] != true {
            continue;
        }
        let name = format!("{}/{}", text("kind"), text("name"));
        match &controller {
            None => controller = Some(name),
            Some(first) => {
                let shown = shown.get_or_insert_with(|| metadata::owners_to_json(owners));
                room = room.saturating_sub(shown.len());
                if room == 0 {
                    continue;
                }
                let detail = format!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {name}"
                );
                let text = format!("Invalid value: {shown}: {detail}");
                let field = "metadata.ownerReferences".to_owned();
                errors.push(FieldError { reason: "FieldValueInvalid", field, text });
            }
        }
    }
    errors
}

fn finalizers(finalizers: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let has = |name: &str| elements(finalizers).iter().any(|finalizer| finalizer == name);
    for finalizer in elements(finalizers) {
        let name = finalizer.as_str().unwrap_or("");
        errors.extend(invalid("metadata.finalizers", name, names::qualified_faults(name)));
    }
    if has("orphan") && has("foregroundDeletion") {
        let detail = "finalizer orphan and foregroundDeletion cannot be both set";
        errors.push(FieldError::invalid("metadata.finalizers", finalizers, detail));
    }
    for (index, finalizer) in elements(finalizers).iter().enumerate() {
        let name = finalizer.as_str().unwrap_or("");
        errors.extend(unqualified("metadata.finalizers", index, name));
    }
    errors
}

/// What is wrong with the finalizers in a field of their own.
pub fn finalizer_names(field: &str, finalizers: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (index, finalizer) in elements(finalizers).iter().enumerate() {
        let name = finalizer.as_str().unwrap_or("");
        let own = format!("{field}[{index}]");
        errors.extend(invalid(&own, name, names::qualified_faults(name)));
        errors.extend(unqualified(field, index, name));
    }
    errors
}

fn unqualified(field: &str, index: usize, name: &str) -> Option<FieldError> {
    if name.contains('/') || FINALIZERS.contains(&name) {
        return None;
    }
    let detail = "name is neither a standard finalizer name nor is it fully qualified";
    Some(FieldError::invalid(&format!("{field}[{index}]"), &name.into(), detail))
}

fn secret(object: &Value) -> Vec<FieldError> {
    let mut errors = data_keys("data", &object["data"]);
    if decoded_size(&object["data"]) > DATA_LIMIT {
        errors.push(FieldError::too_long("data", DATA_LIMIT));
    }
    let named = object["metadata"]["annotations"][SERVICE_ACCOUNT_NAME].as_str().unwrap_or("");
    if object["type"] == TOKEN_SECRET && named.is_empty() {
        let field = format!("metadata.annotations[{SERVICE_ACCOUNT_NAME}]");
        errors.push(FieldError::required(&field, ""));
    }
    let keys = SECRET_KEYS.iter().find(|(kind, _)| object["type"] == *kind);
    let keys = keys.map(|(_, keys)| *keys).unwrap_or_default();
    // A key of ssh has to hold something.
    let present = |key: &str| {
        let value = &object["data"][key];
        !value.is_null() && (key != "ssh-privatekey" || value != "")
    };
    let missing: Vec<_> = keys.iter().filter(|key| !present(key)).collect();
    // Of a name and a password, one will do.
    if object["type"] != "kubernetes.io/basic-auth" || missing.len() == keys.len() {
        let required = |key| FieldError::required(&format!("data[{key}]"), "");
        errors.extend(missing.into_iter().map(required));
    }
    for key in keys.iter().filter(|key| key.starts_with(".docker")) {
        let held = object["data"][*key].as_str().map(|text| BASE64_STANDARD.decode(text));
        if let Some(Err(why)) = held.and_then(Result::ok).map(|text| json::check(&text)) {
            let field = format!("data[{key}]");
            let shown = "<secret contents redacted>".into();
            errors.push(FieldError::invalid(&field, &shown, &why));
        }
    }
    errors
}

/// How many bytes base64 texts stand for.
fn decoded_size(data: &Value) -> usize {
    let size =
        |text: &str| text.len() / 4 * 3 - text.bytes().rev().take_while(|it| *it == b'=').count();
    members(data).map(|(_, value)| value.as_str().map_or(0, size)).sum()
}

fn config_map(object: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (key, _) in members(&object["data"]) {
        let field = format!("data[{key}]");
        errors.extend(invalid(&field, key, names::config_key_faults(key)));
        if object["binaryData"].get(key).is_some() {
            let detail = "duplicate of key present in binaryData";
            errors.push(FieldError::invalid(&field, &key.as_str().into(), detail));
        }
    }
    errors.extend(data_keys("binaryData", &object["binaryData"]));
    let texts: usize =
        members(&object["data"]).map(|(_, value)| value.as_str().unwrap_or("").len()).sum();
    if texts + decoded_size(&object["binaryData"]) > DATA_LIMIT {
        errors.push(FieldError::too_long("[]", DATA_LIMIT));
    }
    errors
}

fn data_keys(member: &str, data: &Value) -> Vec<FieldError> {
    let faults =
        |key: &str| invalid(&format!("{member}[{key}]"), key, names::config_key_faults(key));
    members(data).flat_map(|(key, _)| faults(key)).collect()
}

fn invalid(
    field: &str,
    value: &str,
    faults: impl IntoIterator<Item = impl AsRef<str>>,
) -> Vec<FieldError> {
    let value = Value::from(value);
    faults.into_iter().map(|fault| FieldError::invalid(field, &value, fault.as_ref())).collect()
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

/// The elements of a list; none of what is no list.
pub fn elements(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
