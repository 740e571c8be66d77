//! Values between YAML and JSON: as JSON text, and as Go prints them in errors.

use {
    super::reader::Error,
    crate::codec::{json::write_string, quote::quote},
    std::{cmp::Ordering, collections::BTreeMap},
};

/// A value of a document.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Text(String),
    Sequence(Vec<Value>),
    Mapping(Vec<(Value, Value)>),
}

impl Value {
    /// As Go's `%#v` prints it when it stands alone.
    pub(super) fn go_text(&self) -> String {
        if *self == Self::Null { "<nil>".to_owned() } else { self.go_syntax() }
    }

    /// As Go's `%#v` prints it inside something else.
    fn go_syntax(&self) -> String {
        match self {
            Self::Null => "interface {}(nil)".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Int(number) => number.to_string(),
            Self::Uint(number) => format!("{number:#x}"),
            Self::Float(number) => go_float(*number),
            Self::Text(text) => quote(text),
            Self::Sequence(elements) => {
                let elements: Vec<_> = elements.iter().map(Self::go_syntax).collect();
                format!("[]interface {{}}{{{}}}", elements.join(", "))
            }
            Self::Mapping(members) => {
                let member = |(key, value): &(Self, Self)| {
                    format!("{}:{}", key.go_syntax(), value.go_syntax())
                };
                // Go sorts them.
                let mut sorted: Vec<_> = members.iter().collect();
                sorted.sort_by(|(one, _), (other, _)| one.compare_key(other));
                let members: Vec<_> = sorted.into_iter().map(member).collect();
                format!("map[interface {{}}]interface {{}}{{{}}}", members.join(", "))
            }
        }
    }

    fn compare_key(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(one), Self::Int(other)) => one.cmp(other),
            (Self::Float(one), Self::Float(other)) => one.total_cmp(other),
            (one, other) => one.identity().cmp(&other.identity()),
        }
    }

    /// What tells it apart from other keys; `None` when it is like no other.
    pub(super) fn identity(&self) -> Option<String> {
        Some(match self {
            Self::Text(text) => format!("text {text}"),
            Self::Float(number) if number.is_nan() => return None,
            Self::Float(number) => format!("float {}", number + 0.0),
            Self::Int(number) => format!("int {number}"),
            Self::Uint(number) => format!("uint {number}"),
            Self::Bool(value) => format!("bool {value}"),
            _ => String::new(),
        })
    }

    fn key(&self, value: &Self) -> Result<String, Error> {
        Ok(match self {
            Self::Text(text) => text.clone(),
            Self::Int(number) => number.to_string(),
            Self::Float(number) => float_key(*number),
            Self::Bool(value) => value.to_string(),
            Self::Uint(number) => {
                let value = value.go_text();
                return Err(Error(format!(
                    "unsupported map key of type: uint64, key: {number:#x}, value: {value}"
                )));
            }
            _ => {
                let value = value.go_text();
                return Err(Error(format!(
                    "unsupported map key of type: %!s(<nil>), key: <nil>, value: {value}"
                )));
            }
        })
    }
}

/// The value as JSON text, members in the order of their names.
pub(super) fn json(value: &Value) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    write(&mut out, value)?;
    Ok(out)
}

fn write(out: &mut Vec<u8>, value: &Value) -> Result<(), Error> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Value::Int(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Uint(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Float(number) => {
            if !number.is_finite() {
                let number = go_float(*number);
                return Err(Error(format!("json: unsupported value: {number}")));
            }
            out.extend_from_slice(json_float(*number).as_bytes());
        }
        Value::Text(text) => write_string(out, text),
        Value::Sequence(elements) => {
            out.push(b'[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(out, element)?;
            }
            out.push(b']');
        }
        Value::Mapping(members) => {
            let mut sorted = BTreeMap::new();
            for (key, value) in members {
                sorted.insert(key.key(value)?, value);
            }
            out.push(b'{');
            for (index, (key, value)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_string(out, &key);
                out.push(b':');
                write(out, value)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

/// The digits of a float and its exponent, as few as tell it apart: `(negative, "15", 3)` is 15.0
/// times ten to the second, that is the point stands after the third digit.
fn shortest(number: f64) -> (String, i32) {
    let text = format!("{:e}", number.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.replace('.', ""), exponent.parse().unwrap_or(0))
}

fn scientific(number: f64, least_exponent_digits: usize) -> String {
    let (digits, exponent) = shortest(number);
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    let width = least_exponent_digits;
    format!("{sign}{first}{point}{rest}e{exponent_sign}{:0width$}", exponent.abs())
}

// Go's encoder of JSON: plain digits for all but the very small and the very large.
fn json_float(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        // It drops the zero of a negative exponent of one digit.
        let width = if size < 1e-6 { 1 } else { 2 };
        return scientific(number, width);
    }
    format!("{number}")
}

// Go's `%v` and shortest `%g`.
pub(super) fn go_float(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let (_, exponent) = shortest(number);
    if number != 0.0 && !(-4..6).contains(&exponent) {
        return scientific(number, 2);
    }
    format!("{number}")
}

// A float as the name of a member: with the digits that a float of 32 bits needs.
fn float_key(number: f64) -> String {
    if number.is_nan() {
        return ".nan".to_owned();
    }
    #[expect(clippy::cast_possible_truncation, reason = "Go cuts it as well")]
    let short = number as f32;
    if short.is_infinite() {
        return if short > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    // The shortest digits of the float, read again as one of 64 bits.
    go_float(short.to_string().parse().unwrap_or(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_go_writes_them() {
        let rows = [
            (3600.0, "3600", "3600"),
            (0.1, "0.1", "0.1"),
            (1e21, "1e+21", "1e+21"),
            (1e-7, "1e-7", "1e-07"),
            (1.5e-5, "0.000015", "1.5e-05"),
            (1_234_567.0, "1234567", "1.234567e+06"),
            (-2.5, "-2.5", "-2.5"),
        ];
        for (number, json, go) in rows {
            assert_eq!(json_float(number), json);
            assert_eq!(go_float(number), go);
        }
    }
}
