//! Writes a document as YAML. Go writes JSON, reads that as YAML and writes it again, which has
//! effects of its own: characters that YAML refuses end it, and some line breaks are folded.

use {
    super::{
        decode::{Read, read},
        emit::Emitter,
        reader::Error,
        resolve::{is_base_60, is_text},
        value::{Value, go_float},
    },
    crate::codec::{json, schema::Struct},
    std::cmp::Ordering,
};

/// The document as YAML, with a line end; an error text when there are characters in it that
/// YAML refuses.
pub fn encode(structure: &Struct, document: &serde_json::Value) -> Result<Vec<u8>, String> {
    let json = json::encode(structure, document, false);
    let Read { value, .. } = read(&json).map_err(|Error(error)| error)?;
    let mut emitter = Emitter::default();
    write(&mut emitter, &value);
    Ok(emitter.finish())
}

fn write(emitter: &mut Emitter, value: &Value) {
    match value {
        Value::Null => emitter.plain("null"),
        Value::Bool(value) => emitter.plain(if *value { "true" } else { "false" }),
        Value::Int(number) => emitter.plain(&number.to_string()),
        Value::Uint(number) => emitter.plain(&number.to_string()),
        Value::Float(number) => emitter.plain(&go_float(*number)),
        Value::Text(text) => emitter.text(text, is_plain(text)),
        Value::Sequence(elements) if elements.is_empty() => emitter.plain("[]"),
        Value::Sequence(elements) => {
            emitter.open_sequence();
            for element in elements {
                emitter.item();
                write(emitter, element);
            }
            emitter.close();
        }
        Value::Mapping(members) if members.is_empty() => emitter.plain("{}"),
        Value::Mapping(members) => mapping(emitter, members),
    }
}

fn mapping(emitter: &mut Emitter, members: &[(Value, Value)]) {
    // All names come from JSON, so they are text.
    let named = members.iter().filter_map(|(key, value)| match key {
        Value::Text(name) => Some((name, value)),
        _ => None,
    });
    emitter.open_mapping();
    for (name, value) in sorted(named.collect()) {
        emitter.key(name, is_plain(name));
        write(emitter, value);
    }
    emitter.close();
}

// By merging: the order of keys has circles in it, which the standard library's sort may refuse.
fn sorted<'a>(mut members: Vec<(&'a String, &'a Value)>) -> Vec<(&'a String, &'a Value)> {
    if members.len() < 2 {
        return members;
    }
    let rest = sorted(members.split_off(members.len() / 2));
    let mut ones = sorted(members).into_iter().peekable();
    let mut others = rest.into_iter().peekable();
    let mut merged = Vec::with_capacity(ones.len() + others.len());
    while let (Some((one, _)), Some((other, _))) = (ones.peek(), others.peek()) {
        let first = if compare_keys(one, other).is_le() { ones.next() } else { others.next() };
        merged.extend(first);
    }
    merged.extend(ones);
    merged.extend(others);
    merged
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
        let names = ["b", "a10", "a2", "a", "10", "9", "a-1", "a.b", "A", "a01", "_"];
        let names: Vec<_> = names.into_iter().map(str::to_owned).collect();
        let members = names.iter().map(|name| (name, &Value::Null)).collect();
        let keys: Vec<_> = sorted(members).into_iter().map(|(name, _)| &**name).collect();
        assert_eq!(keys, ["_", "9", "10", "A", "a", "a-1", "a.b", "a01", "a2", "a10", "b"]);
    }
}
