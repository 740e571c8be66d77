//! Whether an object that was merged fits its type, in the words of the converter that asks.
//!
//! Source: apimachinery `pkg/runtime/converter.go`, fromUnstructured.

use {
    crate::codec::schema::{Kind, Schema, Struct},
    base64::{Engine, prelude::BASE64_STANDARD},
    serde_json::Value,
};

/// Says what does not fit; what reads itself is left to its reader.
pub(super) fn check(structure: &'static Struct, object: &Value) -> Result<(), String> {
    let Value::Object(members) = object else {
        return Err(format!("cannot restore struct from: {}", kind_of(object)));
    };
    for field in structure.fields.iter().filter(|field| !field.name.is_empty()) {
        if let Some(value) = members.get(field.name) {
            fit(&field.kind, field.go_type, value)?;
        }
    }
    Ok(())
}

fn fit(kind: &'static Kind, go_type: &str, value: &Value) -> Result<(), String> {
    let restore = |what: &str| Err(format!("cannot restore {what} from {}", kind_of(value)));
    match (kind, value) {
        (_, Value::Null) => Ok(()),
        (Kind::Struct(id), value) => check(Schema::get().structure(*id), value),
        (Kind::Map(element), Value::Object(members)) => {
            members.values().try_for_each(|value| fit(element, last(go_type), value))
        }
        (Kind::Map(_), _) => restore("map"),
        (Kind::List(element) | Kind::Items(element), Value::Array(elements)) => {
            elements.iter().try_for_each(|value| fit(element, last(go_type), value))
        }
        (Kind::List(_) | Kind::Items(_), _) => restore("slice"),
        (Kind::Bytes, Value::String(text)) => match BASE64_STANDARD.decode(text) {
            Ok(_) => Ok(()),
            Err(error) => Err(format!(
                "error decoding from json: illegal base64 data at input byte {}",
                offset(error, text)
            )),
        },
        (Kind::Bytes, _) => restore("slice"),
        (Kind::String, Value::String(_))
        | (Kind::Bool, Value::Bool(_))
        | (Kind::Int32 | Kind::Int64, Value::Number(_)) => Ok(()),
        (Kind::String, Value::Number(number)) if !number.is_f64() => {
            Err(format!("cannot convert int64 to {go_type}"))
        }
        (Kind::String, _) => Err("unrecognized type: string".to_owned()),
        (Kind::Bool, _) => Err("unrecognized type: bool".to_owned()),
        (Kind::Int32, _) => Err("unrecognized type: int32".to_owned()),
        (Kind::Int64, _) => Err("unrecognized type: int64".to_owned()),
        _ => Ok(()),
    }
}

fn offset(error: base64::DecodeError, text: &str) -> usize {
    match error {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => {
            at
        }
        _ => text.len(),
    }
}

// The type of an element, behind what says that it is one of many.
fn last(go_type: &str) -> &str {
    go_type.rsplit(']').next().unwrap_or(go_type)
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "invalid",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "slice",
        Value::Object(_) => "map",
    }
}
