//! Reading and writing an object's metadata.

use {
    crate::{
        codec::{distinct::Distinct, json, schema::Schema},
        kubernetes::{exchange::Exchange, status::Failure},
    },
    serde_json::{Map, Value},
};

/// A member of the metadata as text; empty when it is absent.
pub fn text<'a>(object: &'a Value, member: &str) -> &'a str {
    object["metadata"][member].as_str().unwrap_or("")
}

/// What admission calls an object that may have no name yet.
/// Source: kubernetes `staging/src/k8s.io/apiserver/pkg/admission/errors.go`.
pub fn shown_name(object: &Value) -> &str {
    match (text(object, "name"), text(object, "generateName")) {
        ("", "") => "Unknown",
        ("", prefix) => prefix,
        (name, _) => name,
    }
}

/// Whether finalizers in the metadata hold an object.
pub fn has_finalizers(document: &Value) -> bool {
    document["metadata"]["finalizers"].as_array().is_some_and(|finalizers| !finalizers.is_empty())
}

/// A member that is an object, made when it is absent.
pub fn object_at<'a>(value: &'a mut Value, member: &str) -> &'a mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    let Value::Object(object) = value else { unreachable!("it has just been made one") };
    let member = object.entry(member).or_insert_with(|| Value::Object(Map::new()));
    if !member.is_object() {
        *member = Value::Object(Map::new());
    }
    member.as_object_mut().expect("it has just been made an object")
}

/// Takes away what only the server may say of an object.
pub fn wipe(object: &mut Value) {
    const OF_THE_SERVER: [&str; 5] =
        ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"];
    let metadata = object_at(object, "metadata");
    for member in OF_THE_SERVER {
        metadata.remove(member);
    }
}

/// Puts back what no update changes.
pub fn keep(old: &Value, object: &mut Value) {
    let old = &old["metadata"];
    let metadata = object_at(object, "metadata");
    metadata.remove("selfLink");
    for member in ["generation", "creationTimestamp"] {
        match &old[member] {
            Value::Null => metadata.remove(member),
            value => metadata.insert(member.to_owned(), value.clone()),
        };
    }
    if !old["deletionTimestamp"].is_null() {
        metadata.insert("deletionTimestamp".to_owned(), old["deletionTimestamp"].clone());
    }
    for member in ["uid", "deletionGracePeriodSeconds"] {
        let given = metadata.get(member).is_some_and(|value| !value.is_null() && value != "");
        if !given && !old[member].is_null() {
            metadata.insert(member.to_owned(), old[member].clone());
        }
    }
    metadata.insert("resourceVersion".to_owned(), old["resourceVersion"].clone());
}

/// Sets the object's managed fields, or takes them away.
pub fn set_managed_fields(object: &mut Value, managed: Option<Value>) {
    let metadata = object_at(object, "metadata");
    match managed {
        Some(managed) => metadata.insert("managedFields".to_owned(), managed),
        None => metadata.remove("managedFields"),
    };
}

/// The metadata of an object, as Go writes it when it shows a value.
pub fn to_json(object: &Value) -> String {
    let structure = Schema::get().root("meta.k8s.io/v1", "PartialObjectMetadata");
    let structure = structure.expect("the schema has the metadata of any object");
    let partial = serde_json::json!({ "metadata": object["metadata"] });
    let text = String::from_utf8_lossy(&json::encode(structure, &partial, false)).into_owned();
    let start = text.find("\"metadata\":").map_or(0, |at| at + "\"metadata\":".len());
    let text = text.trim_end();
    text[start..text.len() - 1].to_owned()
}

/// The owners of an object, as Go writes them when it shows a value.
pub fn owners_to_json(owners: &Value) -> String {
    let text = to_json(&serde_json::json!({ "metadata": { "ownerReferences": owners } }));
    let start = text.find('[').unwrap_or(0);
    let end = text.rfind(']').map_or(text.len(), |at| at + 1);
    text.get(start..end).unwrap_or("").to_owned()
}

/// Takes away owners that are named twice, and warns of them.
/// Source: kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/handlers/rest.go`.
pub fn dedup_owners(exchange: &Exchange<'_>, object: &mut Value) {
    let Some(owners) = object["metadata"]["ownerReferences"].as_array_mut() else { return };
    let (mut kept, mut duplicates) = (Distinct::default(), Vec::new());
    for owner in owners.drain(..) {
        let uid = owner["uid"].as_str().unwrap_or("").to_owned();
        if !kept.push(owner) {
            duplicates.push(uid);
        }
    }
    *owners = kept.into_vec();
    if !duplicates.is_empty() {
        let duplicates = duplicates.join(", ");
        exchange.warn(format!(
            ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {duplicates}"
        ));
    }
}

/// Sets the object's namespace to that of the request, or refuses one that differs. At the
/// cluster's scope whatever the object says is dropped.
pub fn match_namespace(object: &mut Value, namespace: &str) -> Result<(), Failure> {
    let sent = text(object, "namespace");
    if !namespace.is_empty() && !sent.is_empty() && sent != namespace {
        let message =
            "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Failure::bad_request(message));
    }
    let metadata = object_at(object, "metadata");
    if namespace.is_empty() {
        metadata.remove("namespace");
    } else {
        metadata.insert("namespace".to_owned(), namespace.into());
    }
    Ok(())
}
