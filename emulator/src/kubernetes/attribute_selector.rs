//! The selectors in the attributes of an access review.
//!
//! Source: kubernetes `pkg/apis/authorization/validation/validation.go`,
//! apimachinery `pkg/apis/meta/v1/validation/validation.go`.

use {
    crate::kubernetes::{
        field_selector, kinds::validate::elements, label_selector, names, status::FieldError,
    },
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
    let told = |name: &str, understood: Understood| {
        let how = match understood {
            Understood::Whole => return None,
            Understood::Part => "partially ignored",
            Understood::Nothing => "ignored",
        };
        Some(format!("spec.resourceAttributes.{name} {how} due to parse error"))
    };
    let texts = [
        told("fieldSelector", fields(&attributes["fieldSelector"])),
        told("labelSelector", labels(&attributes["labelSelector"])),
    ];
    texts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// How much of a selector is understood.
enum Understood {
    Whole,
    Part,
    Nothing,
}

fn fields(selector: &Value) -> Understood {
    // One value is compared; more, or none, cannot be.
    let is_known = |it: &Value| {
        (it["operator"] == "In" || it["operator"] == "NotIn") && elements(&it["values"]).len() == 1
    };
    understood(selector, |raw| field_selector::parse(raw).is_ok(), is_known)
}

fn labels(selector: &Value) -> Understood {
    const KNOWN: [&str; 4] = ["In", "NotIn", "Exists", "DoesNotExist"];
    let is_known = |it: &Value| KNOWN.iter().any(|operator| it["operator"] == *operator);
    understood(selector, |raw| label_selector::parse(raw).is_ok(), is_known)
}

fn understood(
    selector: &Value,
    can_be_read: impl Fn(&str) -> bool,
    is_known: impl Fn(&Value) -> bool,
) -> Understood {
    let raw = selector["rawSelector"].as_str().unwrap_or("");
    let requirements = elements(&selector["requirements"]);
    let known = requirements.iter().filter(|it| is_known(it)).count();
    if requirements.is_empty() && !raw.is_empty() && !can_be_read(raw) {
        Understood::Nothing
    } else if known == requirements.len() {
        Understood::Whole
    } else if known == 0 {
        Understood::Nothing
    } else {
        Understood::Part
    }
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
