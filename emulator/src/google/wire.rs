//! Reading and filling messages by the names of their fields.

use {
    jiff::Timestamp,
    prost_reflect::{DynamicMessage, MapKey, Value},
    std::{borrow::Cow, collections::BTreeMap},
};

/// A string field; empty when it is not set.
pub(crate) fn text<'a>(message: &'a DynamicMessage, field: &str) -> &'a str {
    match message.get_field_by_name(field) {
        Some(Cow::Borrowed(Value::String(text))) => text,
        _ => "",
    }
}

/// A string field within other messages: `attached_cluster.name`.
pub(crate) fn text_at<'a>(message: &'a DynamicMessage, path: &str) -> &'a str {
    match path.split_once('.') {
        None => text(message, path),
        Some((parent, rest)) => inner(message, parent).map_or("", |inner| text_at(inner, rest)),
    }
}

/// Sets a string field within other messages; an empty text is left out, as they are then.
pub(crate) fn set_text_at(message: &mut DynamicMessage, path: &str, text: &str) {
    match path.split_once('.') {
        _ if text.is_empty() => {}
        None => message.set_field_by_name(path, Value::String(text.to_owned())),
        Some((parent, rest)) => set_text_at(fill(message, parent), rest, text),
    }
}

/// A boolean field.
pub(crate) fn flag(message: &DynamicMessage, field: &str) -> bool {
    message.get_field_by_name(field).and_then(|value| value.as_bool()).unwrap_or_default()
}

/// An integer or an enumerator.
pub(crate) fn number(message: &DynamicMessage, field: &str) -> i32 {
    match message.get_field_by_name(field).as_deref() {
        Some(Value::I32(number) | Value::EnumNumber(number)) => *number,
        _ => 0,
    }
}

/// A bytes field.
pub(crate) fn bytes(message: &DynamicMessage, field: &str) -> Vec<u8> {
    match message.get_field_by_name(field).as_deref() {
        Some(Value::Bytes(bytes)) => bytes.to_vec(),
        _ => Vec::new(),
    }
}

/// A message field; `None` when it is not set.
pub(crate) fn inner<'a>(message: &'a DynamicMessage, field: &str) -> Option<&'a DynamicMessage> {
    match message.get_field_by_name(field) {
        Some(Cow::Borrowed(Value::Message(inner))) => Some(inner),
        _ => None,
    }
}

/// A repeated field.
pub(crate) fn list<'a>(message: &'a DynamicMessage, field: &str) -> &'a [Value] {
    match message.get_field_by_name(field) {
        Some(Cow::Borrowed(Value::List(list))) => list,
        _ => &[],
    }
}

/// A repeated field of messages.
pub(crate) fn messages<'a>(
    message: &'a DynamicMessage,
    field: &str,
) -> impl Iterator<Item = &'a DynamicMessage> {
    list(message, field).iter().filter_map(Value::as_message)
}

/// A repeated field of strings.
pub(crate) fn texts(message: &DynamicMessage, field: &str) -> Vec<String> {
    let texts = list(message, field).iter().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// A map of strings.
pub(crate) fn map(message: &DynamicMessage, field: &str) -> BTreeMap<String, String> {
    let Some(value) = message.get_field_by_name(field) else { return BTreeMap::new() };
    let entries = value.as_map().into_iter().flatten();
    let entry = |(key, value): (&MapKey, &Value)| {
        Some((key.as_str()?.to_owned(), value.as_str()?.to_owned()))
    };
    entries.filter_map(entry).collect()
}

/// Sets a string field; an empty one is left unset.
pub(crate) fn set_text(message: &mut DynamicMessage, field: &str, text: &str) {
    if !text.is_empty() {
        message.set_field_by_name(field, Value::String(text.to_owned()));
    }
}

/// Sets a repeated field of messages.
pub(crate) fn set_messages(
    message: &mut DynamicMessage,
    field: &str,
    messages: impl Iterator<Item = DynamicMessage>,
) {
    message.set_field_by_name(field, Value::List(messages.map(Value::Message).collect()));
}

/// Sets a map of strings.
pub(crate) fn set_map(message: &mut DynamicMessage, field: &str, map: &BTreeMap<String, String>) {
    let entries = map.iter();
    let entries =
        entries.map(|(key, value)| (MapKey::String(key.clone()), Value::String(value.clone())));
    message.set_field_by_name(field, Value::Map(entries.collect()));
}

/// Sets a field of type `google.protobuf.Timestamp`.
pub(crate) fn set_time(message: &mut DynamicMessage, field: &str, time: Timestamp) {
    if let Some(Value::Message(timestamp)) = message.get_field_by_name_mut(field) {
        timestamp.set_field_by_name("seconds", Value::I64(time.as_second()));
        timestamp.set_field_by_name("nanos", Value::I32(time.subsec_nanosecond()));
    }
}

/// The empty message that a message field holds, to be filled in place.
pub(crate) fn fill<'a>(message: &'a mut DynamicMessage, field: &str) -> &'a mut DynamicMessage {
    match message.get_field_by_name_mut(field) {
        Some(Value::Message(inner)) => inner,
        _ => panic!("{field} is a message field"),
    }
}
