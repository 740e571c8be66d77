//! What holds for every text. A test run looks at few texts, always the same;
//! `PROPTEST_CASES=1000000 PROPTEST_RNG_SEED=1 cargo test -p token-emulator --lib json::properties`
//! looks at many others.

use {
    super::{Json, Number, SyntaxError, parse},
    proptest::{
        collection::vec,
        prelude::*,
        test_runner::{Config, RngSeed},
    },
    serde_json::Value,
};

fn config() -> Config {
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(7);
    }
    config
}

/// A value as strict JSON has it: the last of two equal keys counts.
fn strict(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => (*value).into(),
        Json::String(value) => value.as_str().into(),
        Json::Number(Number::Unsigned(number)) => (*number).into(),
        Json::Number(Number::Signed(number)) => (*number).into(),
        Json::Number(Number::Double(number)) => (*number).into(),
        Json::List(values) => values.iter().map(strict).collect(),
        Json::Object(members) => {
            members.iter().map(|(key, value)| (key.clone(), strict(value))).collect()
        }
    }
}

/// Whether two values mean the same. Doubles are read by two libraries, of which neither promises
/// the last bit; and `-0` is a double to one and an integer to the other.
fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            let is_close = |left: f64, right: f64| {
                let largest = left.abs().max(right.abs()).max(f64::MIN_POSITIVE);
                (left - right).abs() <= f64::EPSILON * 4.0 * largest
            };
            left == right || left.as_f64().zip(right.as_f64()).is_some_and(|(a, b)| is_close(a, b))
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(a, b)| is_same(a, b))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, value)| right.get(key).is_some_and(|other| is_same(value, other)))
        }
        (left, right) => left == right,
    }
}

/// What strict JSON accepts is accepted, and means the same; nothing makes the parser panic.
fn check(text: &[u8]) -> Result<(), TestCaseError> {
    let parsed = parse(text);
    if let Err(SyntaxError(reason)) = &parsed {
        prop_assert!(!reason.is_empty());
    }
    if let Ok(expected) = serde_json::from_slice::<Value>(text) {
        let depth = |bracket: u8| text.iter().filter(|byte| **byte == bracket).count();
        if depth(b'[') + depth(b'{') > 100 {
            return Ok(());
        }
        let parsed = parsed.map(|json| strict(&json));
        let parsed = parsed.map_err(|SyntaxError(reason)| TestCaseError::fail(reason))?;
        prop_assert!(is_same(&parsed, &expected), "{parsed} instead of {expected}");
    }
    Ok(())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Value::from),
            vec((any::<String>(), inner), 0..8)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

/// Pieces that JSON, ours and the strict one, is made of.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&str; 46] = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "'",
        "\\",
        "\"a\"",
        "'b'",
        "c",
        "_d",
        "$e",
        "true",
        "false",
        "null",
        "0",
        "-",
        "1",
        "-1",
        "007",
        "0x1f",
        ".5",
        "1.",
        "1.25",
        "e",
        "E+9",
        "1e400",
        "-0",
        "-0.0",
        "18446744073709551616",
        "-9223372036854775809",
        " ",
        "\n",
        "\t",
        "\u{b}",
        "\\u00e9",
        "\\ud83d",
        "\\ude00",
        "\\u12",
        "é",
        "😀",
        "\u{feff}",
        "\u{0}",
        "\u{7f}",
    ];
    prop_oneof![
        8 => prop::sample::select(&PIECES[..]).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..4),
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_value_is_read_as_it_was_written(value in value(), pretty: bool) {
        let text = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) };
        check(&text.unwrap())?;
    }

    #[test]
    fn every_damaged_value_is_read_or_refused(
        value in value(),
        damage in vec((any::<prop::sample::Index>(), 0..4_usize, piece()), 1..4),
    ) {
        let mut text = serde_json::to_vec(&value).unwrap();
        for (at, length, piece) in damage {
            let start = at.index(text.len() + 1);
            let end = text.len().min(start + length);
            text.splice(start..end, piece);
        }
        check(&text)?;
    }

    #[test]
    fn every_heap_of_pieces_is_read_or_refused(pieces in vec(piece(), 0..24)) {
        check(&pieces.concat())?;
    }

    #[test]
    fn every_text_is_read_or_refused(text in vec(any::<u8>(), 0..64)) {
        check(&text)?;
    }
}
