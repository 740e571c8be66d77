use {
    super::{decode, encode},
    crate::codec::{FieldValidation, Target, schema::Schema},
    rstest::rstest,
    serde_json::json,
};

fn token_request() -> Target {
    Target::new("authentication.k8s.io/v1", "TokenRequest").unwrap()
}

fn message(body: &str) -> String {
    decode(body.as_bytes(), &token_request(), FieldValidation::Ignore).unwrap_err().message
}

fn warnings(body: &str) -> Vec<String> {
    decode(body.as_bytes(), &token_request(), FieldValidation::Warn).unwrap().warnings
}

#[test]
fn what_go_wrote_is_read_and_written_again() {
    for line in include_str!("../schema/samples.txt").lines().filter(|line| !line.starts_with('#'))
    {
        let mut columns = line.splitn(4, ' ');
        let id = columns.next().unwrap();
        let text = columns.nth(2).unwrap();
        let structure = Schema::get().by_id(id).unwrap();
        let read = super::value::read(text.as_bytes(), structure, true).unwrap();
        assert_eq!(read.strict_errors, Vec::<String>::new(), "{id}");
        let written = encode(structure, &read.object.into(), false);
        assert_eq!(String::from_utf8(written).unwrap(), format!("{text}\n"), "{id}");
    }
}

#[rstest]
#[case("", "<empty>")]
#[case("   ", "202020")]
fn no_json_is_unrecognized(#[case] body: &str, #[case] tail: &str) {
    assert_eq!(
        message(body),
        format!(
            "the object provided is unrecognized (must be of type TokenRequest): couldn't get \
             version/kind; json parse error: unexpected end of JSON input ({tail})"
        )
    );
}

#[test]
fn what_is_left_out_is_what_the_endpoint_takes() {
    for body in ["{}", "null", r#"{"kind":"","apiVersion":"/"}"#] {
        let decoded = decode(body.as_bytes(), &token_request(), FieldValidation::Warn).unwrap();
        assert_eq!(
            decoded.object,
            json!({"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1"})
        );
    }
}

#[rstest]
#[case(
    r#"{"kind":"Pod","apiVersion":"v1"}"#,
    "Pod in version \"v1\" cannot be handled as a TokenRequest: converting (v1.Pod) to (authentication.TokenRequest): unknown conversion"
)]
#[case(
    r#"{"kind":"Foo"}"#,
    "Foo in version \"v1\" cannot be handled as a TokenRequest: no kind \"Foo\" is registered for version \"authentication.k8s.io/v1\" in scheme \"pkg/runtime/scheme.go:111\""
)]
#[case(
    r#"{"spec":{"expirationSeconds":"1"}}"#,
    "TokenRequest in version \"v1\" cannot be handled as a TokenRequest: json: cannot unmarshal string into Go struct field TokenRequestSpec.spec.expirationSeconds of type int64"
)]
#[case(
    r#"{"apiVersion":"a/b/c"}"#,
    "the object provided is unrecognized (must be of type TokenRequest): unexpected GroupVersion string: a/b/c ({\"apiVersion\":\"a/b/c\"})"
)]
fn errors_are_in_the_words_of_the_server(#[case] body: &str, #[case] expected: &str) {
    assert_eq!(message(body), expected);
}

#[test]
fn unknown_and_duplicate_fields_are_told_in_order() {
    let body = r#"{"spec":{"a":1,"audiences":["x"],"audiences":["y"]},"b":{},"spec":{"expirationSeconds":600}}"#;
    assert_eq!(
        warnings(body),
        [
            "unknown field \"spec.a\"",
            "duplicate field \"spec.audiences\"",
            "unknown field \"b\"",
            "duplicate field \"spec\""
        ]
    );
    let decoded = decode(body.as_bytes(), &token_request(), FieldValidation::Ignore).unwrap();
    assert_eq!(decoded.warnings, Vec::<String>::new());
    assert_eq!(decoded.object["spec"], json!({"audiences": ["y"], "expirationSeconds": 600}));
}

#[test]
fn strictness_refuses_them() {
    let error =
        decode(br#"{"b":1,"spec":{},"spec":{}}"#, &token_request(), FieldValidation::Strict);
    assert_eq!(
        error.unwrap_err().cause,
        "strict decoding error: unknown field \"b\", duplicate field \"spec\""
    );
}

#[test]
fn pretty_json_is_indented_and_ends_without_a_line_end() {
    let document = json!({"metadata": {"labels": {"a": "<b>"}}, "spec": {"audiences": []}});
    let pretty = encode(token_request().structure, &document, true);
    assert_eq!(
        String::from_utf8(pretty).unwrap(),
        "{\n  \"metadata\": {\n    \"labels\": {\n      \"a\": \"\\u003cb\\u003e\"\n    }\n  },\n  \
         \"spec\": {\n    \"audiences\": [],\n    \"expirationSeconds\": null,\n    \
         \"boundObjectRef\": null\n  },\n  \"status\": {\n    \"token\": \"\",\n    \
         \"expirationTimestamp\": null\n  }\n}"
    );
}
