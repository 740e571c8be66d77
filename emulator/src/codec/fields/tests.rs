use {
    super::{Write, managed},
    crate::codec::{FieldValidation, Target, json},
    rstest::rstest,
    serde_json::Value,
};

fn object(target: &Target, body: &str) -> Value {
    json::decode(body.as_bytes(), target, FieldValidation::Ignore).unwrap().object
}

fn write<'a>(target: &Target, before: Option<&'a Value>, after: &'a Value) -> Write<'a> {
    Write {
        structure: target.structure,
        api_version: target.api_version,
        before,
        after,
        manager: "test",
        subresource: "",
        reset: &[],
        time: "2026-01-02T03:04:05Z",
    }
}

#[rstest]
#[case(
    "authentication.k8s.io/v1",
    "TokenRequest",
    r#"{"metadata":{"name":"n","labels":{"a":"b"}},"spec":{"audiences":[],"expirationSeconds":600,"boundObjectRef":{"kind":"Pod","name":"p"}},"status":{"token":"t"}}"#,
    r#"{"f:metadata":{"f:labels":{".":{},"f:a":{}}},"f:spec":{"f:audiences":{},"f:boundObjectRef":{"f:kind":{},"f:name":{}},"f:expirationSeconds":{}},"f:status":{"f:token":{}}}"#
)]
#[case(
    "v1",
    "ServiceAccount",
    r#"{"metadata":{"name":"n"},"secrets":[{"name":"s"}],"imagePullSecrets":[{"name":"b"},{"name":"a"}]}"#,
    r#"{"f:imagePullSecrets":{},"f:secrets":{".":{},"k:{\"name\":\"s\"}":{}}}"#
)]
fn a_create_owns_what_it_writes(
    #[case] api_version: &'static str,
    #[case] kind: &'static str,
    #[case] body: &str,
    #[case] expected: &str,
) {
    let target = Target::new(api_version, kind).unwrap();
    let after = object(&target, body);
    let entries = managed(&write(&target, None, &after)).unwrap();
    assert_eq!(entries[0]["manager"], "test");
    assert_eq!(entries[0]["fieldsV1"], expected);
}

#[test]
fn a_create_of_nothing_owns_nothing() {
    let target = Target::new("v1", "ServiceAccount").unwrap();
    let after = object(&target, r#"{"metadata":{"name":"n","namespace":"d"}}"#);
    assert_eq!(managed(&write(&target, None, &after)), None);
}

#[test]
fn an_update_takes_what_it_changes_and_drops_what_it_removes() {
    let target = Target::new("v1", "ConfigMap").unwrap();
    let mut before = object(&target, r#"{"data":{"a":"1","b":"1","c":"1"}}"#);
    before["metadata"] = serde_json::json!({});
    before["metadata"]["managedFields"] = managed(&write(&target, None, &before)).unwrap();
    let after = object(&target, r#"{"data":{"a":"2","b":"1","d":"1"}}"#);
    let second = Write { manager: "other", ..write(&target, Some(&before), &after) };
    let entries = managed(&second).unwrap();
    let found: Vec<_> = entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["manager"].as_str().unwrap(), entry["fieldsV1"].as_str().unwrap()))
        .collect();
    assert_eq!(
        found,
        [
            ("other", r#"{"f:data":{"f:a":{},"f:d":{}}}"#),
            ("test", r#"{"f:data":{".":{},"f:b":{}}}"#)
        ]
    );
}
