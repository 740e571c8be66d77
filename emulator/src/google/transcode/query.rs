//! Query parameters become fields: those that are neither in the path nor in the body.

use {
    super::{
        bind::find_field,
        scalar::{Scalar, is_scalar_message},
        violation::Violation,
    },
    prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage, Value},
};

/// What a query must not bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken<'a> {
    /// Nothing is taken by the body.
    Nothing,
    /// This field is the body.
    Field(&'a str),
    /// The body is the message, but for this field, which the path has.
    AllBut(&'a str),
}

/// Binds parameters, and says which cannot be bound and why.
pub(crate) fn bind(
    parameters: &[(String, String)],
    message: &mut DynamicMessage,
    taken: Taken<'_>,
) -> Vec<Violation> {
    let bind = |(name, value): &(String, String)| bind_one(name, value, message, taken).err();
    parameters.iter().filter_map(bind).collect()
}

fn bind_one(
    name: &str,
    value: &str,
    message: &mut DynamicMessage,
    taken: Taken<'_>,
) -> Result<(), Violation> {
    let path = find_path(name, message, taken)?;
    let snake = path.iter().map(FieldDescriptor::name).collect::<Vec<_>>().join(".");
    let Some((last, parents)) = path.split_last() else { return Ok(()) };
    let value = Scalar::Text(value).read(&last.kind()).map_err(|mismatch| {
        Violation::invalid_value(&snake, &mismatch.type_name, &mismatch.value)
    })?;
    let mut parent = message;
    for field in parents {
        let Value::Message(inner) = parent.get_field_mut(field) else { return Ok(()) };
        parent = inner;
    }
    match parent.get_field_mut(last) {
        Value::List(list) => list.push(value),
        field => *field = value,
    }
    Ok(())
}

/// The fields that a dotted name goes through, to one that text can fill.
fn find_path(
    name: &str,
    message: &DynamicMessage,
    taken: Taken<'_>,
) -> Result<Vec<FieldDescriptor>, Violation> {
    let unknown = |reason: &str| {
        Violation::unknown_name(name, "", &format!("Cannot bind query parameter. {reason}"))
    };
    let not_found =
        |part: &str| unknown(&format!("Field '{part}' could not be found in request message."));
    let mut path: Vec<FieldDescriptor> = Vec::new();
    let mut around = Some(message.descriptor());
    for part in name.split('.') {
        let field = around.and_then(|around| find_field(&around, part));
        let field = field.ok_or_else(|| not_found(part))?;
        let is_taken = match taken {
            Taken::Nothing => false,
            Taken::Field(name) => name == field.name(),
            Taken::AllBut(name) => name != field.name(),
        };
        if path.is_empty() && is_taken {
            return Err(not_found(part));
        }
        around = match field.kind() {
            Kind::Message(inner) if !field.is_list() => Some(inner),
            _ => None,
        };
        path.push(field);
    }
    let last = path.last().map(FieldDescriptor::kind);
    match last {
        Some(Kind::Message(kind)) if !is_scalar_message(&kind) => Err(unknown(&format!(
            "'{name}' is a message type. Parameters can only be bound to primitive types."
        ))),
        _ => Ok(path),
    }
}
