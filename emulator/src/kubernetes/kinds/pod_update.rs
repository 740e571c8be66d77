//! What an update may not change of a pod.
//!
//! Source: kubernetes `pkg/apis/core/validation/validation.go`, ValidatePodUpdate;
//! `plugin/pkg/admission/{priority,defaulttolerationseconds}`.

use {
    crate::kubernetes::{
        kinds::{admit, validate::elements},
        metadata::object_at,
        status::FieldError,
    },
    serde_json::Value,
    std::collections::HashSet,
};

const FIXED: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n";

/// Puts back what admission gave the pod, where an update leaves it out.
pub fn admit(old: &Value, new: &mut Value) {
    let spec = object_at(new, "spec");
    for member in ["priority", "preemptionPolicy"] {
        let given = &old["spec"][member];
        if spec.get(member).is_none_or(Value::is_null) && !given.is_null() {
            spec.insert(member.to_owned(), given.clone());
        }
    }
    admit::tolerate(spec);
}

/// What is wrong with a pod that replaces another.
pub fn check(old: &Value, new: &Value) -> Vec<FieldError> {
    let (old, new) = (&old["spec"], &new["spec"]);
    for (list, shown) in [("containers", "containers"), ("initContainers", "init containers")] {
        if elements(&old[list]).len() != elements(&new[list]).len() {
            let detail = format!("pod updates may not add or remove {shown}");
            return vec![FieldError::forbidden(&format!("spec.{list}"), &detail)];
        }
    }
    if let Some(error) = deadline(&old["activeDeadlineSeconds"], &new["activeDeadlineSeconds"]) {
        return vec![error];
    }
    let mut errors = Vec::new();
    let kept: HashSet<_> = elements(&new["tolerations"]).iter().map(timeless).collect();
    if !elements(&old["tolerations"]).iter().all(|one| kept.contains(&timeless(one))) {
        let detail = "existing toleration can not be modified except its tolerationSeconds";
        errors.push(FieldError::forbidden("spec.tolerations", detail));
    }
    // The real server shows what differs behind this.
    if fixed(old) != fixed(new) {
        errors.push(FieldError::forbidden("spec", FIXED));
    }
    errors
}

// A deadline may come to be, and may come nearer.
fn deadline(old: &Value, new: &Value) -> Option<FieldError> {
    let detail = match (old.as_i64(), new.as_i64()) {
        (Some(_), None) => "must not update from a positive integer to nil value",
        (Some(old), Some(new)) if old < new => "must be less than or equal to previous value",
        _ => return None,
    };
    Some(FieldError::invalid("spec.activeDeadlineSeconds", new, detail))
}

fn timeless(toleration: &Value) -> Option<Value> {
    let mut toleration = toleration.clone();
    toleration["tolerationSeconds"] = Value::Null;
    filled(&toleration)
}

fn fixed(spec: &Value) -> Option<Value> {
    let mut spec = spec.clone();
    for list in ["containers", "initContainers"] {
        for container in spec[list].as_array_mut().into_iter().flatten() {
            container["image"] = Value::Null;
        }
    }
    for member in ["activeDeadlineSeconds", "tolerations"] {
        spec[member] = Value::Null;
    }
    filled(&spec)
}

// The value without what is empty, which is like what is not there.
fn filled(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::Array(elements) if elements.is_empty() => None,
        Value::Array(elements) => {
            Some(elements.iter().map(|it| filled(it).unwrap_or_default()).collect())
        }
        Value::Object(members) => {
            let filled: serde_json::Map<_, _> = members
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), filled(value)?)))
                .collect();
            (!filled.is_empty()).then_some(Value::Object(filled))
        }
        value => Some(value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use {super::*, serde_json::json};

    #[test]
    fn images_change_and_little_else() {
        let pod = |spec: Value| json!({ "spec": spec });
        let old = pod(json!({"containers": [{"name": "c", "image": "i", "env": []}]}));
        for (spec, field) in [
            (json!({"containers": [{"name": "c", "image": "j"}]}), None),
            (json!({"containers": [{"name": "d", "image": "i"}]}), Some("spec")),
            (json!({"containers": []}), Some("spec.containers")),
            (json!({"containers": [{"name": "c"}], "nodeName": "n"}), Some("spec")),
        ] {
            let errors = check(&old, &pod(spec));
            assert_eq!(errors.first().map(|error| error.field.as_str()), field);
        }
    }

    #[test]
    fn a_deadline_only_comes_nearer() {
        assert_eq!(deadline(&json!(null), &json!(5)), None);
        assert_eq!(deadline(&json!(5), &json!(3)), None);
        assert!(deadline(&json!(5), &json!(7)).is_some());
        assert!(deadline(&json!(5), &json!(null)).is_some());
    }
}
