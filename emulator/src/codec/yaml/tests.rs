use {
    super::{decode, encode},
    crate::codec::{FieldValidation, Target},
    rstest::rstest,
    serde_json::json,
};

fn target() -> Target {
    Target::new("authentication.k8s.io/v1", "TokenRequest").unwrap()
}

// kube-apiserver v1.37.1 said all of these.
#[rstest]
#[case("a: b: c", "yaml: mapping values are not allowed in this context")]
#[case("a: [1, 2", "yaml: line 1: did not find expected ',' or ']'")]
#[case("a: {b: c", "yaml: line 1: did not find expected ',' or '}'")]
#[case("a: 'x", "yaml: found unexpected end of stream")]
#[case("a: \"x\\q\"", "yaml: found unknown escape character")]
#[case("a: \"\\ud800\"", "yaml: found invalid Unicode character escape code")]
#[case("a: \"\\u12\"", "yaml: did not find expected hexdecimal number")]
#[case(
    "- a\\\n- b",
    "couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }"
)]
#[case("a\\\nb: c", "yaml: line 2: mapping values are not allowed in this context")]
#[case("a: b\\\n- c", "yaml: line 1: did not find expected key")]
#[case("- a\\\nb: c", "yaml: line 1: did not find expected '-' indicator")]
#[case("a: *x", "yaml: unknown anchor 'x' referenced")]
#[case("a: &x *x", "yaml: did not find expected key")]
#[case("a: &x [*x]", "yaml: anchor 'x' value contains itself")]
#[case("a: &", "yaml: did not find expected alphabetic or numeric character")]
#[case("a: !!int x", "yaml: cannot decode !!str `x` as a !!int")]
#[case("a: !!binary \"-\"", "yaml: !!binary value contains invalid base64 data")]
#[case("a: !!null x", "yaml: cannot decode !!str `x` as a !!null")]
#[case("a: !x!y z", "yaml: found undefined tag handle")]
#[case("a: !<x", "yaml: did not find the expected '>'")]
#[case("a: !%zz b", "yaml: did not find URI escaped octet")]
#[case("a: !! b", "yaml: did not find expected tag URI")]
#[case("%YAML 1.1\\\n---\\\na: b", "yaml: did not find expected comment or line break")]
#[case("%YAML x", "yaml: did not find expected version number")]
#[case("%YAML 1.123\\\n---", "yaml: found extremely long version number")]
#[case("%TAG ! tag:x,2000:\\\n---\\\na: b", "yaml: did not find expected whitespace or line break")]
#[case("%TAG x y", "yaml: did not find expected '!'")]
#[case("%FOO bar\\\n---\\\na: b", "yaml: found unknown directive name")]
#[case("%", "yaml: could not find expected directive name")]
#[case(
    "--- a",
    "couldn't get version/kind; json parse error: json: cannot unmarshal string into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }"
)]
#[case("...", "yaml: did not find expected node content")]
#[case("a: b\\\n...\\\nc: [", "yaml: line 3: could not find expected ':'")]
#[case("@", "yaml: found character that cannot start any token")]
#[case("a: |0", "yaml: found an indentation indicator equal to 0")]
#[case("[a]: b", "yaml: invalid map key: []interface {}{\"a\"}")]
#[case("{a: b}: c", "yaml: invalid map key: map[interface {}]interface {}{\"a\":\"b\"}")]
#[case("[? : b]", "yaml: did not find expected ',' or ']'")]
#[case("{?}", "unsupported map key of type: %!s(<nil>), key: <nil>, value: <nil>")]
#[case(
    "5",
    "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }"
)]
#[case(
    "true",
    "couldn't get version/kind; json parse error: json: cannot unmarshal bool into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }"
)]
#[case("a: - b", "yaml: block sequence entries are not allowed in this context")]
#[case("a: ? b", "yaml: mapping keys are not allowed in this context")]
#[case("<<: x", "yaml: map merge requires map or sequence of maps as the value")]
#[case(
    "<<: [{a: b}, {a: c}]",
    "strict decoding error: yaml: unmarshal errors:\n  line 1: key \"a\" already set in map, unknown field \"a\""
)]
#[case("~: a", "unsupported map key of type: %!s(<nil>), key: <nil>, value: \"a\"")]
#[case(
    "null: {b: c}",
    "unsupported map key of type: %!s(<nil>), key: <nil>, value: map[interface {}]interface {}{\"b\":\"c\"}"
)]
#[case(
    "18446744073709551615: a",
    "unsupported map key of type: uint64, key: 0xffffffffffffffff, value: \"a\""
)]
#[case("a: .nan", "json: unsupported value: NaN")]
#[case("a: .inf", "json: unsupported value: +Inf")]
#[case(
    "a: 1\\\nb: 2\\\na: 3\\\nb: 4",
    "strict decoding error: yaml: unmarshal errors:\n  line 3: key \"a\" already set in map\n  line 4: key \"b\" already set in map, unknown field \"a\", unknown field \"b\""
)]
#[case(
    "1: a\\\n1: b",
    "strict decoding error: yaml: unmarshal errors:\n  line 2: key 1 already set in map, unknown field \"1\""
)]
#[case(
    "true: a\\\nyes: b",
    "strict decoding error: yaml: unmarshal errors:\n  line 2: key true already set in map, unknown field \"true\""
)]
#[case("~: a\\\nnull: b", "unsupported map key of type: %!s(<nil>), key: <nil>, value: \"b\"")]
#[case(
    "1.5: a\\\n1.50: b",
    "strict decoding error: yaml: unmarshal errors:\n  line 2: key 1.5 already set in map, unknown field \"1.5\""
)]
#[case(
    "? a\\\n: b\\\n? a\\\n: c",
    "strict decoding error: yaml: unmarshal errors:\n  line 4: key \"a\\\\\" already set in map, unknown field \"a\\\\\""
)]
#[case(
    "\"a\\\"b\": 1\\\n'a\"b': 2",
    "strict decoding error: yaml: unmarshal errors:\n  line 2: key \"a\\\"b\" already set in map, unknown field \"a\\\"b\""
)]
fn errors_are_in_the_words_of_the_server(#[case] body: &str, #[case] expected: &str) {
    let error = decode(body.as_bytes(), &target(), FieldValidation::Strict).unwrap_err();
    assert_eq!(error.cause, expected);
}

