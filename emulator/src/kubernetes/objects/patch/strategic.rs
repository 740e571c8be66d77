//! Strategic merge patch: lists are merged by a key of their elements, where the field says so.
//!
//! Source: apimachinery `pkg/util/strategicpatch/patch.go`.

use {
    super::{PatchError, go, structure_of, type_of},
    crate::codec::schema::{Field, Struct},
    serde_json::{Map, Value},
    std::collections::{HashMap, HashSet},
};

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_PREFIX: &str = "$deleteFromPrimitiveList";
const ORDER_PREFIX: &str = "$setElementOrder";

type Members = Map<String, Value>;

/// Merges a patch into an object.
pub(super) fn apply(
    object: &mut Value,
    patch: &Value,
    structure: &'static Struct,
) -> Result<(), PatchError> {
    let patch = match patch {
        Value::Object(patch) => patch.clone(),
        Value::Null => Members::new(),
        other => {
            return Err(PatchError::Bad(format!(
                "json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
                type_of(other)
            )));
        }
    };
    let Value::Object(members) = object else { return Ok(()) };
    *members = merge(std::mem::take(members), patch, Some(structure))?;
    Ok(())
}

/// How a member of a struct is merged.
#[derive(Clone, Copy, Default)]
struct Rule {
    merges: bool,
    replaces: bool,
    key: &'static str,
    elements: Option<&'static Struct>,
}

fn rule(structure: Option<&'static Struct>, name: &str) -> Rule {
    let Some((_, field)) = structure.and_then(|structure| structure.field(name)) else {
        return Rule::default();
    };
    let has = |strategy| field_strategies(field).any(|known| known == strategy);
    Rule {
        merges: has("merge"),
        replaces: has("replace"),
        key: field.merge_key,
        elements: structure_of(&field.kind),
    }
}

fn field_strategies(field: &Field) -> impl Iterator<Item = &'static str> {
    field.strategy.split(',')
}

fn bad_order() -> PatchError {
    PatchError::Bad("invalid patch format of setElementOrder list".to_owned())
}

fn merge(
    mut original: Members,
    mut patch: Members,
    structure: Option<&'static Struct>,
) -> Result<Members, PatchError> {
    if let Some(directive) = patch.remove(DIRECTIVE) {
        return match directive.as_str() {
            Some("replace") => Ok(patch),
            Some("delete") => Ok(Members::new()),
            _ => {
                patch.insert(DIRECTIVE.to_owned(), directive.clone());
                Err(unknown_directive(&directive, &patch))
            }
        };
    }
    retain_keys(&mut original, &mut patch)?;
    put_in_order(&mut original, &mut patch, structure)?;
    for (name, value) in patch {
        let (name, deletes) = match name.split_once('/') {
            Some((DELETE_PREFIX, name)) => (name.to_owned(), true),
            _ if name.starts_with(DELETE_PREFIX) => {
                return Err(PatchError::Bad("invalid patch format of primitive list".to_owned()));
            }
            _ => (name, false),
        };
        if value.is_null() {
            original.remove(&name);
            continue;
        }
        let merged = match (original.remove(&name), value) {
            (Some(Value::Object(original)), Value::Object(patch)) => {
                let rule = rule(structure, &name);
                let patched =
                    if rule.replaces { patch } else { merge(original, patch, rule.elements)? };
                Some(Value::Object(patched))
            }
            (Some(Value::Array(original)), Value::Array(patch)) => {
                let rule = rule(structure, &name);
                Some(Value::Array(merge_lists(original, patch, rule, deletes)?))
            }
            (original, _) if deletes => original,
            (_, value) => without_directives(without_nulls(value)),
        };
        if let Some(merged) = merged {
            original.insert(name, merged);
        }
    }
    Ok(original)
}

fn unknown_directive(directive: &Value, patch: &Members) -> PatchError {
    let map = go(&Value::Object(patch.clone()));
    PatchError::Unplanned(format!("unknown patch type: {} in map: {map}", go(directive)))
}

fn retain_keys(original: &mut Members, patch: &mut Members) -> Result<(), PatchError> {
    let Some(keys) = patch.remove(RETAIN_KEYS) else { return Ok(()) };
    let bad = || PatchError::Bad("invalid patch format of retainKeys".to_owned());
    let keys = keys.as_array().ok_or_else(bad)?;
    let keys: HashSet<_> = keys.iter().filter_map(Value::as_str).collect();
    let kept = |name: &str| keys.contains(name);
    let told = |name: &str, value: &Value| {
        value.is_null()
            || name.starts_with(DELETE_PREFIX)
            || name.starts_with(ORDER_PREFIX)
            || kept(name)
    };
    if !patch.iter().all(|(name, value)| told(name, value)) {
        return Err(bad());
    }
    original.retain(|name, _| kept(name));
    Ok(())
}

