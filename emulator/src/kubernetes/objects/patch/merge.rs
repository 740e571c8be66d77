//! JSON merge patch, RFC 7386.

use {
    super::{PatchError, type_of},
    serde_json::{Map, Value},
};

/// Merges a patch into an object.
pub(super) fn apply(object: &mut Value, patch: &Value) -> Result<(), PatchError> {
    match patch {
        Value::Object(_) => merge(object, patch),
        Value::Null => return Err(PatchError::Bad("Invalid JSON Patch".to_owned())),
        other => {
            return Err(PatchError::Bad(format!(
                "error decoding patch: json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
                type_of(other)
            )));
        }
    }
    Ok(())
}

fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            members.remove(name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use {super::*, serde_json::json};

    #[test]
    fn null_takes_a_member_away() {
        let mut object = json!({"a": {"b": 1, "c": 2}, "d": [1]});
        apply(&mut object, &json!({"a": {"b": null, "e": {"f": null}}, "d": [2]})).unwrap();
        assert_eq!(object, json!({"a": {"c": 2, "e": {}}, "d": [2]}));
        assert!(apply(&mut object, &json!([])).is_err());
    }
}
