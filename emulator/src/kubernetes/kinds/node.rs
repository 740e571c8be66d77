//! Nodes: what is not kept of them, and what is refused.
//!
//! Source: kubernetes `pkg/registry/core/node/strategy.go`, `pkg/apis/core/validation/validation.go`.

use {
    crate::kubernetes::{
        kinds::{cidr, validate::elements},
        metadata::object_at,
        names,
        status::{FieldError, go_json},
    },
    serde_json::Value,
    std::collections::HashSet,
};

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// The members of a taint, as Go calls them and as JSON does.
const TAINT: [(&str, &str); 4] =
    [("Key", "key"), ("Value", "value"), ("Effect", "effect"), ("TimeAdded", "timeAdded")];

/// The resources that come in whole numbers, beside those of other domains.
const WHOLE: [&str; 9] = [
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];

/// Leaves out what belongs to features that are gone, or off.
pub fn clean(object: &mut Value) {
    let spec = object_at(object, "spec");
    spec.remove("configSource");
    spec.remove("podPreemptionPolicy");
    if let Some(status) = object.get_mut("status").and_then(Value::as_object_mut) {
        status.remove("config");
    }
}

/// What is wrong with a node.
pub fn check(object: &Value) -> Vec<FieldError> {
    let (spec, status) = (&object["spec"], &object["status"]);
    let mut errors = taints(elements(&spec["taints"]));
    errors.extend(resources("status.capacity", &status["capacity"]));
    errors.extend(resources("status.allocatable", &status["allocatable"]));
    let swap = &status["nodeInfo"]["swap"]["capacity"];
    if swap.as_i64().is_some_and(|capacity| capacity <= 0) {
        let field = "metadata.nodeSwapStatus.capacity";
        errors.push(FieldError::invalid(field, swap, "must be greater than zero"));
    }
    errors.extend(features(elements(&status["declaredFeatures"])));
    errors.extend(pod_cidrs(&spec["podCIDRs"]));
    errors
}

/// What is wrong with a node that replaces another: what it was once given stays.
pub fn check_update(old: &Value, new: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut addresses = HashSet::new();
    for (index, address) in elements(&new["status"]["addresses"]).iter().enumerate() {
        if !addresses.insert(address.to_string()) {
            let shown = go_struct(address, &[("Type", "type"), ("Address", "address")]);
            errors.push(FieldError::duplicate(&format!("status.addresses[{index}]"), &shown, ""));
        }
    }
    let (old, new) = (&old["spec"], &new["spec"]);
    if !elements(&old["podCIDRs"]).is_empty() && old["podCIDRs"] != new["podCIDRs"] {
        let detail = "node updates may not change podCIDR except from \"\" to valid";
        errors.push(FieldError::forbidden("spec.podCIDRs", detail));
    }
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let (was, is) = (text(&old["providerID"]), text(&new["providerID"]));
    if !was.is_empty() && was != is {
        let done = if is.is_empty() { "cleared" } else { "modified" };
        let detail = format!("field cannot be {done} once set");
        errors.push(FieldError::invalid("spec.providerID", &Value::Null, &detail));
    }
    if text(&old["externalID"]) != text(&new["externalID"]) {
        errors.push(FieldError::forbidden("spec.externalID", "may not be updated"));
    }
    errors
}

fn taints(taints: &[Value]) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut known = HashSet::new();
    for (index, taint) in taints.iter().enumerate() {
        let path = format!("metadata.taints[{index}]");
        let text = |member: &str| taint[member].as_str().unwrap_or("");
        let (key, value, effect) = (text("key"), text("value"), text("effect"));
        let wrong = |member: &str, shown: &str, fault: &str| {
            FieldError::invalid(&format!("{path}.{member}"), &shown.into(), fault)
        };
        errors.extend(names::qualified_faults(key).iter().map(|it| wrong("key", key, it)));
        let faults = names::label_value_faults(value).join(";");
        errors.extend((!faults.is_empty()).then(|| wrong("value", value, &faults)));
        let field = format!("{path}.effect");
        if effect.is_empty() {
            errors.push(FieldError::required(&field, ""));
        } else if !EFFECTS.contains(&effect) {
            let supported = EFFECTS.map(|it| Value::from(it).to_string()).join(", ");
            errors.push(FieldError::unsupported(&field, effect, &supported));
        }
        if !known.insert((key, effect)) {
            let shown = go_struct(taint, &TAINT);
            let detail = "taints must be unique by key and effect pair";
            errors.push(FieldError::duplicate(&path, &shown, detail));
        }
    }
    errors
}

