//! What an update may not change: what is put back silently, and what is refused.
//!
//! Source: kubernetes `pkg/registry/{core,rbac}/*/strategy.go`, `pkg/apis/core/validation`,
//! apimachinery `pkg/api/validation/objectmeta.go`; pods as far as tokens need them.

use {
    crate::{
        codec::{distinct::Distinct, json, schema::Schema},
        kubernetes::{
            kinds::{self, node, pod_update, prepare, validate},
            metadata::object_at,
            objects::write::Part,
            status::FieldError,
        },
        world::objects::Kind,
    },
    serde_json::{Value, json},
    std::collections::HashSet,
};

const IMMUTABLE: &str = "field is immutable";
const SEALED: &str = "field is immutable when `immutable` is set";

/// Puts back what this part of an object has no say in.
pub fn keep(kind: Kind, part: Part, old: &Value, new: &mut Value) {
    match (kind, part) {
        (Kind::Namespace | Kind::Pod | Kind::Node, Part::Status) => keep_member(old, new, "spec"),
        (Kind::Namespace, Part::Whole) => {
            keep_member(old, new, "status");
            let spec = object_at(new, "spec");
            match &old["spec"]["finalizers"] {
                Value::Null => spec.remove("finalizers"),
                finalizers => spec.insert("finalizers".to_owned(), finalizers.clone()),
            };
        }
        (Kind::Namespace, Part::Finalizers) => keep_member(old, new, "status"),
        (Kind::Pod, Part::Whole) => {
            keep_member(old, new, "status");
            pod_update::admit(old, new);
        }
        (Kind::Node, Part::Whole) => keep_member(old, new, "status"),
        (Kind::Other(_), Part::Status) => keep_member(old, new, "spec"),
        (Kind::Other(_), Part::Whole) if kinds::of(kind).has_status => {
            keep_member(old, new, "status");
        }
        _ => {}
    }
    prepare::clean(kind, new);
    if (kind, part) == (Kind::Pod, Part::Status) {
        if new["status"]["qosClass"].as_str().unwrap_or("").is_empty() {
            object_at(new, "status")
                .insert("qosClass".to_owned(), old["status"]["qosClass"].clone());
        }
        let owners = &old["metadata"]["ownerReferences"];
        object_at(new, "metadata").insert("ownerReferences".to_owned(), owners.clone());
    }
    let counted = matches!(kind, Kind::Pod | Kind::Other(_)) && part == Part::Whole;
    let generation = old["metadata"]["generation"].as_i64();
    if let Some(generation) =
        generation.filter(|_| counted && !is_same(kind, &old["spec"], &new["spec"]))
    {
        // As Go counts.
        let generation = generation.wrapping_add(1);
        object_at(new, "metadata").insert("generation".to_owned(), generation.into());
    }
}

// Whether two specs are written the same way, whatever is left out in one and empty in the other.
fn is_same(kind: Kind, old: &Value, new: &Value) -> bool {
    let resource = kinds::of(kind);
    let written = |spec: &Value| {
        let structure = Schema::get().root(resource.api_version, resource.name)?;
        Some(json::encode(structure, &json!({ "spec": spec }), false))
    };
    old == new || written(old) == written(new)
}

fn keep_member(old: &Value, new: &mut Value, member: &str) {
    let Some(new) = new.as_object_mut() else { return };
    match &old[member] {
        Value::Null => new.remove(member),
        value => new.insert(member.to_owned(), value.clone()),
    };
}

/// What is wrong with an object that replaces another.
pub fn check(kind: Kind, part: Part, old: &Value, new: &Value) -> Vec<FieldError> {
    // What all kinds have in common is looked at first; what is found twice is told once.
    let mut errors = validate::check_metadata(kind, &new["metadata"]);
    errors.extend(metadata(&old["metadata"], &new["metadata"]));
    match kind {
        Kind::Secret => {
            errors.extend(immutable("type", &old["type"], &new["type"]));
            errors.extend(sealed(old, new, &["data"]));
        }
        Kind::ConfigMap => errors.extend(sealed(old, new, &["data", "binaryData"])),
        _ => {}
    }
    let mut errors: Distinct<_> = errors.into_iter().collect();
    errors.extend(validate::check(kind, new));
    let mut errors = errors.into_vec();
    match kind {
        Kind::Namespace => errors.extend(namespace(part, new)),
        Kind::Node => errors.extend(node::check_update(old, new)),
        Kind::Pod if part == Part::Whole => errors.extend(pod_update::check(old, new)),
        Kind::RoleBinding | Kind::ClusterRoleBinding => {
            errors.extend(role_ref(&old["roleRef"], &new["roleRef"]));
        }
        _ => {}
    }
    errors
}

fn metadata(old: &Value, new: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if !old["deletionTimestamp"].is_null() {
        errors.extend(new_finalizers(&old["finalizers"], &new["finalizers"]));
    }
    for member in ["uid", "deletionTimestamp", "deletionGracePeriodSeconds"] {
        errors.extend(immutable(&format!("metadata.{member}"), &old[member], &new[member]));
    }
    errors
}

fn new_finalizers(old: &Value, new: &Value) -> Option<FieldError> {
    let old: HashSet<_> = validate::elements(old).iter().collect();
    let new = validate::elements(new).iter();
    let mut extra: Vec<_> = new.filter(|one| !old.contains(one)).collect();
    extra.sort_by_cached_key(|one| one.to_string());
    if extra.is_empty() {
        return None;
    }
    let extra = extra.iter().map(|one| one.to_string()).collect::<Vec<_>>().join(", ");
    let detail = format!(
        "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{extra}}}"
    );
    Some(FieldError::forbidden("metadata.finalizers", &detail))
}

fn immutable(field: &str, old: &Value, new: &Value) -> Option<FieldError> {
    (old != new).then(|| FieldError::invalid(field, new, IMMUTABLE))
}

fn sealed(old: &Value, new: &Value, members: &[&str]) -> Vec<FieldError> {
    if old["immutable"] != true {
        return Vec::new();
    }
    let opened = (new["immutable"] != true).then_some("immutable");
    // What is empty is kept as nothing, which is not the same when it comes again.
    let known = |value: &Value| value.as_object().filter(|it| !it.is_empty()).cloned();
    let sent = |value: &Value| value.as_object().cloned();
    let changed =
        members.iter().copied().filter(|member| known(&old[*member]) != sent(&new[*member]));
    opened.into_iter().chain(changed).map(|field| FieldError::forbidden(field, SEALED)).collect()
}

fn namespace(part: Part, new: &Value) -> Vec<FieldError> {
    match part {
        Part::Whole => Vec::new(),
        Part::Status => {
            let (phase, is) = match new["metadata"]["deletionTimestamp"].is_null() {
                true => ("Active", "is empty"),
                false => ("Terminating", "is not empty"),
            };
            let shown = new["status"]["phase"].as_str().unwrap_or("");
            let detail = format!("may only be '{phase}' if `deletionTimestamp` {is}");
            let error = FieldError::invalid("status.Phase", &shown.into(), &detail);
            if shown == phase { Vec::new() } else { vec![error] }
        }
        Part::Finalizers => {
            validate::finalizer_names("spec.finalizers", &new["spec"]["finalizers"])
        }
    }
}

fn role_ref(old: &Value, new: &Value) -> Option<FieldError> {
    // The value is shown with the names that Go has for its members.
    let text = |member: &str| new[member].as_str().unwrap_or("");
    let shown = json!({"APIGroup": text("apiGroup"), "Kind": text("kind"), "Name": text("name")});
    (old != new).then(|| FieldError::invalid("roleRef", &shown, IMMUTABLE))
}
