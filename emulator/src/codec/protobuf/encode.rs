//! Writes a document as protobuf, led by the schema.

use {
    super::{
        MAGIC,
        wire::{write_bytes, write_message, write_number},
    },
    crate::codec::{
        base64, carried,
        schema::{Field, Kind, Schema, Struct, Wire},
        time,
    },
    serde_json::{Map, Value},
};

/// The document as protobuf, in its envelope.
pub fn encode(structure: &Struct, document: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    out.extend_from_slice(&MAGIC);
    write_message(&mut out, 1, |out| {
        write_bytes(out, 1, text(&document["apiVersion"]).as_bytes());
        write_bytes(out, 2, text(&document["kind"]).as_bytes());
    });
    write_message(&mut out, 2, |out| message(out, structure, document));
    write_bytes(&mut out, 3, b"");
    write_bytes(&mut out, 4, b"");
    out
}

/// An event of a watch: its type, and the object in its envelope; behind its length.
pub fn watch_event(kind: &str, object: &[u8]) -> Vec<u8> {
    let mut out = vec![0; 4];
    write_bytes(&mut out, 1, kind.as_bytes());
    write_message(&mut out, 2, |out| write_bytes(out, 1, object));
    let length = u32::try_from(out.len() - 4).unwrap_or(u32::MAX);
    out[..4].copy_from_slice(&length.to_be_bytes());
    out
}

/// The document as a message, without an envelope.
pub(super) fn message(out: &mut Vec<u8>, structure: &Struct, document: &Value) {
    let empty = Map::new();
    let members = document.as_object().unwrap_or(&empty);
    for (number, wire) in structure.wire() {
        match wire {
            Wire::Embedded(index) => {
                let embedded = Schema::get().structure(structure.embedded[*index].structure);
                write_message(out, *number, |out| message(out, embedded, document));
            }
            Wire::Field(index) => {
                let field = &structure.fields[*index];
                let value = members.get(field.name).unwrap_or(&Value::Null);
                member(out, field, value);
            }
        }
    }
}

fn member(out: &mut Vec<u8>, field: &Field, value: &Value) {
    let number = field.number;
    match (&field.kind, value) {
        (Kind::List(element), Value::Array(elements)) => {
            for value in elements {
                single(out, number, element, value);
            }
        }
        (Kind::Map(element), Value::Object(members)) => {
            for (key, value) in members {
                write_message(out, number, |out| {
                    write_bytes(out, 1, &carried::bytes(key));
                    // Only bytes can be nil here, and then they are left out.
                    if !(value.is_null() && **element == Kind::Bytes) {
                        single(out, 2, element, value);
                    }
                });
            }
        }
        (Kind::List(_) | Kind::Map(_), _) => {}
        (_, Value::Null) if field.pointer => {}
        (Kind::Bytes | Kind::Items(_), Value::Null) => {}
        (kind, value) => single(out, number, kind, value),
    }
}

fn single(out: &mut Vec<u8>, number: u32, kind: &Kind, value: &Value) {
    match kind {
        Kind::String => write_bytes(out, number, &carried::bytes(text(value))),
        Kind::Bool => write_number(out, number, i64::from(value.as_bool().unwrap_or(false))),
        Kind::Int32 | Kind::Int64 => write_number(out, number, value.as_i64().unwrap_or(0)),
        Kind::Bytes => {
            let bytes = base64::decode(text(value).as_bytes()).unwrap_or_default();
            write_bytes(out, number, &bytes);
        }
        Kind::Struct(id) => {
            let structure = Schema::get().structure(*id);
            write_message(out, number, |out| message(out, structure, value));
        }
        Kind::Items(element) => write_message(out, number, |out| {
            for value in value.as_array().into_iter().flatten() {
                single(out, 1, element, value);
            }
        }),
        _ => write_message(out, number, |out| special(out, kind, value)),
    }
}

fn special(out: &mut Vec<u8>, kind: &Kind, value: &Value) {
    match kind {
        Kind::Time => {
            if let Some(Ok(seconds)) = value.as_str().map(time::parse) {
                write_number(out, 1, seconds);
                write_number(out, 2, 0);
            }
        }
        Kind::MicroTime => {
            let text = text(value);
            if let Ok(seconds) = time::parse(text) {
                write_number(out, 1, seconds);
                write_number(out, 2, time::micros(text) * 1_000);
            }
        }
        Kind::Quantity => write_bytes(out, 1, value.as_str().unwrap_or("0").as_bytes()),
        Kind::IntOrString => {
            write_number(out, 1, i64::from(value.is_string()));
            write_number(out, 2, value.as_i64().unwrap_or(0));
            write_bytes(out, 3, text(value).as_bytes());
        }
        Kind::Raw if !value.is_null() => write_bytes(out, 1, text(value).as_bytes()),
        _ => {}
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}
