//! How a value is taken apart, and what tells the elements of a list from each other.
//! structured-merge-diff: typed/helpers.go

use {
    super::set::Element,
    crate::codec::{
        quote::quote,
        schema::{Field, Kind, Merge, Schema, Struct},
    },
    serde_json::{Map, Value},
    std::{borrow::Cow, sync::LazyLock},
};

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// It is a document as it is kept: what is empty may be there or not.
    Stored,
    /// It is what goes over the wire: what is there is there.
    Wire,
}

/// A list that cannot be followed: an element has no key, or is none.
#[derive(Debug)]
pub(super) struct Untrackable;

/// How a value is taken apart.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Struct(&'static Struct, &'static Merge),
    Map(&'static Kind, &'static Merge),
    List(&'static Kind, &'static Merge),
    Scalar(&'static Kind),
}

/// Values that Go has where a document has nothing.
pub(super) struct Empty {
    pub(super) object: Value,
    text: Value,
    number: Value,
    boolean: Value,
    quantity: Value,
}

pub(super) static EMPTY: LazyLock<Empty> = LazyLock::new(|| Empty {
    object: Value::Object(Map::new()),
    text: Value::String(String::new()),
    number: Value::from(0),
    boolean: Value::Bool(false),
    quantity: Value::String("0".to_owned()),
});

pub(super) fn shape(kind: &'static Kind, merge: &'static Merge) -> Shape {
    match kind {
        Kind::Struct(id) => Shape::Struct(Schema::get().structure(*id), merge),
        Kind::Map(element) => Shape::Map(element, merge),
        Kind::List(element) | Kind::Items(element) => Shape::List(element, merge),
        _ => Shape::Scalar(kind),
    }
}

pub(super) fn shape_of(field: &'static Field) -> Shape {
    shape(&field.kind, &field.merge)
}

pub(super) fn element_shape(kind: &'static Kind) -> Shape {
    match kind {
        Kind::Struct(id) => Shape::of(Schema::get().structure(*id)),
        // Lists in lists and maps in maps are owned whole.
        _ => shape(kind, &Merge::Atomic),
    }
}

impl Shape {
    /// The shape of a whole object.
    pub(super) fn of(structure: &'static Struct) -> Self {
        Self::Struct(structure, &structure.merge)
    }

    /// Whether the value is owned member by member, or element by element.
    pub(super) fn is_followed(&self) -> bool {
        match self {
            Self::Struct(_, merge) | Self::Map(_, merge) => **merge == Merge::Granular,
            Self::List(_, merge) => matches!(merge, Merge::Set | Merge::Map(_)),
            Self::Scalar(_) => false,
        }
    }

    /// The shape of a member; `None` when there can be none of that name.
    pub(super) fn member(&self, name: &str) -> Option<Self> {
        match self {
            Self::Struct(structure, _) => structure.field(name).map(|(_, field)| shape_of(field)),
            Self::Map(element, _) => Some(element_shape(element)),
            _ => None,
        }
    }

    /// Whether a member of that name is declared, and not just an entry of a map.
    pub(super) fn declares(&self, name: &str) -> bool {
        matches!(self, Self::Struct(structure, _) if structure.field(name).is_some())
    }
}

/// A member as Go sees it: `None` when it is left out, null when it is nil.
pub(super) fn view<'a>(
    form: Form,
    field: &Field,
    members: &'a Map<String, Value>,
) -> Option<&'a Value> {
    let value = members.get(field.name);
    if form == Form::Wire { value } else { view_of(field, value) }
}

/// The same for what is kept of a member.
pub(super) fn view_of<'a>(field: &Field, value: Option<&'a Value>) -> Option<&'a Value> {
    if field.is_omitted(value) {
        return None;
    }
    Some(match value {
        Some(value) if !value.is_null() => value,
        _ if field.pointer => &Value::Null,
        _ => match field.kind {
            Kind::Struct(_) => &EMPTY.object,
            Kind::String => &EMPTY.text,
            Kind::Bool => &EMPTY.boolean,
            Kind::Int32 | Kind::Int64 | Kind::IntOrString => &EMPTY.number,
            Kind::Quantity => &EMPTY.quantity,
            _ => &Value::Null,
        },
    })
}

/// What tells an element of a list from the others, or why nothing does.
pub(super) fn element_of<'a>(
    form: Form,
    kind: &'static Kind,
    merge: &'static Merge,
    value: &'a Value,
) -> Result<Element<'a>, String> {
    match (merge, kind) {
        (Merge::Map(keys), Kind::Struct(id)) => {
            key(form, Schema::get().structure(*id), keys, value)
        }
        (Merge::Set, _) => match value {
            Value::Object(_) => {
                Err("associative list without keys has an element that's a map type".to_owned())
            }
            Value::Array(_) => {
                Err("not supported: associative list with lists as elements".to_owned())
            }
            Value::Null => {
                Err("associative list without keys has an element that's an explicit null"
                    .to_owned())
            }
            value => Ok(Element::Value(Cow::Borrowed(value))),
        },
        _ => Err("invalid indexing of non-associative list".to_owned()),
    }
}

fn key<'a>(
    form: Form,
    structure: &'static Struct,
    keys: &[&'static str],
    value: &'a Value,
) -> Result<Element<'a>, String> {
    let members = match value {
        Value::Object(members) => members,
        Value::Null => {
            return Err("associative list with keys may not have a null element".to_owned());
        }
        _ => return Err("associative list with keys may not have non-map elements".to_owned()),
    };
    let mut key = Vec::with_capacity(keys.len());
    for name in keys {
        let Some((_, field)) = structure.field(name) else { continue };
        if let Some(value) = view(form, field, members) {
            key.push((Cow::Borrowed(*name), Cow::Borrowed(value)));
        } else if let Ok(value) = serde_json::from_str(field.default) {
            key.push((Cow::Borrowed(*name), Cow::Owned(value)));
        }
    }
    if key.is_empty() {
        let keys: Vec<_> = keys.iter().map(|key| quote(key)).collect();
        let keys = keys.join(" ");
        return Err(format!(
            "associative list with keys has an element that omits all key fields [{keys}] (and doesn't have default values for any key fields)"
        ));
    }
    key.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(Element::Key(key))
}
