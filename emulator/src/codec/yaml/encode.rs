//! Writes a document as YAML: the members that JSON would have, sorted by name, in the style of
//! Go's YAML package.

use {
    super::{
        emit::Emitter,
        resolve::{is_base_60, is_text},
    },
    crate::codec::schema::{Field, Kind, Schema, Struct},
    serde_json::{Map, Value},
    std::cmp::Ordering,
};

/// The document as YAML, with a line end.
pub fn encode(structure: &Struct, document: &Value) -> Vec<u8> {
    let mut writer = Writer { emitter: Emitter::default() };
    writer.structure(structure, document);
    writer.emitter.finish()
}

struct Writer {
    emitter: Emitter,
}

/// How to write a value, and the value.
type Member<'a> = (&'a str, Shape<'a>, &'a Value);

#[derive(Clone, Copy)]
enum Shape<'a> {
    Struct(&'a Struct),
    Of(&'a Kind),
    Any,
}

const EMPTY_TEXT: &str = "";

impl Writer {
    fn structure(&mut self, structure: &Struct, value: &Value) {
        let empty = Map::new();
        let members = value.as_object().unwrap_or(&empty);
        let fields = structure.fields.iter().filter(|field| !field.name.is_empty());
        let members = fields.filter_map(|field| {
            let value = members.get(field.name);
            let shown = !field.is_omitted(value);
            shown.then(|| member(field, value.unwrap_or(&Value::Null)))
        });
        self.mapping(members.collect());
    }

    fn mapping(&mut self, mut members: Vec<Member<'_>>) {
        members.sort_by(|(one, ..), (other, ..)| compare_keys(one, other));
        if members.is_empty() {
            return self.emitter.plain("{}");
        }
        self.emitter.open_mapping();
        for (name, shape, value) in members {
            self.emitter.key(name, is_plain(name));
            self.value(shape, value);
        }
        self.emitter.close();
    }

    fn sequence<'a>(&mut self, elements: &'a [Value], shape: Shape<'a>) {
        if elements.is_empty() {
            return self.emitter.plain("[]");
        }
        self.emitter.open_sequence();
        for element in elements {
            self.emitter.item();
            self.value(shape, element);
        }
        self.emitter.close();
    }

    fn value(&mut self, shape: Shape<'_>, value: &Value) {
        match (shape, value) {
            (Shape::Struct(structure), _) => self.structure(structure, value),
            (Shape::Of(Kind::Struct(id)), Value::Object(_)) => {
                self.structure(Schema::get().structure(*id), value);
            }
            (Shape::Of(Kind::Raw), Value::String(text)) => match serde_json::from_str(text) {
                Ok(value) => self.value(Shape::Any, &value),
                Err(_) => self.emitter.plain("null"),
            },
            (_, Value::Null) => self.emitter.plain("null"),
            (_, Value::Bool(value)) => self.emitter.plain(if *value { "true" } else { "false" }),
            (_, Value::Number(number)) => self.emitter.plain(&number_text(number)),
            (_, Value::String(text)) => self.emitter.text(text, is_plain(text)),
            (_, Value::Array(elements)) => self.sequence(elements, element(shape)),
            (_, Value::Object(members)) => {
                let shape = element(shape);
                let members = members.iter();
                self.mapping(members.map(|(name, value)| (&**name, shape, value)).collect());
            }
        }
    }
}

fn element(shape: Shape<'_>) -> Shape<'_> {
    match shape {
        Shape::Of(kind) => kind.element().map_or(Shape::Any, Shape::Of),
        _ => Shape::Any,
    }
}

fn number_text(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => super::value::go_float(float),
        _ => number.to_string(),
    }
}

// What Go shows for a member that is not there.
fn member<'a>(field: &'a Field, value: &'a Value) -> Member<'a> {
    use std::sync::LazyLock;
    static TEXT: LazyLock<Value> = LazyLock::new(|| Value::String(EMPTY_TEXT.to_owned()));
    static QUANTITY: LazyLock<Value> = LazyLock::new(|| Value::String("0".to_owned()));
    static NUMBER: LazyLock<Value> = LazyLock::new(|| Value::from(0));
    static BOOLEAN: Value = Value::Bool(false);
    let shape = Shape::Of(&field.kind);
    if !value.is_null() || field.pointer {
        return (field.name, shape, value);
    }
    match &field.kind {
        Kind::String => (field.name, shape, &TEXT),
        Kind::Bool => (field.name, shape, &BOOLEAN),
        Kind::Int32 | Kind::Int64 | Kind::IntOrString => (field.name, shape, &NUMBER),
        Kind::Quantity => (field.name, shape, &QUANTITY),
        Kind::Struct(id) => (field.name, Shape::Struct(Schema::get().structure(*id)), value),
        _ => (field.name, shape, value),
    }
}

// Whether text can stand without quotes and still be text.
fn is_plain(text: &str) -> bool {
    is_text(text) && !is_base_60(text)
}

/// Go's order of keys: letters after everything else, and numbers in them by their value.
fn compare_keys(one: &str, other: &str) -> Ordering {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let Some(at) = one.iter().zip(&other).position(|(one, other)| one != other) else {
        return one.len().cmp(&other.len());
    };
    let (first, second) = (one[at], other[at]);
    match (first.is_alphabetic(), second.is_alphabetic()) {
        (true, true) => return first.cmp(&second),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // Zeros after other digits count; those before do not.
    let inside = (first == '0' || second == '0') && {
        let before = one[..at].iter().rev().take_while(|character| character.is_ascii_digit());
        before.into_iter().any(|character| *character != '0')
    };
    let (number, digits) = digits(&one[at..], inside);
    let (other_number, other_digits) = self::digits(&other[at..], inside);
    number.cmp(&other_number).then(digits.cmp(&other_digits)).then(first.cmp(&second))
}

fn digits(text: &[char], inside: bool) -> (i64, usize) {
    let digits = text.iter().map_while(|character| character.to_digit(10));
    let start = (i64::from(inside), 0);
    digits.fold(start, |(number, length), digit| {
        (number.wrapping_mul(10).wrapping_add(i64::from(digit)), length + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_the_order_of_people() {
        let mut keys = vec!["b", "a10", "a2", "a", "10", "9", "a-1", "a.b", "A", "a01", "_"];
        keys.sort_by(|one, other| compare_keys(one, other));
        assert_eq!(keys, ["_", "9", "10", "A", "a", "a-1", "a.b", "a01", "a2", "a10", "b"]);
    }
}
