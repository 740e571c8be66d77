//! What changed between two versions of an object, field by field.
//! structured-merge-diff: typed/compare.go

use {
    super::{
        set::{Element, Set},
        shape::{
            EMPTY, Form, Shape, Untrackable, element_of, element_shape, shape, shape_of, view,
        },
    },
    crate::codec::schema::{Kind, Merge, Struct},
    serde_json::{Map, Value},
    std::{borrow::Cow, cmp::Ordering},
};

/// The fields that differ.
#[derive(Debug, Default)]
pub(super) struct Changes<'a> {
    /// New ones, and those with another value.
    pub(super) written: Set<'a>,
    /// Those that are gone.
    pub(super) removed: Set<'a>,
}

/// What a write changed; nothing is there before a create.
pub(super) fn changes<'a>(
    form: Form,
    structure: &'static Struct,
    before: Option<&'a Value>,
    after: &'a Value,
) -> Result<Changes<'a>, Untrackable> {
    let shape = Shape::Struct(structure, &structure.merge);
    compare(form, shape, Some(before.unwrap_or(&EMPTY.object)), Some(after))
}

pub(super) fn compare<'a>(
    form: Form,
    shape: Shape,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
) -> Result<Changes<'a>, Untrackable> {
    // What is left out on both sides is seen as the same empty value.
    if let (Some(before), Some(after)) = (before, after)
        && std::ptr::eq(before, after)
    {
        return Ok(Changes::default());
    }
    let changes = match shape {
        Shape::Struct(structure, Merge::Granular)
            if is_filled(form, structure, before) || is_filled(form, structure, after) =>
        {
            members(form, structure, before, after)?
        }
        Shape::Map(element, Merge::Granular) if has_any(before) || has_any(after) => {
            entries(form, element, before, after)?
        }
        Shape::List(element, merge @ (Merge::Set | Merge::Map(_)))
            if has_any(before) || has_any(after) =>
        {
            elements(form, element, merge, before, after)?
        }
        _ => return Ok(leaf(form, shape, before, after)),
    };
    Ok(changes.with_self(before, after))
}

impl<'a> Changes<'a> {
    fn with_self(mut self, before: Option<&Value>, after: Option<&Value>) -> Self {
        self.written.member |= before.is_none();
        self.removed.member |= after.is_none();
        self
    }

    fn push(&mut self, element: &Element<'a>, below: Changes<'a>) {
        self.written.push(element, below.written);
        self.removed.push(element, below.removed);
    }

    fn sorted(mut self) -> Self {
        self.written.sort();
        self.removed.sort();
        self
    }
}

fn leaf<'a>(
    form: Form,
    shape: Shape,
    before: Option<&Value>,
    after: Option<&Value>,
) -> Changes<'a> {
    let mut changes = Changes::default();
    match (before, after) {
        (_, None) => changes.removed.member = true,
        (Some(before), Some(after)) if equal(form, shape, before, after) => {}
        _ => changes.written.member = true,
    }
    changes
}

pub(super) fn has_any(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Object(members)) => !members.is_empty(),
        Some(Value::Array(elements)) => !elements.is_empty(),
        _ => false,
    }
}

pub(super) fn is_filled(form: Form, structure: &Struct, value: Option<&Value>) -> bool {
    let Some(Value::Object(members)) = value else { return false };
    structure
        .fields
        .iter()
        .any(|field| !field.name.is_empty() && view(form, field, members).is_some())
}

fn object(value: Option<&Value>) -> Option<&Map<String, Value>> {
    value.and_then(Value::as_object)
}

fn members<'a>(
    form: Form,
    structure: &'static Struct,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
) -> Result<Changes<'a>, Untrackable> {
    let mut changes = Changes::default();
    let (before, after) = (object(before), object(after));
    for field in structure.fields.iter().filter(|field| !field.name.is_empty()) {
        let before = before.and_then(|members| view(form, field, members));
        let after = after.and_then(|members| view(form, field, members));
        if before.is_none() && after.is_none() {
            continue;
        }
        let below = compare(form, shape(&field.kind, &field.merge), before, after)?;
        changes.push(&Element::Field(Cow::Borrowed(field.name)), below);
    }
    Ok(changes.sorted())
}

