//! Writes a document as JSON in the order of the schema, as Go's encoder does.

use {
    super::{plain, syntax},
    crate::codec::schema::{Field, Kind, MOST_MEMBERS, Schema, Struct},
    serde_json::{Map, Value},
    std::io::Write as _,
};

/// The document as JSON: on one line with a line end, or indented by two spaces without one.
pub fn encode(structure: &Struct, document: &Value, pretty: bool) -> Vec<u8> {
    let mut writer = Writer { out: Vec::with_capacity(2048), pretty, depth: 0 };
    writer.structure(structure, document);
    if !pretty {
        writer.out.push(b'\n');
    }
    writer.out
}

/// Writes text as a JSON string, with the escapes of Go.
pub(in crate::codec) fn write_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let (mut start, mut look) = (0, plain::start(bytes));
    while let Some(length) = bytes[look..].iter().position(|byte| SPECIAL[usize::from(*byte)]) {
        let at = look + length;
        out.extend_from_slice(&bytes[start..at]);
        start = at + write_special(out, &bytes[at..]);
        look = start;
    }
    out.extend_from_slice(&bytes[start..]);
    out.push(b'"');
}

/// Bytes that are, or may begin, what has to be escaped.
static SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        special[byte] = true;
        byte += 1;
    }
    special[b'"' as usize] = true;
    special[b'\\' as usize] = true;
    special[b'<' as usize] = true;
    special[b'>' as usize] = true;
    special[b'&' as usize] = true;
    // The line and paragraph separators, U+2028 and U+2029, begin with it.
    special[0xe2] = true;
    // So do the characters that carry a byte which is not UTF-8.
    special[0xf4] = true;
    special
};

/// Bytes that may make a difference between a text and how it is written on one line: spaces, what
/// HTML minds, and all but ASCII.
static SPACED_OR_ESCAPED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = byte <= 0x20 || byte >= 0x80;
        byte += 1;
    }
    table[b'<' as usize] = true;
    table[b'>' as usize] = true;
    table[b'&' as usize] = true;
    table
};

// Writes the first character, and tells its length.
fn write_special(out: &mut Vec<u8>, bytes: &[u8]) -> usize {
    let escape: &[u8] = match bytes {
        [b'"', ..] => b"\\\"",
        [b'\\', ..] => b"\\\\",
        [0x08, ..] => b"\\b",
        [0x0c, ..] => b"\\f",
        [b'\n', ..] => b"\\n",
        [b'\r', ..] => b"\\r",
        [b'\t', ..] => b"\\t",
        [0xe2, 0x80, 0xa8, ..] => {
            out.extend_from_slice(b"\\u2028");
            return 3;
        }
        [0xe2, 0x80, 0xa9, ..] => {
            out.extend_from_slice(b"\\u2029");
            return 3;
        }
        [0xf4, 0x8f, 0xbe | 0xbf, _, ..] => {
            out.extend_from_slice(b"\\ufffd");
            return 4;
        }
        [byte, ..] if *byte >= 0x80 => {
            out.push(*byte);
            return 1;
        }
        [byte, ..] => {
            // Writing to a vector cannot fail.
            let _ = write!(out, "\\u{byte:04x}");
            return 1;
        }
        [] => b"",
    };
    out.extend_from_slice(escape);
    1
}

struct Writer {
    out: Vec<u8>,
    pretty: bool,
    depth: usize,
}

impl Writer {
    fn structure(&mut self, structure: &Struct, value: &Value) {
        let mut values = [None; MOST_MEMBERS];
        for (at, _, value) in value.as_object().into_iter().flat_map(|it| structure.members(it)) {
            values[at] = value;
        }
        let mut first = true;
        self.open(b'{');
        for (field, value) in structure.fields.iter().zip(values) {
            if field.name.is_empty() || field.is_omitted(value) {
                continue;
            }
            self.separate(&mut first);
            // Names are plain ASCII.
            self.out.push(b'"');
            self.out.extend_from_slice(field.name.as_bytes());
            self.out.push(b'"');
            self.colon();
            self.member(field, value.unwrap_or(&Value::Null));
        }
        self.close(b'}', first);
    }

    fn member(&mut self, field: &Field, value: &Value) {
        if value.is_null() && !field.pointer {
            match field.kind {
                Kind::String => return self.out.extend_from_slice(b"\"\""),
                Kind::Bool => return self.out.extend_from_slice(b"false"),
                Kind::Int32 | Kind::Int64 | Kind::IntOrString => return self.out.push(b'0'),
                Kind::Quantity => return self.out.extend_from_slice(b"\"0\""),
                Kind::Struct(id) => {
                    return self.structure(Schema::get().structure(id), &Value::Null);
                }
                _ => {}
            }
        }
        self.value(&field.kind, value);
    }