// As Go writes what has no names for JSON; a text that is not there is empty, a time is null.
fn go_struct(object: &Value, members: &[(&str, &str)]) -> String {
    let shown = members.iter().map(|(name, member)| {
        let missing = if *name == "TimeAdded" { Value::Null } else { "".into() };
        let value = object.get(*member).filter(|it| !it.is_null()).unwrap_or(&missing);
        format!("\"{name}\":{}", go_json(value))
    });
    format!("{{{}}}", shown.collect::<Vec<_>>().join(","))
}

fn resources(field: &str, quantities: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (name, quantity) in quantities.as_object().into_iter().flatten() {
        // Quantities are canonical here: a sign says less than none, a part of one what is small.
        let text = quantity.as_str().unwrap_or("");
        let field = format!("{field}.{name}");
        if text.starts_with('-') {
            let detail = "must be greater than or equal to 0";
            errors.push(FieldError::invalid(&field, quantity, detail));
        }
        if is_whole(name) && text.ends_with(['m', 'u', 'n']) {
            errors.push(FieldError::invalid(&field, quantity, "must be an integer"));
        }
    }
    errors
}

fn is_whole(resource: &str) -> bool {
    let foreign = resource.contains('/') && !resource.contains("kubernetes.io/");
    WHOLE.contains(&resource) || (foreign && !resource.starts_with("requests."))
}

fn features(features: &[Value]) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let names: Vec<&str> = features.iter().map(|it| it.as_str().unwrap_or("")).collect();
    for (index, name) in names.iter().enumerate() {
        let field = format!("status.declaredFeatures[{index}]");
        if !is_feature(name) {
            let detail = format!(
                "invalid feature name \"{name}\": must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes"
            );
            errors.push(FieldError::invalid(&field, &features[index], &detail));
        }
        let Some(next) = names.get(index + 1) else { break };
        let field = format!("status.declaredFeatures[{}]", index + 1);
        if next == name {
            errors.push(FieldError::duplicate(&field, &go_json(&features[index + 1]), ""));
        } else if next < name {
            let detail = "list must be sorted alphabetically";
            errors.push(FieldError::invalid(&field, &features[index + 1], detail));
        }
    }
    errors
}

fn is_feature(name: &str) -> bool {
    let segment = |text: &str| {
        text.starts_with(|it: char| it.is_ascii_alphabetic())
            && text.bytes().all(|it| it.is_ascii_alphanumeric())
    };
    name.starts_with(|it: char| it.is_ascii_uppercase()) && name.split('/').all(segment)
}

fn pod_cidrs(cidrs: &Value) -> Vec<FieldError> {
    let values = elements(cidrs);
    let mut errors = Vec::new();
    for (index, value) in values.iter().enumerate() {
        if let Err(fault) = cidr::check(value.as_str().unwrap_or("")) {
            errors.push(FieldError::invalid(&format!("spec.podCIDRs[{index}]"), value, fault));
        }
    }
    if values.len() < 2 {
        return errors;
    }
    let families: Vec<_> =
        values.iter().map(|it| cidr::is_version_four(it.as_str().unwrap_or(""))).collect();
    if let Some(index) = families.iter().position(Option::is_none) {
        let why = format!(
            "Internal error: invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR[{index}]: <nil> (invalid CIDR address: {})",
            values[index].as_str().unwrap_or("")
        );
        let field = "spec.podCIDRs".to_owned();
        errors.push(FieldError { reason: "InternalError", field, text: why });
    }
    let both = families.contains(&Some(true)) && families.contains(&Some(false));
    if !both || values.len() > 2 || families.contains(&None) {
        let detail = "may specify no more than one CIDR for each IP family";
        errors.push(FieldError::invalid("spec.podCIDRs", cidrs, detail));
    }
    errors
}
