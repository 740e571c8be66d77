//! JSON patch, RFC 6902, as the library of kube-apiserver reads it: an index may count from the
//! end, and a member that is replaced need not be there.
//!
//! Source: github.com/evanphx/json-patch, version 4.

use {
    super::{PatchError, type_of},
    serde_json::Value,
    std::io::{self, Write},
};

/// How many operations a patch may have.
/// Source: kubernetes `handlers/patch.go`, maxJSONPatchOperations.
const OPERATIONS: usize = 10_000;

/// How many bytes of JSON all copies of a patch may have.
/// Source: kubernetes `apiserver/pkg/server/config.go`, JSONPatchMaxCopyBytes.
const COPIED: usize = 3 << 20;

/// How deep an object may become: no kind goes as deep, and what walks a tree is safe within it.
const DEEPEST: usize = 1000;

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
    if operations.len() > OPERATIONS {
        return Err(PatchError::TooLong(format!(
            "The allowed maximum operations in a JSON patch is {OPERATIONS}, got {}",
            operations.len()
        )));
    }
    let mut bounds = Bounds { copied: 0, depth: depth(object) };
    let mut step = |operation| step(object, operation, &mut bounds);
    operations.iter().try_for_each(|operation| step(operation).ok_or(PatchError::Unfit))
}

/// What the operations so far have made of the object, at most.
#[derive(Debug)]
struct Bounds {
    copied: usize,
    depth: usize,
}

impl Bounds {
    /// Counts a copy; `None` when it is one too many.
    fn copy(&mut self, value: &Value) -> Option<()> {
        let mut size = Size(0);
        // Nothing is copied for free; nothing refuses to be counted.
        if !value.is_null() {
            serde_json::to_writer(&mut size, value).ok()?;
        }
        self.copied += size.0;
        (self.copied <= COPIED).then_some(())
    }

    /// Something of a depth was put at a path; `None` when the object is too deep by now.
    fn put(&mut self, object: &Value, path: &str, below: usize) -> Option<()> {
        self.depth = self.depth.max(path.matches('/').count() + below);
        if self.depth > DEEPEST {
            // It may be less: look.
            self.depth = depth(object);
        }
        (self.depth <= DEEPEST).then_some(())
    }
}

/// Counts what is written.
struct Size(usize);

impl Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
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

fn step(object: &mut Value, operation: &Value, bounds: &mut Bounds) -> Option<()> {
    let text = |member: &str| operation[member].as_str();
    let value = operation.get("value");
    match text("op")? {
        op @ ("add" | "replace") => {
            let path = text("path")?;
            // No value is null.
            let value = value.cloned().unwrap_or_default();
            let below = depth(&value);
            if op == "add" {
                add(object, path, value)?
            } else {
                replace(object, path, value)?
            }
            bounds.put(object, path, below)
        }
        "remove" => remove(object, text("path")?).map(drop),
        "move" => {
            let (from, path) = (text("from")?, text("path")?);
            let moved = remove(object, from)?;
            add(object, path, moved)?;
            bounds.put(object, path, bounds.depth)
        }
        "copy" => {
            let (from, path) = (text("from")?, text("path")?);
            let found = get(object, from)?;
            bounds.copy(found)?;
            let copied = found.clone();
            add(object, path, copied)?;
            bounds.put(object, path, bounds.depth)
        }
        "test" => test(object, text("path")?, value),
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

fn get<'a>(object: &'a mut Value, path: &str) -> Option<&'a Value> {
    match parent(object, path)? {
        (Value::Object(members), name) => Some(members.get(&name).unwrap_or(&Value::Null)),
        (Value::Array(elements), name) => {
            let index = index(&name, elements.len())?;
            elements.get(index)
        }
        _ => None,
    }
}

fn test(object: &mut Value, path: &str, value: Option<&Value>) -> Option<()> {
    let found = if path.is_empty() { object } else { get(object, path)? };
    (found == value.unwrap_or(&Value::Null)).then_some(())
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

    /// Applies a patch to an object with a long member.
    fn applied(operations: Vec<Value>) -> Result<(), PatchError> {
        let mut object = json!({"a": {"b": "x".repeat(1 << 10)}});
        apply(&mut object, &operations.into())
    }

    #[rstest]
    #[case(11, Ok(()))]
    #[case(40, Err(PatchError::Unfit))]
    fn copies_may_have_three_mebibytes(
        #[case] copies: usize,
        #[case] expected: Result<(), PatchError>,
    ) {
        let copy = |number| json!({"op": "copy", "from": "/a", "path": format!("/a/{number}")});
        assert_eq!(applied((0..copies).map(copy).collect()), expected);
    }

    #[test]
    fn an_object_grows_only_so_deep() {
        // Each puts the whole of it at its own deepest place.
        let nest = |turn| json!({"op": "copy", "from": "/a", "path": format!("/a{}", "/c".repeat(1_usize << turn))});
        let shorten = json!({"op": "replace", "path": "/a/b", "value": 1});
        let operations = |turns| std::iter::once(shorten.clone()).chain((0..turns).map(nest));
        assert_eq!(applied(operations(9).collect()), Ok(()));
        assert_eq!(applied(operations(17).collect()), Err(PatchError::Unfit));
        let turn = |number| {
            [
                json!({"op": "add", "path": format!("/{}", number + 1), "value": {}}),
                json!({"op": "move", "from": format!("/{number}"), "path": format!("/{}/a", number + 1)}),
            ]
        };
        let first = json!({"op": "add", "path": "/0", "value": {}});
        let operations = |turns| std::iter::once(first.clone()).chain((0..turns).flat_map(turn));
        assert_eq!(applied(operations(900).collect()), Ok(()));
        assert_eq!(applied(operations(4900).collect()), Err(PatchError::Unfit));
    }

    #[test]
    fn a_patch_has_only_so_many_operations() {
        let test = json!({"op": "test", "path": "/c"});
        assert_eq!(applied(vec![test.clone(); OPERATIONS]), Ok(()));
        let text = "The allowed maximum operations in a JSON patch is 10000, got 10001";
        let expected = Err(PatchError::TooLong(text.to_owned()));
        assert_eq!(applied(vec![test; OPERATIONS + 1]), expected);
    }
}
