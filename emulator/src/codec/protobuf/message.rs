//! Reads a message into a document, led by the schema. What is not known is skipped.

use {
    super::wire::{BYTES, Cursor, Tag, VARINT},
    crate::codec::{
        base64::{BASE64_STANDARD, Engine},
        carried::carry,
        quantity,
        schema::{Field, Kind, Schema, Struct, Wire},
        time,
    },
    serde_json::{Map, Value},
};

type Members = Map<String, Value>;

/// Reads a message over what is there already.
pub(super) fn read(bytes: &[u8], structure: &Struct, members: &mut Members) -> Result<(), String> {
    each(bytes, structure.name(), |tag, cursor| {
        let mut wire = structure.wire().iter();
        let number = u32::try_from(tag.number).unwrap_or(0);
        let Some((_, wire)) = wire.find(|(known, _)| *known == number) else { return Ok(false) };
        match wire {
            Wire::Embedded(index) => {
                let embedded = &structure.embedded[*index];
                let bytes = length_delimited(tag, cursor, embedded.go_name)?;
                read(bytes, Schema::get().structure(embedded.structure), members)?;
            }
            Wire::Field(index) => member(&structure.fields[*index], tag, cursor, members)?,
        }
        Ok(true)
    })
}

/// Hands every field of a message over, and skips those that are not taken.
pub(super) fn each<'a>(
    bytes: &'a [u8],
    name: &str,
    mut take: impl FnMut(&Tag, &mut Cursor<'a>) -> Result<bool, String>,
) -> Result<(), String> {
    let mut cursor = Cursor::new(bytes);
    while !cursor.rest.is_empty() {
        let start = cursor;
        let tag = cursor.tag()?;
        if tag.form == 4 {
            return Err(format!("proto: {name}: wiretype end group for non-group"));
        }
        if tag.number <= 0 {
            let (number, raw) = (tag.number, tag.raw);
            return Err(format!("proto: {name}: illegal tag {number} (wire type {raw})"));
        }
        if !take(&tag, &mut cursor)? {
            cursor = start;
            cursor.skip()?;
        }
    }
    Ok(())
}

/// The bytes of a field that has to be text, bytes or a message.
pub(super) fn length_delimited<'a>(
    tag: &Tag,
    cursor: &mut Cursor<'a>,
    go_name: &str,
) -> Result<&'a [u8], String> {
    check_form(tag, BYTES, go_name)?;
    cursor.bytes()
}

fn number(tag: &Tag, cursor: &mut Cursor<'_>, go_name: &str) -> Result<i64, String> {
    check_form(tag, VARINT, go_name)?;
    cursor.varint().map(u64::cast_signed)
}

fn check_form(tag: &Tag, form: u8, go_name: &str) -> Result<(), String> {
    if tag.form == form {
        return Ok(());
    }
    Err(format!("proto: wrong wireType = {} for field {go_name}", tag.form))
}

fn member(
    field: &Field,
    tag: &Tag,
    cursor: &mut Cursor<'_>,
    members: &mut Members,
) -> Result<(), String> {
    let name = field.name;
    match &field.kind {
        Kind::List(element) => {
            let value = single(element, None, tag, cursor, field)?;
            let list = members.entry(name).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(elements) = list {
                elements.push(value);
            }
        }
        Kind::Map(element) => {
            let inside = *cursor;
            let bytes = length_delimited(tag, cursor, field.go_name)?;
            let (key, value) = entry(inside, bytes.len(), element, field)?;
            let map = members.entry(name).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(values) = map {
                values.insert(key, value);
            }
        }
        kind => {
            let old = members.remove(name);
            let value = single(kind, old, tag, cursor, field)?;
            // A time without bytes is the zero time, which is nil where it may be.
            if !value.is_null() {
                members.insert(name.to_owned(), value);
            }
        }
    }
    Ok(())
}

// Go looks for the ends of key and value in the whole message, not in the entry alone: `cursor`
// stands before the entry's length.
fn entry(
    mut cursor: Cursor<'_>,
    length: usize,
    element: &Kind,
    field: &Field,
) -> Result<(String, Value), String> {
    let mut key = String::new();
    let mut value = match element {
        Kind::String | Kind::Bytes => Value::String(String::new()),
        Kind::Quantity => Value::String("0".to_owned()),
        _ => Value::Null,
    };
    cursor.varint()?;
    let end = cursor.rest.len().saturating_sub(length);
    while cursor.rest.len() > end {
        let start = cursor;
        // The form of keys and values is not looked at.
        let tag = Tag { form: BYTES, ..cursor.tag()? };
        match tag.number {
            1 => key = carry(cursor.bytes()?),
            2 => value = single(element, None, &tag, &mut cursor, field)?,
            _ => {
                cursor = start;
                cursor.skip()?;
                if cursor.rest.len() < end {
                    return Err("unexpected EOF".to_owned());
                }
            }
        }
    }
    Ok((key, value))
}

