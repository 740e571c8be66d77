//! What the parser takes, and what it says of the rest.

use {super::*, crate::world::entropy::Entropy, rstest::rstest};

fn string(text: &str) -> Json {
    Json::String(text.to_owned())
}

#[test]
fn the_grammar_is_lenient() {
    let value = parse(b" {'a':\"x\", b_1: [1,-2,1.5,], $c:{}, null:null, trueish:false,} ");
    let members = [
        ("a", string("x")),
        (
            "b_1",
            Json::List(vec![
                Json::Number(Number::Unsigned(1)),
                Json::Number(Number::Signed(-2)),
                Json::Number(Number::Double(1.5)),
            ]),
        ),
        ("$c", Json::Object(vec![])),
        ("null", Json::Null),
        ("trueish", Json::Bool(false)),
    ];
    let members = members.map(|(key, value)| (key.to_owned(), value));
    assert_eq!(value, Ok(Json::Object(members.into())));
}

#[test]
fn escapes_are_read() {
    let value = parse(br#""\u00e9\ud83d\ude00\n\/\'\q\v""#);
    assert_eq!(value, Ok(string("é😀\n/'q\u{b}")));
    assert_eq!(parse("'\\é'".as_bytes()), Ok(string("é")));
}

#[rstest]
#[case("not json", "Unexpected token.\nnot json\n^")]
#[case("", "Unexpected end of string. Expected a value.\n\n^")]
#[case("{\"a\" 1}", "Expected : between key:value pair.\n{\"a\" 1}\n     ^")]
#[case("{\"a\":1 b", "Expected , or } after key:value pair.\n{\"a\":1 b\n       ^")]
#[case(
    "{\"a\":1",
    "Unexpected end of string. Expected , or } after key:value pair.\n{\"a\":1\n      ^"
)]
#[case("{1:2}", "Expected an object key or }.\n{1:2}\n ^")]
#[case("[1 2]", "Expected , or ] after array value.\n[1 2]\n   ^")]
#[case("[#]", "Expected a value or ] within an array.\n[#]\n ^")]
#[case("{\"a\":#}", "Expected a value.\n{\"a\":#}\n     ^")]
#[case("\"abc", "Closing quote expected in string.\n\"abc\n    ^")]
#[case("{\"a\":012}", "Octal/hex numbers are not valid JSON values.\n{\"a\":012}\n     ^")]
#[case("0x1", "Octal/hex numbers are not valid JSON values.\n0x1\n^")]
#[case("{} x", "Parsing terminated before end of input.\n{} x\n   ^")]
#[case("\"\\u12", "Illegal hex string.\n\"\\u12\n ^")]
#[case("\"\\u12zz\"", "Invalid escape sequence.\n\"\\u12zz\"\n ^")]
#[case("\"\\ud800\"", "Missing low surrogate.\n\"\\ud800\"\n ^")]
#[case("1e400", "Number exceeds the range of double.\n1e400\n^")]
#[case("--1", "Unable to parse number.\n--1\n^")]
fn a_syntax_error_points_at_its_place(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(parse(text.as_bytes()), Err(SyntaxError(expected.to_owned())));
}

/// A value that strict JSON allows, as our parser has to read it.
fn read_by_serde(value: &serde_json::Value) -> Json {
    match value {
        serde_json::Value::Null => Json::Null,
        serde_json::Value::Bool(value) => Json::Bool(*value),
        serde_json::Value::String(value) => string(value),
        serde_json::Value::Array(values) => Json::List(values.iter().map(read_by_serde).collect()),
        serde_json::Value::Object(members) => Json::Object(
            members.iter().map(|(key, value)| (key.clone(), read_by_serde(value))).collect(),
        ),
        serde_json::Value::Number(number) => {
            Json::Number(match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => Number::Unsigned(number),
                (_, Some(number)) => Number::Signed(number),
                _ => Number::Double(number.as_f64().unwrap()),
            })
        }
    }
}

/// A random value, the deeper the smaller.
fn random(entropy: &Entropy, depth: u8) -> serde_json::Value {
    let mut bytes = [0; 12];
    entropy.fill(&mut bytes);
    let text = String::from_utf8_lossy(&bytes[2..]).into_owned();
    let number = i64::from_le_bytes(bytes[4..].try_into().unwrap());
    let kinds = if depth == 0 { 6 } else { 8 };
    match bytes[0] % kinds {
        0 => serde_json::Value::Null,
        1 => (bytes[1] % 2 == 0).into(),
        2 => text.into(),
        3 => (number >> (bytes[1] % 64)).into(),
        4 => number.unsigned_abs().into(),
        5 => (number as f64 / 1e9).into(),
        6 => (0..bytes[1] % 5).map(|_| random(entropy, depth - 1)).collect(),
        _ => (0..bytes[1] % 5)
            .map(|index| (format!("{text}{index}"), random(entropy, depth - 1)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

#[test]
fn what_strict_json_accepts_is_accepted_with_the_same_meaning() {
    let entropy = Entropy::seeded(7);
    for _ in 0..2_000 {
        let value = random(&entropy, 5);
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            assert_eq!(parse(text.as_bytes()), Ok(read_by_serde(&value)), "{text}");
        }
    }
}

#[test]
fn an_error_shows_twenty_bytes_on_each_side() {
    let text = format!("{{\"{}\" \"{}\"}}", "a".repeat(30), "b".repeat(30));
    let SyntaxError(error) = parse(text.as_bytes()).unwrap_err();
    let shown = format!("{}\" \"{}\n{}^", "a".repeat(18), "b".repeat(19), " ".repeat(20));
    assert_eq!(error, format!("Expected : between key:value pair.\n{shown}"));
}

#[test]
fn a_hundred_levels_are_enough() {
    let nested = |depth| format!("{}1{}", "{\"k\":".repeat(depth), "}".repeat(depth));
    assert!(parse(nested(100).as_bytes()).is_ok());
    let SyntaxError(error) = parse(nested(101).as_bytes()).unwrap_err();
    assert_eq!(error, "Message too deep. Max recursion depth reached for key 'k'");
    let open = "[".repeat(1 << 20);
    assert!(parse(open.as_bytes()).is_err());
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    assert!(parse(b"{\"a\":\"\xff\"}").is_err());
}