fn entries<'a>(
    form: Form,
    element: &'static Kind,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
) -> Result<Changes<'a>, Untrackable> {
    let mut changes = Changes::default();
    let (before, after) = (object(before), object(after));
    let new = after.into_iter().flatten();
    for (name, value) in new {
        let old = before.and_then(|members| members.get(name));
        let below = compare(form, element_shape(element), old, Some(value))?;
        changes.push(&Element::Field(Cow::Borrowed(name)), below);
    }
    for (name, value) in before.into_iter().flatten() {
        if !after.is_some_and(|members| members.contains_key(name)) {
            let below = compare(form, element_shape(element), Some(value), None)?;
            changes.push(&Element::Field(Cow::Borrowed(name)), below);
        }
    }
    Ok(changes.sorted())
}

type Elements<'a> = Vec<(Element<'a>, Vec<&'a Value>)>;

fn elements<'a>(
    form: Form,
    kind: &'static Kind,
    merge: &'static Merge,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
) -> Result<Changes<'a>, Untrackable> {
    let mut changes = Changes::default();
    let mut before = keyed(form, kind, merge, before)?.into_iter().peekable();
    let mut after = keyed(form, kind, merge, after)?.into_iter().peekable();
    loop {
        let order = match (before.peek(), after.peek()) {
            (None, None) => return Ok(changes),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((one, _)), Some((other, _))) => one.compare(other),
        };
        let old = before.next_if(|_| order.is_le());
        let new = after.next_if(|_| order.is_ge());
        let values = |side: &Option<(Element<'a>, Vec<&'a Value>)>| {
            side.as_ref().map(|(_, values)| values.clone()).unwrap_or_default()
        };
        let below = same_key(form, kind, &values(&old), &values(&new))?;
        if let Some((element, _)) = old.or(new) {
            changes.push(&element, below);
        }
    }
}

// Elements of the same key: one on either side is followed, more are owned whole.
fn same_key<'a>(
    form: Form,
    kind: &'static Kind,
    before: &[&'a Value],
    after: &[&'a Value],
) -> Result<Changes<'a>, Untrackable> {
    let shape = element_shape(kind);
    match (before, after) {
        ([] | [_], [] | [_]) => {
            compare(form, shape, before.first().copied(), after.first().copied())
        }
        ([_, _, ..], [_, _, ..]) => {
            let same = before.len() == after.len()
                && before
                    .iter()
                    .zip(after)
                    .all(|(before, after)| equal(form, shape, before, after));
            let member = !same;
            Ok(Changes { written: Set { member, ..Set::default() }, removed: Set::default() })
        }
        ([_, _, ..], _) => {
            let mut changes = match after.first() {
                Some(after) => compare(form, shape, None, Some(*after))?,
                None => Changes::default(),
            };
            changes.removed.member = true;
            Ok(changes)
        }
        (_, _) => {
            let mut changes = match before.first() {
                Some(before) => compare(form, shape, Some(*before), None)?,
                None => Changes::default(),
            };
            changes.written.member = true;
            Ok(changes)
        }
    }
}

fn keyed<'a>(
    form: Form,
    kind: &'static Kind,
    merge: &'static Merge,
    list: Option<&'a Value>,
) -> Result<Elements<'a>, Untrackable> {
    let mut elements = Vec::new();
    for value in list.and_then(Value::as_array).into_iter().flatten() {
        let element = element_of(form, kind, merge, value).map_err(|_| Untrackable)?;
        elements.push((element, value));
    }
    elements.sort_by(|(one, _), (other, _)| one.compare(other));
    let mut keyed: Elements<'a> = Vec::with_capacity(elements.len());
    for (element, value) in elements {
        match keyed.last_mut() {
            Some((last, values)) if *last == element => values.push(value),
            _ => keyed.push((element, vec![value])),
        }
    }
    Ok(keyed)
}

pub(super) fn equal(form: Form, shape: Shape, one: &Value, other: &Value) -> bool {
    match (shape, one, other) {
        (Shape::Struct(structure, _), Value::Object(one), Value::Object(other))
            if form == Form::Stored =>
        {
            structure.fields.iter().all(|field| {
                match (view(form, field, one), view(form, field, other)) {
                    (None, None) => true,
                    (Some(one), Some(other)) => equal(form, shape_of(field), one, other),
                    _ => false,
                }
            })
        }
        (Shape::List(element, _), Value::Array(one), Value::Array(other)) => {
            let element = element_shape(element);
            let pairs = one.iter().zip(other);
            one.len() == other.len()
                && pairs.into_iter().all(|(one, other)| equal(form, element, one, other))
        }
        (Shape::Map(element, _), Value::Object(one), Value::Object(other)) => {
            let element = element_shape(element);
            let same = |(name, one): (&String, &Value)| {
                other.get(name).is_some_and(|other| equal(form, element, one, other))
            };
            one.len() == other.len() && one.iter().all(same)
        }
        _ => one == other,
    }
}