/// Merges the lists whose order the patch sets.
fn put_in_order(
    original: &mut Members,
    patch: &mut Members,
    structure: Option<&'static Struct>,
) -> Result<(), PatchError> {
    let names: Vec<_> =
        patch.keys().filter(|name| name.starts_with(ORDER_PREFIX)).cloned().collect();
    for directive in names {
        let order = match patch.remove(&directive) {
            Some(Value::Array(order)) => order,
            other => {
                let found = go_type(&other.unwrap_or_default());
                let text = format!("expected a []interface {{}}, but received a {found}");
                return Err(PatchError::Unplanned(text));
            }
        };
        let Some((ORDER_PREFIX, name)) = directive.split_once('/') else {
            return Err(bad_order());
        };
        let rule = rule(structure, name);
        let server_order = original.get(name).and_then(Value::as_array).cloned();
        let merged = match (original.get(name).cloned(), patch.remove(name)) {
            (Some(Value::Array(original)), Some(Value::Array(patch))) => {
                check_order(&patch, &order, rule.key)?;
                merge_slices(original, patch, rule, false)?
            }
            (Some(Value::Array(original)), None) => original,
            (None, Some(Value::Array(patch))) => {
                patch.into_iter().filter_map(without_directives).collect()
            }
            _ => continue,
        };
        let sorted = in_order(merged, &order, &server_order.unwrap_or_default(), rule.key);
        original.insert(name.to_owned(), Value::Array(sorted));
    }
    Ok(())
}

// The type of a value, as Go prints it.
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

// What is patched has to come in the order that is set.
fn check_order(patch: &[Value], order: &[Value], key: &str) -> Result<(), PatchError> {
    let mut places = order.iter();
    let listed = patch
        .iter()
        .filter(|element| element.get(DIRECTIVE).is_none())
        .all(|element| places.by_ref().any(|place| same(place, element, key)));
    if listed || order.is_empty() {
        return Ok(());
    }
    let list = |values: &[Value]| go(&Value::Array(values.to_vec()));
    Err(PatchError::Unplanned(format!(
        "The order in patch list:\n{}\n doesn't match {ORDER_PREFIX} list:\n{}\n",
        list(patch),
        list(order)
    )))
}

fn merge_lists(
    original: Vec<Value>,
    patch: Vec<Value>,
    rule: Rule,
    deletes: bool,
) -> Result<Vec<Value>, PatchError> {
    if !rule.merges && !deletes {
        return Ok(patch);
    }
    if original.is_empty() && patch.is_empty() {
        return Ok(original);
    }
    let server_order = original.clone();
    let order: Vec<_> =
        patch.iter().filter(|element| element.get(DIRECTIVE).is_none()).cloned().collect();
    let replaced = patch.iter().any(|element| element[DIRECTIVE] == "replace");
    let merged = merge_slices(original, patch, rule, deletes)?;
    if deletes || replaced {
        return Ok(merged);
    }
    Ok(in_order(merged, &order, &server_order, rule.key))
}

fn merge_slices(
    mut original: Vec<Value>,
    patch: Vec<Value>,
    rule: Rule,
    deletes: bool,
) -> Result<Vec<Value>, PatchError> {
    let maps = original.iter().chain(&patch).any(Value::is_object);
    if !maps {
        return Ok(merge_values(original, patch, deletes));
    }
    let (mut additions, mut deleted) = (Vec::new(), HashSet::new());
    let mut replaces = false;
    for element in patch {
        match element[DIRECTIVE].as_str() {
            None => additions.push(element),
            Some("delete") => {
                deleted.insert(key_of(&element, rule.key)?.clone());
            }
            Some("replace") => replaces = true,
            Some("merge") => {
                let text = "merging lists cannot yet be specified in the patch";
                return Err(PatchError::Unplanned(text.to_owned()));
            }
            Some(_) => {
                let members = element.as_object().cloned().unwrap_or_default();
                return Err(unknown_directive(&element[DIRECTIVE], &members));
            }
        }
    }
    if replaces {
        return Ok(additions);
    }
    original.retain(|known| !deleted.contains(&known[rule.key]));
    merge_elements(original, additions, rule)
}

/// Adds values that are not there, or takes away those that are.
fn merge_values(mut original: Vec<Value>, patch: Vec<Value>, deletes: bool) -> Vec<Value> {
    if deletes {
        let patch: HashSet<_> = patch.into_iter().collect();
        original.retain(|element| !patch.contains(element));
        return original;
    }
    let mut known: HashSet<_> = original.iter().cloned().collect();
    original.extend(patch.into_iter().filter(|element| known.insert(element.clone())));
    original
}

/// Merges each element into the first of its key, or adds it.
fn merge_elements(
    mut original: Vec<Value>,
    additions: Vec<Value>,
    rule: Rule,
) -> Result<Vec<Value>, PatchError> {
    let mut places = HashMap::new();
    for (place, known) in original.iter().enumerate() {
        places.entry(known[rule.key].clone()).or_insert(place);
    }
    for element in additions {
        let value = key_of(&element, rule.key)?.clone();
        match places.get(&value) {
            Some(place) => {
                let known = &mut original[*place];
                let (Value::Object(old), Value::Object(new)) = (known.take(), element) else {
                    continue;
                };
                *known = Value::Object(merge(old, new, rule.elements)?);
            }
            None => {
                places.insert(value, original.len());
                original.push(element);
            }
        }
    }
    Ok(original)
}

