//! What an object of some kinds has to have.
//!
//! Source: kubernetes `pkg/apis/core/validation/validation.go`, as far as tokens need it.

use {
    crate::{kubernetes::status::FieldError, world::objects::Kind},
    serde_json::Value,
};

/// The annotation by which a token Secret names its service account.
pub const SERVICE_ACCOUNT_NAME: &str = "kubernetes.io/service-account.name";
/// The type of a token Secret.
pub const TOKEN_SECRET: &str = "kubernetes.io/service-account-token";

/// What is wrong with an object.
pub fn check(kind: Kind, object: &Value) -> Vec<FieldError> {
    match kind {
        Kind::Secret => secret(object),
        Kind::Pod => pod(object),
        _ => Vec::new(),
    }
}

fn secret(object: &Value) -> Vec<FieldError> {
    let named = object["metadata"]["annotations"][SERVICE_ACCOUNT_NAME].as_str().unwrap_or("");
    if object["type"] == TOKEN_SECRET && named.is_empty() {
        let field = format!("metadata.annotations[{SERVICE_ACCOUNT_NAME}]");
        return vec![FieldError::required(&field, "")];
    }
    Vec::new()
}

fn pod(object: &Value) -> Vec<FieldError> {
    let containers = object["spec"]["containers"].as_array().map(Vec::as_slice).unwrap_or_default();
    if containers.is_empty() {
        return vec![FieldError::required("spec.containers", "")];
    }
    let mut errors = Vec::new();
    for (index, container) in containers.iter().enumerate() {
        for member in ["name", "image"] {
            if container[member].as_str().unwrap_or("").is_empty() {
                errors
                    .push(FieldError::required(&format!("spec.containers[{index}].{member}"), ""));
            }
        }
    }
    errors
}
