//! JSON patch, RFC 6902, as the library of kube-apiserver reads it: an index may count from the
//! end, and a member that is replaced need not be there.
//!
//! Source: github.com/evanphx/json-patch, version 4.

use {
    super::{PatchError, type_of},
    serde_json::Value,
};

/// Applies a list of operations to an object.
pub(super) fn apply(object: &mut Value, patch: &Value) -> Result<(), PatchError> {
    let go_type = "[]handlers.jsonPatchOp";
    let operations = match patch {
        Value::Array(operations) => operations.as_slice(),
        Value::Null => &[],
        other => return Err(mistyped(type_of(other), "value", go_type)),
    };
    for operation in operations {
        match operation {
            Value::Object(_) | Value::Null => {}
            other => return Err(mistyped(type_of(other), "value", "handlers.jsonPatchOp")),
        }
        for member in ["op", "path", "from"] {
            match &operation[member] {
                Value::String(_) | Value::Null => {}
                other => {
                    let place = format!("struct field jsonPatchOp.{member}");
                    return Err(mistyped(type_of(other), &place, "string"));
                }
            }
        }
    }
    if operations.len() > 10_000 {
        return Err(PatchError::Unfit);
    }
    operations.iter().try_for_each(|operation| step(object, operation).ok_or(PatchError::Unfit))
}

/// What strictness says of members that no operation has.
pub(super) fn unknown(patch: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (index, operation) in patch.as_array().into_iter().flatten().enumerate() {
        for name in operation.as_object().into_iter().flatten().map(|(name, _)| name) {
            if !["op", "path", "from", "value"].contains(&name.as_str()) {
                found.push(format!("unknown field \"[{index}].{name}\""));
            }
        }
    }
    found
}

fn mistyped(found: &str, place: &str, go_type: &str) -> PatchError {
    PatchError::Bad(format!(
        "error decoding patch: json: cannot unmarshal {found} into Go {place} of type {go_type}"
    ))
}

fn step(object: &mut Value, operation: &Value) -> Option<()> {
    let text = |member: &str| operation[member].as_str();
    let value = operation.get("value").cloned();
    match text("op")? {
        // No value is null.
        "add" => add(object, text("path")?, value.unwrap_or_default()),
        "remove" => remove(object, text("path")?).map(drop),
        "replace" => replace(object, text("path")?, value.unwrap_or_default()),
        "move" => {
            let moved = remove(object, text("from")?)?;
            add(object, text("path")?, moved)
        }
        "copy" => {
            let copied = get(object, text("from")?)?;
            add(object, text("path")?, copied)
        }
        "test" => test(object, text("path")?, value.as_ref()),
        _ => None,
    }
}

/// The container of a path, and the name in it.
fn parent<'a>(object: &'a mut Value, path: &str) -> Option<(&'a mut Value, String)> {
    let mut parts: Vec<_> = path.split('/').skip(1).map(decode).collect();
    let last = parts.pop()?;
    let mut container = object;
    for part in parts {
        container = match container {
            Value::Object(members) => members.get_mut(&part)?,
            Value::Array(elements) => {
                let index = index(&part, elements.len())?;
                elements.get_mut(index)?
            }
            _ => return None,
        };
    }
    (container.is_object() || container.is_array()).then_some((container, last))
}

fn decode(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

// Counts from the end when it is negative.
fn index(text: &str, length: usize) -> Option<usize> {
    let index: i64 = text.parse().ok()?;
    let length = i64::try_from(length).ok()?;
    usize::try_from(if index < 0 { index + length } else { index }).ok()
}

fn add(object: &mut Value, path: &str, value: Value) -> Option<()> {
    match parent(object, path)? {
        (Value::Object(members), name) => {
            members.insert(name, value);
        }
        (Value::Array(elements), name) if name == "-" => elements.push(value),
        (Value::Array(elements), name) => {
            let index = index(&name, elements.len() + 1).filter(|it| *it <= elements.len())?;
            elements.insert(index, value);
        }
        _ => return None,
    }
    Some(())
}

fn remove(object: &mut Value, path: &str) -> Option<Value> {
    match parent(object, path)? {
        (Value::Object(members), name) => members.remove(&name),
        (Value::Array(elements), name) => {
            let index = index(&name, elements.len()).filter(|it| *it < elements.len())?;
            Some(elements.remove(index))
        }
        _ => None,
    }
}

fn replace(object: &mut Value, path: &str, value: Value) -> Option<()> {
    if path.is_empty() {
        *object = value;
        return (object.is_object() || object.is_array()).then_some(());
    }
    match parent(object, path)? {
        (Value::Object(members), name) => {
            members.insert(name, value);
        }
        (Value::Array(elements), name) => {
            let index = index(&name, elements.len())?;
            *elements.get_mut(index)? = value;
        }
        _ => return None,
    }
    Some(())
}

fn get(object: &mut Value, path: &str) -> Option<Value> {
    match parent(object, path)? {
        (Value::Object(members), name) => Some(members.get(&name).cloned().unwrap_or(Value::Null)),
        (Value::Array(elements), name) => {
            let index = index(&name, elements.len())?;
            elements.get(index).cloned()
        }
        _ => None,
    }
}

fn test(object: &mut Value, path: &str, value: Option<&Value>) -> Option<()> {
    let found = if path.is_empty() { object.clone() } else { get(object, path)? };
    let wanted = value.unwrap_or(&Value::Null);
    (found == *wanted).then_some(())
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest, serde_json::json};

    #[rstest]
    #[case(json!([{"op": "add", "path": "/b", "value": 1}]), Some(json!({"a": [1, 2], "b": 1})))]
    #[case(json!([{"op": "add", "path": "/a/-", "value": 3}]), Some(json!({"a": [1, 2, 3]})))]
    #[case(json!([{"op": "remove", "path": "/a/-1"}]), Some(json!({"a": [1]})))]
    #[case(json!([{"op": "replace", "path": "/c", "value": 3}]), Some(json!({"a": [1, 2], "c": 3})))]
    #[case(json!([{"op": "test", "path": "/a/0", "value": 1}]), Some(json!({"a": [1, 2]})))]
    #[case(json!([{"op": "test", "path": "/a/0", "value": 2}]), None)]
    #[case(json!([{"op": "move", "from": "/a", "path": "/x~1y"}]), Some(json!({"x/y": [1, 2]})))]
    #[case(json!([{"op": "remove", "path": "/none"}]), None)]
    #[case(json!([{"op": "add", "path": "/a/9", "value": 1}]), None)]
    #[case(json!([{"op": "nothing"}]), None)]
    fn operations_apply_or_do_not(#[case] patch: Value, #[case] expected: Option<Value>) {
        let mut object = json!({"a": [1, 2]});
        let applied = apply(&mut object, &patch);
        assert_eq!(applied.ok().map(|()| object), expected);
    }
}