fn key_of<'a>(element: &'a Value, key: &str) -> Result<&'a Value, PatchError> {
    element.get(key).ok_or_else(|| {
        let map = go(element);
        PatchError::Unplanned(format!("map: {map} does not contain declared merge key: {key}"))
    })
}

fn same(one: &Value, other: &Value, key: &str) -> bool {
    identity(one, key) == identity(other, key)
}

fn identity<'a>(element: &'a Value, key: &str) -> &'a Value {
    if key.is_empty() { element } else { &element[key] }
}

/// What the patch names comes in its order, what it does not keeps its place before what it
/// preceded.
fn in_order(merged: Vec<Value>, order: &[Value], server_order: &[Value], key: &str) -> Vec<Value> {
    let places = |list: &[Value]| {
        let mut places = HashMap::new();
        for (place, element) in list.iter().enumerate() {
            places.entry(identity(element, key).clone()).or_insert(place);
        }
        places
    };
    let place = |places: &HashMap<Value, usize>, element: &Value| {
        places.get(identity(element, key)).copied()
    };
    let (order, server_order) = (&places(order), &places(server_order));
    let (mut named, mut others): (Vec<_>, Vec<_>) =
        merged.into_iter().partition(|element| place(order, element).is_some());
    named.sort_by_key(|element| place(order, element));
    others.sort_by_key(|element| place(server_order, element));
    let (mut named, mut others) = (named.into_iter().peekable(), others.into_iter().peekable());
    let mut sorted = Vec::new();
    loop {
        let takes_other = match (others.peek(), named.peek()) {
            (Some(other), Some(named)) => {
                match (place(server_order, other), place(server_order, named)) {
                    (Some(one), Some(another)) => one < another,
                    _ => false,
                }
            }
            (other, _) => other.is_some(),
        };
        match if takes_other { others.next() } else { named.next() } {
            Some(element) => sorted.push(element),
            None => return sorted,
        }
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        Value::Array(elements) => elements.into_iter().map(without_nulls).collect(),
        value => value,
    }
}

fn without_directives(value: Value) -> Option<Value> {
    match value {
        Value::Object(members) if members.contains_key(DIRECTIVE) => None,
        Value::Object(members) => Some(Value::Object(
            members
                .into_iter()
                .filter_map(|(name, value)| Some((name, without_directives(value)?)))
                .collect(),
        )),
        Value::Array(elements) => {
            Some(Value::Array(elements.into_iter().filter_map(without_directives).collect()))
        }
        value => Some(value),
    }
}

#[cfg(test)]
mod tests {
    use {super::*, crate::codec::schema::Schema, rstest::rstest, serde_json::json};

    #[rstest]
    #[case(json!({"secrets": [{"name": "b", "kind": "K"}]}), json!(["a", "b+K"]))]
    #[case(json!({"secrets": [{"name": "c"}]}), json!(["c", "a", "b"]))]
    #[case(json!({"secrets": [{"$patch": "delete", "name": "a"}]}), json!(["b"]))]
    #[case(json!({"secrets": [{"$patch": "replace"}, {"name": "c"}]}), json!(["c"]))]
    #[case(
        json!({"$setElementOrder/secrets": [{"name": "b"}, {"name": "a"}]}),
        json!(["b", "a"])
    )]
    fn lists_are_merged_by_their_key(#[case] patch: Value, #[case] expected: Value) {
        let structure = Schema::get().root("v1", "ServiceAccount").unwrap();
        let mut object = json!({"secrets": [{"name": "a"}, {"name": "b"}]});
        apply(&mut object, &patch, structure).unwrap();
        let names: Vec<_> = object["secrets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|secret| match secret["kind"].as_str() {
                Some(kind) => format!("{}+{kind}", secret["name"].as_str().unwrap()),
                None => secret["name"].as_str().unwrap().to_owned(),
            })
            .collect();
        assert_eq!(json!(names), expected);
    }

    #[test]
    fn null_takes_a_member_away_and_finalizers_are_a_set() {
        let structure = Schema::get().root("v1", "ServiceAccount").unwrap();
        let mut object = json!({"metadata": {"labels": {"a": "b"}, "finalizers": ["x/y"]}});
        let patch = json!({"metadata": {
            "labels": {"a": null, "c": "d"},
            "finalizers": ["z/z"],
            "$deleteFromPrimitiveList/finalizers": ["x/y"],
        }});
        apply(&mut object, &patch, structure).unwrap();
        assert_eq!(object, json!({"metadata": {"labels": {"c": "d"}, "finalizers": ["z/z"]}}));
    }
}
