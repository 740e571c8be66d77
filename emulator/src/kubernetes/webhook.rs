//! Tokens bound to a webhook's configuration: what is checked although the gate is off.
//!
//! Source: kubernetes `pkg/apis/authentication/validation/validation.go`.

use {
    crate::{
        codec::quote::quote,
        kubernetes::{names, status::FieldError},
        world::objects::Kind,
    },
    serde_json::Value,
};

const GROUPS: &str = "admissionReviewAPIGroups";

/// What a refusal says of the gate.
pub const GATE: &str = " (feature gate APIServerWebhookAuthenticationToken is disabled)";

/// Whether a bound object reference means such a configuration.
pub fn is_reference(reference: &Value) -> bool {
    let kinds = ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"];
    kinds.iter().any(|kind| reference["kind"] == *kind)
        && reference["apiVersion"] == "admissionregistration.k8s.io/v1"
}

/// What is wrong with the rest of such a request.
pub fn check(audiences: &[String], attestations: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if audiences.len() != 1 {
        let detail = "must be length 1 when bound to a webhook config";
        errors.push(FieldError::invalid("spec.audiences", &audiences.into(), detail));
    }
    let field = "spec.attestations";
    match attestations.as_object().filter(|map| map.len() == 1).and_then(|map| map.iter().next()) {
        Some((key, values)) => errors.extend(check_one(key, values)),
        None => {
            let detail =
                "webhook bound requests require exactly one admissionReviewAPIGroups attestation";
            errors.push(FieldError::invalid(field, attestations, detail));
        }
    }
    errors
}

fn check_one(key: &str, values: &Value) -> Vec<FieldError> {
    let field = format!("spec.attestations[{key}]");
    if key != GROUPS {
        let text = format!("Unsupported value: {}: supported values: \"{GROUPS}\"", quote(key));
        return vec![FieldError { reason: "FieldValueNotSupported", field, text }];
    }
    let one =
        values.as_array().filter(|values| values.len() == 1).and_then(|values| values.first());
    let Some(group) = one else {
        return vec![FieldError::invalid(&field, values, "must specify a single value")];
    };
    let field = format!("{field}[0]");
    let text = group.as_str().unwrap_or("");
    match text {
        "" => vec![FieldError::invalid(&field, group, "may not be an empty string")],
        "*" => Vec::new(),
        _ => names::name_faults(Kind::Secret, text)
            .into_iter()
            .map(|fault| {
                FieldError::invalid(
                    &field,
                    group,
                    &format!("must specify a valid API Group: {fault}"),
                )
            })
            .collect(),
    }
}