fn single(
    kind: &Kind,
    old: Option<Value>,
    tag: &Tag,
    cursor: &mut Cursor<'_>,
    field: &Field,
) -> Result<Value, String> {
    let go_name = field.go_name;
    match kind {
        Kind::Bool => return number(tag, cursor, go_name).map(|number| Value::Bool(number != 0)),
        Kind::Int64 => return number(tag, cursor, go_name).map(Value::from),
        #[expect(clippy::cast_possible_truncation, reason = "Go cuts it as well")]
        Kind::Int32 => {
            return number(tag, cursor, go_name).map(|number| Value::from(number as i32));
        }
        _ => {}
    }
    let bytes = length_delimited(tag, cursor, go_name)?;
    match kind {
        Kind::String => Ok(Value::String(carry(bytes))),
        Kind::Bytes => Ok(Value::String(BASE64_STANDARD.encode(bytes))),
        Kind::Struct(id) => {
            let mut members = match old {
                Some(Value::Object(members)) => members,
                _ => Map::new(),
            };
            read(bytes, Schema::get().structure(*id), &mut members)?;
            Ok(Value::Object(members))
        }
        Kind::Items(_) => items(bytes, field, old),
        _ => special(kind, bytes),
    }
}

// A named list of strings.
fn items(bytes: &[u8], field: &Field, old: Option<Value>) -> Result<Value, String> {
    let mut elements = match old {
        Some(Value::Array(elements)) => elements,
        _ => Vec::new(),
    };
    let name = field.go_type.rsplit('.').next().unwrap_or("");
    each(bytes, name, |tag, cursor| {
        if tag.number != 1 {
            return Ok(false);
        }
        elements.push(Value::String(carry(length_delimited(tag, cursor, "Items")?)));
        Ok(true)
    })?;
    Ok(Value::Array(elements))
}

fn special(kind: &Kind, bytes: &[u8]) -> Result<Value, String> {
    match kind {
        Kind::Time => timestamp(bytes, |seconds, _| time::format(seconds)),
        Kind::MicroTime => timestamp(bytes, time::format_micros),
        Kind::Quantity => {
            let text = text_field(bytes, "Quantity", "String_")?.unwrap_or_default();
            quantity::canonical(&text).map(Value::String).map_err(str::to_owned)
        }
        Kind::IntOrString => int_or_string(bytes),
        _ => {
            let raw = text_field(bytes, "RawExtension", "Raw")?;
            Ok(raw.map_or(Value::Null, Value::String))
        }
    }
}

/// A time, or nothing where it is Go's zero; `format` is given seconds and microseconds.
fn timestamp(bytes: &[u8], format: fn(i64, i64) -> String) -> Result<Value, String> {
    let (mut seconds, mut nanos) = (0, 0);
    each(bytes, "Timestamp", |tag, cursor| {
        match tag.number {
            1 => seconds = number(tag, cursor, "Seconds")?,
            2 => nanos = number(tag, cursor, "Nanos")?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    if bytes.is_empty() || seconds == time::ZERO {
        return Ok(Value::Null);
    }
    Ok(Value::String(format(seconds, nanos / 1_000)))
}

fn int_or_string(bytes: &[u8]) -> Result<Value, String> {
    let (mut kind, mut int, mut text) = (0, 0, String::new());
    each(bytes, "IntOrString", |tag, cursor| {
        match tag.number {
            1 => kind = number(tag, cursor, "Type")?,
            2 => int = number(tag, cursor, "IntVal")?,
            3 => text = carry(length_delimited(tag, cursor, "StrVal")?),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(if kind == 1 { Value::String(text) } else { Value::from(int) })
}

fn text_field(bytes: &[u8], name: &str, go_name: &str) -> Result<Option<String>, String> {
    let mut text = None;
    each(bytes, name, |tag, cursor| {
        if tag.number != 1 {
            return Ok(false);
        }
        text = Some(carry(length_delimited(tag, cursor, go_name)?));
        Ok(true)
    })?;
    Ok(text)
}
