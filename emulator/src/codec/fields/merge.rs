//! What somebody sent, merged into what is there.
//! structured-merge-diff: typed/merge.go

use {
    super::{
        set::Element,
        shape::{Form, Shape, element_of, element_shape},
    },
    serde_json::{Map, Value},
    std::collections::{HashMap, HashSet},
};

/// Merges two values, of which at least one is there; `None` when nothing is left.
pub(super) fn merge(shape: Shape, live: Option<&Value>, sent: Option<&Value>) -> Option<Value> {
    if !shape.is_followed() || (is_empty(live) && is_empty(sent)) {
        return sent.or(live).cloned();
    }
    match shape {
        Shape::List(..) => lists(shape, elements(live), elements(sent)),
        _ => members(shape, live, sent),
    }
}

// What is no list or map has nothing in it.
fn is_empty(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Array(elements)) => elements.is_empty(),
        Some(Value::Object(members)) => members.is_empty(),
        _ => true,
    }
}

fn members(shape: Shape, live: Option<&Value>, sent: Option<&Value>) -> Option<Value> {
    let (live, sent) = (live.and_then(Value::as_object), sent.and_then(Value::as_object));
    let mut names: Vec<&String> = live.into_iter().flatten().map(|(name, _)| name).collect();
    let known = |name: &str| live.is_some_and(|live| live.contains_key(name));
    names.extend(sent.into_iter().flatten().map(|(name, _)| name).filter(|name| !known(name)));
    let mut merged = Map::new();
    for name in names {
        let (old, new) =
            (live.and_then(|live| live.get(name)), sent.and_then(|sent| sent.get(name)));
        let value = match shape.member(name) {
            Some(shape) => merge(shape, old, new),
            None => new.or(old).cloned(),
        };
        if let Some(value) = value {
            merged.insert(name.clone(), value);
        }
    }
    (!merged.is_empty()).then_some(Value::Object(merged))
}

fn elements(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The elements of a list, each with what tells it from the others.
struct Keyed<'a> {
    all: Vec<(Element<'a>, &'a Value)>,
    /// Each element's value; null when there are several.
    values: HashMap<Element<'a>, &'a Value>,
}

impl<'a> Keyed<'a> {
    fn new(shape: Shape, elements: &'a [Value]) -> Self {
        let (mut all, mut values) = (Vec::new(), HashMap::new());
        let Shape::List(kind, merge) = shape else { return Self { all, values } };
        let keyed = elements
            .iter()
            .filter_map(|value| Some((element_of(Form::Wire, kind, merge, value).ok()?, value)));
        for (element, value) in keyed {
            let several = values.contains_key(&element);
            values.insert(element.clone(), if several { &Value::Null } else { value });
            all.push((element, value));
        }
        Self { all, values }
    }

    fn has(&self, element: &Element<'_>) -> bool {
        self.values.contains_key(element)
    }

    /// The element's value; null when there are several.
    fn get(&self, element: &Element<'_>) -> Option<&'a Value> {
        self.values.get(element).copied()
    }
}

// What is sent comes in its own order, what is not keeps its place among what is there.
fn lists(shape: Shape, live: &[Value], sent: &[Value]) -> Option<Value> {
    let (live, sent) = (Keyed::new(shape, live), Keyed::new(shape, sent));
    let Shape::List(kind, _) = shape else { return None };
    let item = |old: Option<&Value>, new: Option<&Value>| merge(element_shape(kind), old, new);
    let mut shared = sent.all.iter().map(|(element, _)| element).filter(|it| live.has(it));
    let mut next = shared.next();
    let mut merged: HashSet<&Element<'_>> = HashSet::new();
    let mut out = Vec::new();
    let (mut left, mut right) = (0, 0);
    while left < live.all.len() || right < sent.all.len() {
        if let (Some((old, _)), Some((new, _))) = (live.all.get(left), sent.all.get(right)) {
            if old == new {
                merged.insert(old);
                out.extend(item(live.get(old), sent.get(old)));
                (left, right, next) = (left + 1, right + 1, shared.next());
                continue;
            }
            if sent.has(old) && next.is_some_and(|next| next != old) {
                left += 1;
                continue;
            }
        }
        if let Some((old, value)) = live.all.get(left) {
            if !sent.has(old) {
                out.extend(item(Some(value), None));
                left += 1;
                continue;
            }
            if merged.contains(old) {
                left += 1;
            }
        }
        if let Some((new, _)) = sent.all.get(right) {
            merged.insert(new);
            out.extend(item(live.get(new), sent.get(new)));
            right += 1;
            if next == Some(new) {
                next = shared.next();
            }
        }
    }
    (!out.is_empty()).then_some(Value::Array(out))
}
