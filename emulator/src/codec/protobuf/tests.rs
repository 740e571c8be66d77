use {
    super::{decode, encode, message},
    crate::codec::{
        Target, json,
        schema::{Schema, Struct},
    },
    rstest::rstest,
    serde_json::{Map, Value, json},
};

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.bytes().map(|byte| char::from(byte).to_digit(16).unwrap()).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
}

fn token_request() -> Target {
    Target::new("authentication.k8s.io/v1", "TokenRequest").unwrap()
}

fn without_type(structure: &Struct, object: &mut Value) {
    for name in ["kind", "apiVersion"] {
        if structure.field(name).is_some_and(|(_, field)| field.within == "TypeMeta") {
            object.as_object_mut().unwrap().remove(name);
        }
    }
}

#[test]
fn what_go_wrote_is_read_and_written_again() {
    for line in include_str!("../schema/samples.txt").lines().filter(|line| !line.starts_with('#'))
    {
        let columns: Vec<_> = line.splitn(4, ' ').collect();
        let [id, _, bytes, text] = columns[..] else { panic!("{line}") };
        if bytes == "-" {
            continue;
        }
        let bytes = unhex(bytes.trim_start_matches('='));
        let structure = Schema::get().by_id(id).unwrap();
        let mut members = Map::new();
        message::read(&bytes, structure, &mut members).unwrap();
        let document = Value::Object(members);
        let mut written = Vec::new();
        super::encode::message(&mut written, structure, &document);
        assert_eq!(written, bytes, "{id}");
        // In protobuf what TypeMeta holds stands in the envelope.
        let mut expected: Value = serde_json::from_str(text).unwrap();
        without_type(structure, &mut expected);
        // So do the options inside an eviction, which have no envelope of their own.
        if let Some(options) = expected.get_mut("deleteOptions") {
            let structure = Schema::get().root("meta.k8s.io/v1", "DeleteOptions").unwrap();
            without_type(structure, options);
        }
        let shown: Value =
            serde_json::from_slice(&json::encode(structure, &document, false)).unwrap();
        assert_eq!(shown, expected, "{id}");
    }
}

#[test]
fn the_envelope_names_the_kind() {
    let document = json!({
        "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
        "spec": {"audiences": ["a"], "expirationSeconds": 600},
    });
    let body = encode(token_request().structure, &document);
    assert_eq!(&body[..8], b"k8s\0\x0a\x28\x0a\x18");
    let decoded = decode(&body, &token_request()).unwrap();
    assert_eq!(decoded.object["spec"], document["spec"]);
    assert_eq!(decoded.object["kind"], "TokenRequest");
}

#[rstest]
#[case("", "empty data (<empty>)")]
#[case("6b387300", "empty body (6b387300)")]
#[case(
    "7b7d",
    "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] ({})"
)]
#[case("6b38730012", "unexpected EOF (6b38730012)")]
#[case("6b38730010", "proto: wrong wireType = 0 for field Raw (6b38730010)")]
#[case("6b38730004", "proto: Unknown: wiretype end group for non-group (6b38730004)")]
#[case("6b38730002", "proto: Unknown: illegal tag 0 (wire type 2) (6b38730002)")]
fn what_is_no_protobuf_is_unrecognized(#[case] body: &str, #[case] expected: &str) {
    let error = decode(&unhex(body), &token_request()).unwrap_err();
    assert_eq!(
        error.message,
        format!("the object provided is unrecognized (must be of type TokenRequest): {expected}")
    );
}

#[test]
fn an_empty_message_is_an_empty_object() {
    let decoded = decode(&unhex("6b3873001200"), &token_request()).unwrap();
    assert_eq!(
        decoded.object,
        json!({"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1"})
    );
}
