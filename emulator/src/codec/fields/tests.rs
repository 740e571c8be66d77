use {
    super::{Write, encode, managed, updated},
    crate::codec::{
        FieldValidation, Target, json,
        schema::{Kind, Schema, Struct},
    },
    proptest::prelude::*,
    rstest::rstest,
    serde_json::{Map, Value, json},
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
    before["metadata"] = json!({});
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

/// Objects of a kind, whatever a client may send of it and some things that none can.
struct Maker(u64);

impl Maker {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % bound
    }

    fn structure(&mut self, structure: &Struct, depth: u64) -> Value {
        let mut members = Map::new();
        for field in structure.fields.iter().filter(|field| !field.name.is_empty()) {
            if self.below(3 + depth) == 0 {
                members.insert(field.name.to_owned(), self.value(&field.kind, depth + 1));
            }
        }
        Value::Object(members)
    }

    fn value(&mut self, kind: &Kind, depth: u64) -> Value {
        let names = ["", "a", "b", "a/b", "\"", "\u{20ac}"];
        let name = names[self.below(names.len() as u64) as usize];
        match kind {
            _ if self.below(8) == 0 => Value::Null,
            Kind::Struct(id) if depth < 6 => self.structure(Schema::get().structure(*id), depth),
            Kind::Struct(_) => json!({}),
            Kind::List(element) | Kind::Items(element) => {
                (0..self.below(4)).map(|_| self.value(element, depth + 1)).collect()
            }
            Kind::Map(element) => {
                let entry = |maker: &mut Self| {
                    let name = names[maker.below(names.len() as u64) as usize];
                    (name.to_owned(), maker.value(element, depth + 1))
                };
                Value::Object((0..self.below(4)).map(|_| entry(self)).collect())
            }
            Kind::Bool => json!(self.below(2) == 0),
            Kind::Int32 | Kind::Int64 | Kind::IntOrString => json!(self.below(3)),
            _ => json!(name),
        }
    }
}

proptest! {
    #[test]
    fn a_create_owns_the_same_as_an_update_of_nothing(
        seed: u64,
        kind in prop::sample::select(vec![
            ("v1", "Pod"), ("v1", "Node"), ("v1", "ServiceAccount"), ("v1", "Secret"),
            ("v1", "Namespace"), ("v1", "ConfigMap"), ("authentication.k8s.io/v1", "TokenRequest"),
            ("rbac.authorization.k8s.io/v1", "ClusterRole"),
        ]),
        reset in prop::sample::select(vec![
            &[][..], &["status"][..],
            &["spec", "metadata.deletionTimestamp", "metadata.ownerReferences"][..],
        ]),
    ) {
        let target = Target::new(kind.0, kind.1).unwrap();
        let mut after = Maker(seed).structure(target.structure, 0);
        if let Some(metadata) = after["metadata"].as_object_mut() {
            metadata.remove("managedFields");
        }
        let write = Write { reset, ..write(&target, None, &after) };
        prop_assert_eq!(managed(&write), updated(&write, Vec::new()).and_then(encode), "{}", after);
    }
}