#[rstest]
#[case("", json!(null))]
#[case("# nothing", json!(null))]
#[case("spec:\n  expirationSeconds: 3600.0\n---\n: [", json!({"expirationSeconds": 3600}))]
#[case("spec: {expirationSeconds: 0o17}", json!({"expirationSeconds": 15}))]
#[case("spec:\n  audiences: [&a 'yes', *a]", json!({"audiences": ["yes", "yes"]}))]
#[case("a: &a {audiences: [x]}\nspec:\n  <<: *a", json!({"audiences": ["x"]}))]
fn bodies_are_read(#[case] body: &str, #[case] spec: serde_json::Value) {
    let decoded = decode(body.as_bytes(), &target(), FieldValidation::Ignore).unwrap();
    assert_eq!(decoded.object.get("spec").cloned().unwrap_or_default(), spec);
}

#[test]
fn duplicate_keys_are_warned_of_before_unknown_fields() {
    let body = "b: 1\na: 1\na: 2\nspec:\n  audiences: []\n  audiences: []\n";
    let decoded = decode(body.as_bytes(), &target(), FieldValidation::Warn).unwrap();
    assert_eq!(
        decoded.warnings,
        [
            "line 3: key \"a\" already set in map",
            "line 6: key \"audiences\" already set in map",
            "unknown field \"a\"",
            "unknown field \"b\""
        ]
    );
}

#[test]
fn documents_are_written_in_the_style_of_go() {
    let target = Target::new("v1", "ConfigMap").unwrap();
    let long = "word ".repeat(20);
    let data = json!({
        "a10": long.trim(), "a2": "yes", "b": "x: y", "c": "1\n2\n", "d": "", "e": "\u{7}é",
        "f": " x", "g": "2026-01-02", "h": "it's", "n": "n", "x": "#",
    });
    let document = json!({
        "kind": "ConfigMap",
        "metadata": {"finalizers": ["a", "b"], "ownerReferences": [{"uid": "u", "name": "n"}]},
        "data": data,
    });
    let written = encode(target.structure, &document).unwrap();
    assert_eq!(
        String::from_utf8(written).unwrap(),
        "data:\n  a2: \"yes\"\n  a10: word word word word word word word word word word word word \
         word word word\n    word word word word word\n  b: 'x: y'\n  c: |\n    1\n    2\n  d: \
         \"\"\n  e: \"\\aé\"\n  f: ' x'\n  g: \"2026-01-02\"\n  h: it's\n  \"n\": \"n\"\n  x: \
         '#'\nkind: ConfigMap\nmetadata:\n  finalizers:\n  - a\n  - b\n  ownerReferences:\n  - \
         apiVersion: \"\"\n    kind: \"\"\n    name: \"n\"\n    uid: u\n"
    );
}

#[test]
fn what_yaml_refuses_cannot_be_written() {
    let target = Target::new("v1", "ConfigMap").unwrap();
    let document = json!({"data": {"a": "\u{7f}"}});
    assert_eq!(
        encode(target.structure, &document),
        Err("yaml: control characters are not allowed".to_owned())
    );
}
