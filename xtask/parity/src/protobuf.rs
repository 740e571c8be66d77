//! Protobuf: the messages that requests are made of, and a reading of any message without a
//! schema, so that two can be compared after names were put in.

use serde_json::Value;

/// Members of the messages that requests use: the place, the name, the number.
const FIELDS: &[(&str, &str, u8)] = &[
    ("", "metadata", 1),
    ("", "spec", 2),
    ("", "status", 3),
    ("metadata", "name", 1),
    ("metadata", "generateName", 2),
    ("metadata", "namespace", 3),
    ("metadata", "uid", 5),
    ("metadata", "resourceVersion", 6),
    ("metadata", "labels", 11),
    ("metadata", "annotations", 12),
    ("spec", "audiences", 1),
    ("spec", "boundObjectRef", 3),
    ("spec", "expirationSeconds", 4),
    ("boundObjectRef", "kind", 1),
    ("boundObjectRef", "apiVersion", 2),
    ("boundObjectRef", "name", 3),
    ("boundObjectRef", "uid", 4),
    ("spec", "token", 1),
    ("review", "audiences", 2),
    ("spec", "resourceAttributes", 1),
    ("spec", "nonResourceAttributes", 2),
    ("resourceAttributes", "namespace", 1),
    ("resourceAttributes", "verb", 2),
    ("resourceAttributes", "group", 3),
    ("resourceAttributes", "version", 4),
    ("resourceAttributes", "resource", 5),
    ("resourceAttributes", "subresource", 6),
    ("resourceAttributes", "name", 7),
    ("nonResourceAttributes", "path", 1),
    ("nonResourceAttributes", "verb", 2),
];

/// A document in its envelope.
pub(crate) fn encode(document: &Value) -> Vec<u8> {
    let text = |member: &str| document[member].as_str().unwrap_or("").to_owned();
    let mut meta = Vec::new();
    bytes_field(&mut meta, 1, text("apiVersion").as_bytes());
    bytes_field(&mut meta, 2, text("kind").as_bytes());
    let is_review = text("kind") == "TokenReview";
    let mut envelope = Vec::new();
    bytes_field(&mut envelope, 1, &meta);
    bytes_field(&mut envelope, 2, &message("", document, is_review));
    [b"k8s\0".as_slice(), &envelope].concat()
}

fn message(place: &str, value: &Value, is_review: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for (within, member, number) in FIELDS {
        let within = if *within == "review" && is_review { "spec" } else { within };
        let hidden = is_review && *member == "audiences" && *number == 1;
        if within != place || hidden {
            continue;
        }
        match &value[*member] {
            Value::Object(members) if ["labels", "annotations"].contains(member) => {
                for (key, value) in members {
                    let mut entry = Vec::new();
                    bytes_field(&mut entry, 1, key.as_bytes());
                    bytes_field(&mut entry, 2, value.as_str().unwrap_or("").as_bytes());
                    bytes_field(&mut out, *number, &entry);
                }
            }
            inner @ Value::Object(_) => {
                bytes_field(&mut out, *number, &message(member, inner, is_review))
            }
            Value::String(text) => bytes_field(&mut out, *number, text.as_bytes()),
            Value::Array(items) => {
                for item in items {
                    bytes_field(&mut out, *number, item.as_str().unwrap_or("").as_bytes());
                }
            }
            Value::Number(found) => {
                varint(&mut out, u64::from(*number) << 3);
                varint(&mut out, found.as_i64().unwrap_or(0).cast_unsigned());
            }
            _ => {}
        }
    }
    out
}

fn bytes_field(out: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    varint(out, u64::from(number) << 3 | 2);
    varint(out, u64::try_from(bytes.len()).unwrap_or(0));
    out.extend(bytes);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap_or(0) | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap_or(0));
}

/// A body as text; `None` when it is not in an envelope.
pub(crate) fn read(body: &[u8]) -> Option<String> {
    let mut text = String::new();
    if let Some(envelope) = body.strip_prefix(b"k8s\0") {
        dump(envelope, 0, &mut text)?;
        return Some(text);
    }
    // A watch sends one after the other, the length of each before it.
    let mut rest = body;
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (frame, after) = after.split_at_checked(length)?;
        text.push_str("event\n");
        dump(frame.strip_prefix(b"k8s\0").unwrap_or(frame), 0, &mut text)?;
        rest = after;
    }
    (rest.is_empty() && !body.is_empty()).then_some(text)
}

fn dump(mut bytes: &[u8], depth: usize, out: &mut String) -> Option<()> {
    while !bytes.is_empty() {
        let key = take_varint(&mut bytes)?;
        let indent = "  ".repeat(depth);
        match (key >> 3, key & 7) {
            (0, _) => return None,
            (number, 0) => {
                let value = take_varint(&mut bytes)?;
                out.push_str(&format!("{indent}{number}: {value}\n"));
            }
            (number, 2) => {
                let length = usize::try_from(take_varint(&mut bytes)?).ok()?;
                let (value, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                out.push_str(&format!("{indent}{number}: {}", content(value, depth)));
            }
            _ => return None,
        }
    }
    Some(())
}

fn content(value: &[u8], depth: usize) -> String {
    let printable = std::str::from_utf8(value)
        .ok()
        .filter(|text| {
            !text.chars().any(|it| it.is_control() && it != '\n') || text.starts_with('{')
        })
        .filter(|text| !text.starts_with('\n'));
    if let Some(text) = printable {
        return format!("{}\n", Value::from(text));
    }
    let mut inner = String::new();
    let value = value.strip_prefix(b"k8s\0").unwrap_or(value);
    match dump(value, depth + 1, &mut inner) {
        Some(()) => format!("{{\n{inner}{}}}\n", "  ".repeat(depth)),
        None => format!("{value:x?}\n"),
    }
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
