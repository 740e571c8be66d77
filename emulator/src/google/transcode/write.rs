//! A message becomes JSON: fields by their numbers, defaults left out, what was set kept.

use {
    super::{mask::Mask, scalar::double_text},
    base64::{Engine, prelude::BASE64_STANDARD},
    prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage, Value},
    std::fmt::Write,
};

/// How JSON is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style<'a> {
    /// Two-space, a member a line.
    pub(crate) pretty: bool,
    /// Enumerators as numbers.
    pub(crate) enum_numbers: bool,
    /// What is wanted.
    pub(crate) mask: Option<&'a Mask>,
}

/// Writes a message whole; pretty JSON ends with a newline.
pub(crate) fn write(message: &DynamicMessage, style: Style<'_>) -> String {
    let mut writer = Writer::new(style.pretty, style.enum_numbers);
    writer.message(message, style.mask);
    writer.finish()
}

/// JSON in the making.
#[derive(Debug)]
pub(crate) struct Writer {
    out: String,
    pretty: bool,
    enum_numbers: bool,
    depth: usize,
    empty: bool,
}

impl Writer {
    /// Nothing written yet.
    pub(crate) fn new(pretty: bool, enum_numbers: bool) -> Self {
        Self { out: String::with_capacity(512), pretty, enum_numbers, depth: 0, empty: true }
    }

    /// The text.
    pub(crate) fn finish(mut self) -> String {
        if self.pretty {
            self.out.push('\n');
        }
        self.out
    }

    /// Begins an object or an array.
    pub(crate) fn open(&mut self, bracket: char) {
        self.out.push(bracket);
        self.depth += 1;
        self.empty = true;
    }

    /// Ends it.
    pub(crate) fn close(&mut self, bracket: char) {
        self.depth -= 1;
        if !self.empty {
            self.line();
        }
        self.out.push(bracket);
        self.empty = false;
    }

    /// Begins an element of an array.
    pub(crate) fn next(&mut self) {
        if !self.empty {
            self.out.push(',');
        }
        self.line();
        self.empty = false;
    }

    /// Begins a member of an object.
    pub(crate) fn key(&mut self, key: &str) {
        self.next();
        self.string(key);
        self.out.push_str(if self.pretty { ": " } else { ":" });
    }

    /// A string, escaped so that it can stand in HTML.
    pub(crate) fn string(&mut self, text: &str) {
        self.out.push('"');
        // Nearly every text is plain, which is sooner seen byte by byte.
        let plain = |byte| matches!(byte, b' '..=b'~') && !needs_escape(char::from(byte));
        let start = text.bytes().position(|byte| !plain(byte)).unwrap_or(text.len());
        let (start, mut rest) = text.split_at(text.floor_char_boundary(start));
        self.out.push_str(start);
        while let Some(at) = rest.find(needs_escape) {
            self.out.push_str(&rest[..at]);
            let character = rest[at..].chars().next().unwrap_or_default();
            self.escape(character);
            rest = &rest[at + character.len_utf8()..];
        }
        self.out.push_str(rest);
        self.out.push('"');
    }

    /// Something that is JSON as it is: a number, a boolean.
    pub(crate) fn raw(&mut self, text: impl std::fmt::Display) {
        // Writing to a string cannot fail.
        let _ = write!(self.out, "{text}");
    }

    /// A message, or what is wanted of it.
    pub(crate) fn message(&mut self, message: &DynamicMessage, mask: Option<&Mask>) {
        match message.descriptor().full_name() {
            "google.protobuf.Any" => return self.any(message, mask),
            "google.protobuf.Timestamp" => return self.timestamp(message),
            "google.protobuf.Duration" => return self.duration(message),
            _ => {}
        }
        self.open('{');
        self.fields(message, mask);
        self.close('}');
    }

    fn fields(&mut self, message: &DynamicMessage, mask: Option<&Mask>) {
        for (field, value) in message.fields() {
            let wanted = mask.map(|mask| mask.of(&field));
            if let Some(None) = wanted {
                continue;
            }
            self.key(field.json_name());
            self.field(&field, value, wanted.flatten());
        }
    }

    fn field(&mut self, field: &FieldDescriptor, value: &Value, mask: Option<&Mask>) {
        match value {
            Value::List(list) => {
                self.open('[');
                for element in list {
                    self.next();
                    self.single(field, element, mask);
                }
                self.close(']');
            }
            Value::Map(map) => self.map(field, map.iter().collect(), mask),
            single => self.single(field, single, mask),
        }
    }

    fn map(
        &mut self,
        field: &FieldDescriptor,
        mut entries: Vec<(&MapKey, &Value)>,
        mask: Option<&Mask>,
    ) {
        let Kind::Message(entry) = field.kind() else { return };
        let value_field = entry.map_entry_value_field();
        entries.sort_by_key(|(key, _)| *key);
        self.open('{');
        for (key, value) in entries {
            let key = key_text(key);
            let wanted = mask.map(|mask| mask.of_key(&key));
            if let Some(None) = wanted {
                continue;
            }
            self.key(&key);
            self.single(&value_field, value, wanted.flatten());
        }
        self.close('}');
    }

