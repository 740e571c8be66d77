//! `selfsubjectaccessreviews`, `subjectaccessreviews`, `localsubjectaccessreviews`: who may do what.
//!
//! Source: kubernetes `pkg/registry/authorization`, `pkg/apis/authorization/validation`.

use {
    crate::{
        kubernetes::{
            admission, attribute_selector, authorize, body,
            exchange::{Exchange, Outcome, Reply},
            managed_fields::{self, Manager},
            metadata,
            route::Attributes,
            status::{Failure, FieldError},
        },
        world::callers::Caller,
    },
    serde_json::{Value, json},
    std::sync::Arc,
};

const API_VERSION: &str = "authorization.k8s.io/v1";
const GROUP: &str = "authorization.k8s.io";

/// Whose rights are asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// The caller's own.
    Caller,
    /// Anybody's.
    Anybody,
    /// Anybody's, in this namespace.
    AnybodyIn(&'a str),
}

/// Answers whether somebody may do something.
pub fn create(exchange: &Exchange<'_>, subject: Subject<'_>) -> Outcome {
    let (kind, plural, namespace) = match subject {
        Subject::Caller => ("SelfSubjectAccessReview", "selfsubjectaccessreviews", ""),
        Subject::Anybody => ("SubjectAccessReview", "subjectaccessreviews", ""),
        Subject::AnybodyIn(namespace) => {
            ("LocalSubjectAccessReview", "localsubjectaccessreviews", namespace)
        }
    };
    let output = body::accept(exchange)?;
    let (mut review, _) = body::read_created(exchange, API_VERSION, kind)?;
    metadata::wipe(&mut review);
    metadata::match_namespace(&mut review, namespace)?;
    metadata::dedup_owners(exchange, &mut review);
    let managed = managed_fields::created(&review, &Manager::of(exchange, API_VERSION));
    metadata::set_managed_fields(&mut review, managed);
    let name = metadata::shown_name(&review);
    admission::reviewed_namespace(exchange, (plural, GROUP), namespace, name)?;
    admission::deny_as(exchange, plural, GROUP, name)?;
    let errors = validate(&review, subject);
    if !errors.is_empty() {
        // kube-apiserver leaves the kind out.
        return Err(Failure::invalid("", GROUP, "", errors));
    }
    let spec = &review["spec"];
    let caller = match subject {
        Subject::Caller => Arc::clone(&exchange.caller),
        _ => somebody(spec).into(),
    };
    let (attributes, path) = attributes(spec);
    let (allowed, reason) = authorize::decide(exchange.world, &caller, &attributes, path);
    review["status"] = json!({ "allowed": allowed });
    if !reason.is_empty() {
        review["status"]["reason"] = reason.into();
    }
    let ignored = attribute_selector::ignored(&review["spec"]["resourceAttributes"]);
    if !ignored.is_empty() {
        review["status"]["evaluationError"] = ignored.into();
    }
    Ok(Reply::Object { status: 201, object: review, output })
}

fn validate(review: &Value, subject: Subject<'_>) -> Vec<FieldError> {
    let spec = &review["spec"];
    let (resource, other) = (&spec["resourceAttributes"], &spec["nonResourceAttributes"]);
    let mut errors = Vec::new();
    let member = |name: &str| other[name].as_str().unwrap_or("");
    // Go prints the struct that it has inside.
    let shown = match other {
        Value::Null => Value::Null,
        _ => json!({ "Path": member("path"), "Verb": member("verb") }),
    };
    if resource.is_object() == other.is_object() {
        let detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
        errors.push(FieldError::invalid("spec", &shown, detail));
    }
    let nobody = spec["user"].as_str().unwrap_or("").is_empty()
        && spec["groups"].as_array().is_none_or(Vec::is_empty);
    if subject != Subject::Caller && nobody {
        let detail = "at least one of user or group must be specified";
        errors.push(FieldError::invalid("spec.user", &"".into(), detail));
    }
    if resource.is_object() {
        errors.extend(attribute_selector::check(resource));
    }
    errors.extend(check_metadata(review, subject));
    if let Subject::AnybodyIn(namespace) = subject {
        let asked = resource["namespace"].as_str().unwrap_or("");
        if resource.is_object() && asked != namespace {
            let field = "spec.resourceAttributes.namespace";
            errors.push(FieldError::invalid(field, &asked.into(), "must match metadata.namespace"));
        }
        if other.is_object() {
            let field = "spec.nonResourceAttributes";
            errors.push(FieldError::invalid(field, &shown, "disallowed on this kind of request"));
        }
    }
    errors
}

// A review has no metadata; what the server put there is shown, but does not count.
fn check_metadata(review: &Value, subject: Subject<'_>) -> Option<FieldError> {
    let namespaced = matches!(subject, Subject::AnybodyIn(_));
    let mut sent = review["metadata"].as_object()?.clone();
    sent.remove("managedFields");
    if namespaced {
        sent.remove("namespace");
    }
    sent.retain(|_, value| match value {
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Number(number) => number.as_i64() != Some(0),
        other => !other.is_null(),
    });
    let detail = if namespaced { "must be empty except for namespace" } else { "must be empty" };
    (!sent.is_empty()).then(|| {
        let text = format!("Invalid value: {}: {detail}", metadata::to_json(review));
        FieldError { reason: "FieldValueInvalid", field: "metadata".to_owned(), text }
    })
}

fn somebody(spec: &Value) -> Caller {
    let groups = spec["groups"].as_array().map(Vec::as_slice).unwrap_or_default();
    Caller {
        username: spec["user"].as_str().unwrap_or("").to_owned(),
        uid: spec["uid"].as_str().unwrap_or("").to_owned(),
        groups: groups.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        ..Caller::default()
    }
}

fn attributes(spec: &Value) -> (Attributes<'_>, &str) {
    if let Some(other) = spec.get("nonResourceAttributes").filter(|other| other.is_object()) {
        let verb = other["verb"].as_str().unwrap_or("").into();
        let path = other["path"].as_str().unwrap_or("");
        return (Attributes { verb, ..Attributes::default() }, path);
    }
    let member = |name: &str| spec["resourceAttributes"][name].as_str().unwrap_or("");
    let attributes = Attributes {
        verb: member("verb").into(),
        is_resource: true,
        group: member("group"),
        namespace: member("namespace"),
        resource: member("resource"),
        subresource: member("subresource"),
        name: member("name").into(),
    };
    (attributes, "")
}
