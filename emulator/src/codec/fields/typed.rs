//! A value as the schema sees it: whether it fits, and which fields it has.
//! structured-merge-diff: typed/validate.go, typed/tofieldset.go

use {
    super::{
        set::{Element, Set},
        shape::{Form, Shape, element_of, element_shape},
    },
    crate::codec::{quote::quote, schema::Kind},
    serde_json::Value,
    std::{
        borrow::Cow,
        collections::{HashMap, HashSet},
    },
};

/// What is wrong with a value that somebody sent; a text, with the path of each fault.
pub(super) fn check(shape: Shape, value: &Value) -> Result<(), String> {
    let mut faults = Vec::new();
    walk(shape, value, "", &mut faults);
    match faults.as_slice() {
        [] => Ok(()),
        [fault] => Err(fault.clone()),
        faults => Err(format!("errors:\n  {}", faults.join("\n  "))),
    }
}

fn walk(shape: Shape, value: &Value, path: &str, faults: &mut Vec<String>) {
    let mut fault = |text: String| {
        let colon = if path.is_empty() { "" } else { ": " };
        faults.push(format!("{path}{colon}{text}"));
    };
    match (shape, value) {
        (_, Value::Null) => {}
        (Shape::Scalar(kind), value) => {
            if let Some(text) = mistyped(kind, value) {
                fault(text);
            }
        }
        (Shape::Struct(..) | Shape::Map(..), Value::Object(members)) => {
            for (name, value) in members {
                let path = format!("{path}.{name}");
                match shape.member(name) {
                    Some(shape) => walk(shape, value, &path, faults),
                    None => return faults.push(format!("{path}: field not declared in schema")),
                }
            }
        }
        (Shape::List(..), Value::Array(elements)) => walk_list(shape, elements, path, faults),
        (Shape::List(..), value) => fault(format!("expected list, got &{{{}}}", plain(value))),
        (_, value) => fault(format!("expected map, got &{{{}}}", plain(value))),
    }
}

fn walk_list(shape: Shape, elements: &[Value], path: &str, faults: &mut Vec<String>) {
    let Shape::List(kind, merge) = shape else { return };
    let mut seen: HashSet<Element<'_>> = HashSet::new();
    for (index, value) in elements.iter().enumerate() {
        let colon = if path.is_empty() { "" } else { ": " };
        let mut element = Element::Index(i64::try_from(index).unwrap_or(i64::MAX));
        if shape.is_followed() {
            element = match element_of(Form::Wire, kind, merge, value) {
                Ok(element) => element,
                Err(why) => return faults.push(format!("{path}{colon}element {index}: {why}")),
            };
            if seen.contains(&element) {
                let element = element.path();
                faults.push(format!("{path}{colon}duplicate entries for key {element}"));
            }
        }
        walk(element_shape(kind), value, &format!("{path}{}", element.path()), faults);
        seen.insert(element);
    }
}

fn mistyped(kind: &Kind, value: &Value) -> Option<String> {
    match (kind, value) {
        (Kind::String | Kind::Bytes, Value::String(_))
        | (Kind::Int32 | Kind::Int64, Value::Number(_))
        | (Kind::Bool, Value::Bool(_))
        | (Kind::Any | Kind::Raw, _) => None,
        (Kind::String | Kind::Bytes, value) => Some(format!(
            "expected string, got &value.valueUnstructured{{Value:{}}}",
            syntax(value)
        )),
        (Kind::Int32 | Kind::Int64, value) => {
            Some(format!("expected numeric (int or float), got {}", go_type(value)))
        }
        (Kind::Bool, value) => Some(format!("expected boolean, got &{{{}}}", plain(value))),
        (_, Value::Array(_) | Value::Object(_)) => {
            Some(format!("expected any scalar, got &{{{}}}", plain(value)))
        }
        _ => None,
    }
}

fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

// As Go's `%v` prints it.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(elements) => {
            format!("[{}]", elements.iter().map(plain).collect::<Vec<_>>().join(" "))
        }
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| format!("{name}:{}", plain(value));
            format!("map[{}]", members.iter().map(member).collect::<Vec<_>>().join(" "))
        }
        value => value.to_string(),
    }
}

// As Go's `%#v` prints it.
fn syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::String(text) => quote(text),
        Value::Array(elements) => {
            let elements: Vec<_> = elements.iter().map(syntax).collect();
            format!("[]interface {{}}{{{}}}", elements.join(", "))
        }
        Value::Object(members) => {
            let member =
                |(name, value): (&String, &Value)| format!("{}:{}", quote(name), syntax(value));
            let members: Vec<_> = members.iter().map(member).collect();
            format!("map[string]interface {{}}{{{}}}", members.join(", "))
        }
        value => value.to_string(),
    }
}

/// The fields that a value has.
pub(super) fn fields(shape: Shape, value: &Value) -> Set<'static> {
    let mut set = Set::default();
    match (shape, value) {
        (Shape::Scalar(_), _) => set.member = true,
        _ if !shape.is_followed() => set.member = true,
        (Shape::List(..), Value::Array(elements)) => element_fields(shape, elements, &mut set),
        (_, Value::Object(members)) => {
            for (name, value) in members {
                let Some(member) = shape.member(name) else { continue };
                let mut below = fields(member, value);
                let empty = value.is_null() || value.as_object().is_some_and(|it| it.is_empty());
                below.member |= empty || !shape.declares(name);
                set.push(&Element::Field(Cow::Owned(name.clone())), below);
            }
            set.sort();
        }
        _ => {}
    }
    set
}

fn element_fields(shape: Shape, elements: &[Value], set: &mut Set<'static>) {
    let Shape::List(kind, merge) = shape else { return };
    let named: Vec<_> = elements
        .iter()
        .filter_map(|value| Some((element_of(Form::Wire, kind, merge, value).ok()?, value)))
        .collect();
    let mut counts: HashMap<&Element<'_>, usize> = HashMap::new();
    named.iter().for_each(|(element, _)| *counts.entry(element).or_default() += 1);
    for (element, value) in &named {
        // One that is taken out has been seen to.
        let Some(count) = counts.remove(element) else { continue };
        // Several of one key are owned whole.
        let single = count == 1;
        let mut below = if single { fields(element_shape(kind), value) } else { Set::default() };
        below.member = true;
        set.push(&element.clone().into_owned(), below);
    }
    set.sort();
}
