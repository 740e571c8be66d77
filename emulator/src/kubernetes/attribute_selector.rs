//! The selectors in the attributes of an access review.
//!
//! Source: kubernetes `pkg/apis/authorization/validation/validation.go`,
//! apimachinery `pkg/apis/meta/v1/validation/validation.go`.

use {
    crate::kubernetes::{names, status::FieldError},
    serde_json::Value,
};

/// What is wrong with the selectors of these attributes.
pub fn check(attributes: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for name in ["fieldSelector", "labelSelector"] {
        let selector = &attributes[name];
        if selector.is_object() {
            let field = format!("spec.resourceAttributes.{name}");
            errors.extend(check_selector(&field, selector, name == "labelSelector"));
        }
    }
    errors
}

/// What is said of selectors that ask for more than can be understood.
/// Source: kubernetes `pkg/registry/authorization/util/helpers.go`.
pub fn ignored(attributes: &Value) -> String {
    const KNOWN: [&str; 4] = ["In", "NotIn", "Exists", "DoesNotExist"];
    let texts = ["fieldSelector", "labelSelector"].into_iter().filter_map(|name| {
        let requirements = attributes[name]["requirements"].as_array()?;
        let known = |it: &&Value| KNOWN.iter().any(|operator| it["operator"] == *operator);
        let kept = requirements.iter().filter(known).count();
        let how = if kept == 0 { "ignored" } else { "partially ignored" };
        let all = kept == requirements.len();
        (!all).then(|| format!("spec.resourceAttributes.{name} {how} due to parse error"))
    });
    texts.collect::<Vec<_>>().join("; ")
}

fn check_selector(field: &str, selector: &Value, labels: bool) -> Vec<FieldError> {
    let raw = selector["rawSelector"].as_str().unwrap_or("");
    let requirements = selector["requirements"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut errors = Vec::new();
    if !raw.is_empty() && !requirements.is_empty() {
        let detail = "may not specified at the same time as requirements";
        errors.push(FieldError::invalid(&format!("{field}.rawSelector"), &raw.into(), detail));
    }
    if raw.is_empty() && requirements.is_empty() {
        let detail = format!("when {field} is specified, requirements or rawSelector is required");
        errors.push(FieldError::required(&format!("{field}.requirements"), &detail));
    }
    for (index, requirement) in requirements.iter().enumerate() {
        let field = format!("{field}.requirements[{index}]");
        errors.extend(check_requirement(&field, requirement, labels));
    }
    errors
}

fn check_requirement(field: &str, requirement: &Value, labels: bool) -> Vec<FieldError> {
    let key = requirement["key"].as_str().unwrap_or("");
    let values = requirement["values"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut errors = Vec::new();
    if !labels && key.is_empty() {
        errors.push(FieldError::required(&format!("{field}.key"), "must be specified"));
    }
    match requirement["operator"].as_str().unwrap_or("") {
        "In" | "NotIn" if values.is_empty() => {
            let detail = "must be specified when `operator` is 'In' or 'NotIn'";
            errors.push(FieldError::required(&format!("{field}.values"), detail));
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            let text =
                "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            let field = format!("{field}.values");
            errors.push(FieldError { reason: "FieldValueForbidden", field, text: text.to_owned() });
        }
        _ => {}
    }
    if labels {
        for fault in names::qualified_faults(key) {
            errors.push(FieldError::invalid(&format!("{field}.key"), &key.into(), &fault));
        }
        for (index, value) in values.iter().enumerate() {
            for fault in names::label_value_faults(value.as_str().unwrap_or("")) {
                errors.push(FieldError::invalid(&format!("{field}.values[{index}]"), value, fault));
            }
        }
    }
    errors
}