    fn single(&mut self, field: &FieldDescriptor, value: &Value, mask: Option<&Mask>) {
        match value {
            Value::Bool(value) => self.raw(value),
            Value::I32(value) => self.raw(value),
            Value::U32(value) => self.raw(value),
            Value::I64(value) => self.string(&value.to_string()),
            Value::U64(value) => self.string(&value.to_string()),
            Value::F32(value) => self.double(f64::from(*value)),
            Value::F64(value) => self.double(*value),
            Value::String(value) => self.string(value),
            Value::Bytes(value) => self.string(&BASE64_STANDARD.encode(value)),
            Value::EnumNumber(value) => self.enumerator(field, *value),
            Value::Message(value) => self.message(value, mask),
            Value::List(_) | Value::Map(_) => self.field(field, value, mask),
        }
    }

    fn double(&mut self, value: f64) {
        if value.is_finite() {
            self.raw(double_text(value));
        } else {
            self.string(&value.to_string());
        }
    }

    fn enumerator(&mut self, field: &FieldDescriptor, value: i32) {
        let name = match field.kind() {
            Kind::Enum(kind) if !self.enum_numbers => kind.get_value(value),
            _ => None,
        };
        match name {
            Some(name) => self.string(name.name()),
            None => self.raw(value),
        }
    }

    fn any(&mut self, any: &DynamicMessage, mask: Option<&Mask>) {
        let text = |name| any.get_field_by_name(name).map(std::borrow::Cow::into_owned);
        let Some(Value::String(type_url)) = text("type_url") else { return };
        let Some(Value::Bytes(bytes)) = text("value") else { return };
        let name = type_url.rsplit('/').next().unwrap_or_default();
        let descriptor = any.descriptor().parent_pool().get_message_by_name(name);
        let message = descriptor.and_then(|kind| DynamicMessage::decode(kind, bytes).ok());
        self.open('{');
        self.key("@type");
        self.string(&type_url);
        if let Some(message) = message {
            self.fields(&message, mask);
        }
        self.close('}');
    }

    /// RFC 3339 in UTC with 0, 3, 6 or 9 digits after the point.
    /// Whole seconds: no other duration is answered.
    fn duration(&mut self, message: &DynamicMessage) {
        let seconds = message.get_field_by_name("seconds");
        let seconds = seconds.and_then(|seconds| seconds.as_i64()).unwrap_or_default();
        self.string(&format!("{seconds}s"));
    }

    fn timestamp(&mut self, message: &DynamicMessage) {
        let number = |name| message.get_field_by_name(name).map(std::borrow::Cow::into_owned);
        let seconds = match number("seconds") {
            Some(Value::I64(seconds)) => seconds,
            _ => 0,
        };
        let nanos = match number("nanos") {
            Some(Value::I32(nanos)) => nanos,
            _ => 0,
        };
        let time = jiff::Timestamp::new(seconds, nanos).unwrap_or_default();
        let digits = match nanos {
            0 => 0,
            nanos if nanos % 1_000_000 == 0 => 3,
            nanos if nanos % 1_000 == 0 => 6,
            _ => 9,
        };
        self.string(&format!("{time:.digits$}"));
    }

    fn escape(&mut self, character: char) {
        match character {
            '"' => self.out.push_str("\\\""),
            '\\' => self.out.push_str("\\\\"),
            '\n' => self.out.push_str("\\n"),
            '\r' => self.out.push_str("\\r"),
            '\t' => self.out.push_str("\\t"),
            '\u{8}' => self.out.push_str("\\b"),
            '\u{c}' => self.out.push_str("\\f"),
            other => self.raw(format_args!("\\u{:04x}", u32::from(other))),
        }
    }

    fn line(&mut self) {
        if self.pretty {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.depth));
        }
    }
}

fn needs_escape(character: char) -> bool {
    matches!(character, '"' | '\\' | '<' | '>' | '\u{2028}' | '\u{2029}') || character.is_control()
}

fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::String(key) => key.clone(),
        MapKey::Bool(key) => key.to_string(),
        MapKey::I32(key) => key.to_string(),
        MapKey::I64(key) => key.to_string(),
        MapKey::U32(key) => key.to_string(),
        MapKey::U64(key) => key.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use {super::*, crate::google::clusters::SERVICE};

    // No answer of a served method has such an integer, so no case can show this.
    #[test]
    fn an_integer_of_64_bits_is_written_as_a_string() {
        let mut message = SERVICE.schema().message("google.rpc.QuotaFailure.Violation");
        message.set_field_by_name("quota_value", Value::I64(110));
        let style = Style { pretty: false, enum_numbers: false, mask: None };
        assert_eq!(write(&message, style), r#"{"quotaValue":"110"}"#);
    }
}