    fn value(&mut self, kind: &Kind, value: &Value) {
        match (kind, value) {
            (_, Value::Null) => self.out.extend_from_slice(b"null"),
            (Kind::Struct(id), _) => self.structure(Schema::get().structure(*id), value),
            (Kind::List(element) | Kind::Items(element), Value::Array(elements)) => {
                self.array(elements, |writer, value| writer.value(element, value));
            }
            (Kind::Map(element), Value::Object(members)) => {
                self.object(members, |writer, value| writer.value(element, value));
            }
            (Kind::Raw, Value::String(text)) => match syntax::check(text.as_bytes()) {
                Ok(()) => self.raw(text),
                // Bytes of a protobuf body need not be JSON.
                Err(_) => self.out.extend_from_slice(b"null"),
            },
            _ => self.any(value),
        }
    }

    fn any(&mut self, value: &Value) {
        match value {
            Value::String(text) => write_string(&mut self.out, text),
            Value::Array(elements) => self.array(elements, Self::any),
            Value::Object(members) => self.object(members, Self::any),
            Value::Bool(true) => self.out.extend_from_slice(b"true"),
            Value::Bool(false) => self.out.extend_from_slice(b"false"),
            Value::Null => self.out.extend_from_slice(b"null"),
            Value::Number(number) => {
                // Writing to a vector cannot fail.
                let _ = write!(self.out, "{number}");
            }
        }
    }

    fn array(&mut self, elements: &[Value], write: impl Fn(&mut Self, &Value)) {
        let mut first = true;
        self.open(b'[');
        for element in elements {
            self.separate(&mut first);
            write(self, element);
        }
        self.close(b']', first);
    }

    fn object(&mut self, members: &Map<String, Value>, write: impl Fn(&mut Self, &Value)) {
        let mut first = true;
        self.open(b'{');
        for (name, value) in members {
            self.separate(&mut first);
            write_string(&mut self.out, name);
            self.colon();
            write(self, value);
        }
        self.close(b'}', first);
    }

    // JSON text that is kept as it came, but for spaces and the escapes of HTML.
    fn raw(&mut self, text: &str) {
        let verbatim = |byte: &u8| !SPACED_OR_ESCAPED[usize::from(*byte)];
        if !self.pretty && text.as_bytes().iter().all(verbatim) {
            return self.out.extend_from_slice(text.as_bytes());
        }
        let mut rest = text.as_bytes();
        let mut empty = true;
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            match byte {
                b'{' | b'[' => {
                    self.fill(&mut empty);
                    self.open(*byte);
                    empty = true;
                    continue;
                }
                b'}' | b']' => self.close(*byte, empty),
                b',' => {
                    self.out.push(b',');
                    self.line();
                }
                b':' => self.colon(),
                b' ' | b'\t' | b'\r' | b'\n' => continue,
                b'"' => {
                    self.fill(&mut empty);
                    let end = syntax::string_end(rest, 0);
                    self.raw_string(&rest[..end]);
                    rest = &rest[end..];
                }
                _ => {
                    self.fill(&mut empty);
                    self.out.push(*byte);
                }
            }
            empty = false;
        }
    }

    // The first thing inside a bracket goes on a line of its own.
    fn fill(&mut self, empty: &mut bool) {
        if *empty && self.depth > 0 && matches!(self.out.last(), Some(b'{' | b'[')) {
            self.line();
        }
        *empty = false;
    }

    fn raw_string(&mut self, inner: &[u8]) {
        self.out.push(b'"');
        let text = String::from_utf8_lossy(inner);
        for character in text.chars() {
            match character {
                '<' => self.out.extend_from_slice(b"\\u003c"),
                '>' => self.out.extend_from_slice(b"\\u003e"),
                '&' => self.out.extend_from_slice(b"\\u0026"),
                '\u{2028}' => self.out.extend_from_slice(b"\\u2028"),
                '\u{2029}' => self.out.extend_from_slice(b"\\u2029"),
                _ => {
                    self.out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
        }
    }

    fn open(&mut self, bracket: u8) {
        self.out.push(bracket);
        self.depth += 1;
    }

    fn close(&mut self, bracket: u8, empty: bool) {
        self.depth = self.depth.saturating_sub(1);
        if !empty {
            self.line();
        }
        self.out.push(bracket);
    }

    fn separate(&mut self, first: &mut bool) {
        if !std::mem::take(first) {
            self.out.push(b',');
        }
        self.line();
    }

    fn colon(&mut self) {
        self.out.extend_from_slice(if self.pretty { b": " } else { b":" });
    }

    fn line(&mut self) {
        if self.pretty {
            self.out.push(b'\n');
            self.out.resize(self.out.len() + 2 * self.depth, b' ');
        }
    }
}
