//! `selfsubjectaccessreviews`, `subjectaccessreviews`, `localsubjectaccessreviews`: who may do what.
//!
//! Source: kubernetes `pkg/registry/authorization`, `pkg/apis/authorization/validation`.

use {
    crate::{
        kubernetes::{
            authorize, body,
            exchange::{Exchange, Outcome, Reply},
            managed_fields::{self, Manager},
            metadata,
            route::Attributes,
            status::{Failure, FieldError},
        },
        world::callers::Caller,
    },
    serde_json::{Value, json},
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
    let (kind, namespace) = match subject {
        Subject::Caller => ("SelfSubjectAccessReview", ""),
        Subject::Anybody => ("SubjectAccessReview", ""),
        Subject::AnybodyIn(namespace) => ("LocalSubjectAccessReview", namespace),
    };
    let output = body::accept(exchange)?;
    let (mut review, _) = body::read_created(exchange, API_VERSION, kind)?;
    metadata::wipe(&mut review);
    metadata::match_namespace(&mut review, namespace)?;
    let managed = managed_fields::created(&review, &Manager::of(exchange, API_VERSION));
    metadata::set_managed_fields(&mut review, managed);
    let errors = validate(&review, subject);
    if !errors.is_empty() {
        // kube-apiserver leaves the kind out.
        return Err(Failure::invalid("", GROUP, "", errors));
    }
    let spec = &review["spec"];
    let caller = match subject {
        Subject::Caller => exchange.caller.clone(),
        _ => somebody(spec),
    };
    let (attributes, path) = attributes(spec);
    let (allowed, reason) = authorize::decide(exchange.world, &caller, &attributes, path);
    review["status"] = json!({ "allowed": allowed });
    if !reason.is_empty() {
        review["status"]["reason"] = reason.into();
    }
    Ok(Reply::Object { status: 201, object: review, output })
}

fn validate(review: &Value, subject: Subject<'_>) -> Vec<FieldError> {
    let spec = &review["spec"];
    let (resource, other) = (&spec["resourceAttributes"], &spec["nonResourceAttributes"]);
    let mut errors = Vec::new();
    if resource.is_object() == other.is_object() {
        let detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
        let member = |name: &str| other[name].as_str().unwrap_or("");
        // Go prints the struct that it has inside.
        let shown = match other {
            Value::Null => Value::Null,
            _ => json!({ "Path": member("path"), "Verb": member("verb") }),
        };
        errors.push(FieldError::invalid("spec", &shown, detail));
    }
    let nobody = spec["user"].as_str().unwrap_or("").is_empty()
        && spec["groups"].as_array().is_none_or(Vec::is_empty);
    if subject != Subject::Caller && nobody {
        let detail = "at least one of user or group must be specified";
        errors.push(FieldError::invalid("spec.user", &"".into(), detail));
    }
    if let Subject::AnybodyIn(namespace) = subject {
        let asked = &resource["namespace"];
        if asked.as_str().unwrap_or("") != namespace {
            let field = "spec.resourceAttributes.namespace";
            errors.push(FieldError::invalid(field, asked, "must match metadata.namespace"));
        }
    }
    errors
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
        name: member("name"),
    };
    (attributes, "")
}
