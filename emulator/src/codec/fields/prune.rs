//! What somebody no longer wants, taken away where nobody else owns it.
//! structured-merge-diff: merge/update.go, typed/remove.go

use {
    super::{
        set::{Element, Set},
        shape::{Form, Shape, element_of, element_shape},
        typed::fields,
    },
    serde_json::{Map, Value},
};

/// Takes away what `last` has, unless `managed`, all that is owned now, has it too.
pub(super) fn prune(
    shape: Shape,
    merged: &Value,
    last: &Set<'static>,
    managed: &Set<'static>,
) -> Value {
    let last = with_named(shape, last);
    let all = with_named(shape, &fields(shape, merged));
    let pruned = without(shape, merged, &last);
    let kept = with_named(shape, &fields(shape, &pruned)).union(with_named(shape, managed));
    // What others own is put back, and so is what was never owned by who applies.
    let pruned = without(shape, merged, &all.clone().difference(&kept));
    let kept = with_named(shape, &fields(shape, &pruned));
    without(shape, merged, &all.difference(&kept).intersection(&last))
}

/// The value without some of its fields; null when nothing is left.
fn without(shape: Shape, value: &Value, fields: &Set<'static>) -> Value {
    match (shape, value) {
        (Shape::Scalar(_), value) => value.clone(),
        _ if !shape.is_followed() => Value::Null,
        (Shape::List(kind, merge), Value::Array(elements)) => {
            let kept = elements.iter().filter_map(|value| {
                let element = element_of(Form::Wire, kind, merge, value).ok()?;
                match fields.below(&element) {
                    Some(below) if below.member => None,
                    Some(below) => Some(without(element_shape(kind), value, below)),
                    None => Some(value.clone()),
                }
            });
            let kept: Vec<_> = kept.collect();
            if kept.is_empty() { Value::Null } else { Value::Array(kept) }
        }
        (_, Value::Object(members)) => {
            let kept: Map<_, _> = members
                .iter()
                .filter_map(|(name, value)| {
                    let value = match fields.below(&Element::Field(name.as_str().into())) {
                        Some(below) if below.member => return None,
                        Some(below) => without(shape.member(name)?, value, below),
                        None => value.clone(),
                    };
                    Some((name.clone(), value))
                })
                .collect();
            if kept.is_empty() { Value::Null } else { Value::Object(kept) }
        }
        _ => Value::Null,
    }
}

/// The set with every declared member on the way to what is in it.
fn with_named(shape: Shape, set: &Set<'static>) -> Set<'static> {
    let below = |shape: Option<Shape>, set: &Set<'static>| match shape {
        Some(shape) => with_named(shape, set),
        None => set.clone(),
    };
    let children = set.children.iter().map(|(element, set)| {
        let inner = match (element, shape) {
            (Element::Field(name), _) => shape.member(name),
            (Element::Key(_), Shape::List(kind, _)) => Some(element_shape(kind)),
            _ => None,
        };
        let declared = matches!(element, Element::Field(name) if shape.declares(name));
        let mut below = below(inner, set);
        below.member |= declared && !set.children.is_empty();
        (element.clone(), below)
    });
    Set { member: set.member, children: children.collect() }
}
