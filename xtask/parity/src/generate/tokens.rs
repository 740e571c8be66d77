//! Requests for tokens.

use {
    super::Setting,
    crate::{random::Random, request::Request},
    serde_json::{Map, Value, json},
};

/// A plain request for a token of a service account.
pub(super) fn plain(account: &str) -> Request {
    Request::new("POST", path("{{ns}}", account)).json(json!({}))
}

fn path(namespace: &str, account: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token")
}

/// Any request for a token.
pub(super) fn request(random: &mut Random, setting: &Setting) -> Request {
    let account = random.text(&[
        "a", "a", "a", "a", "b", "missing", "A", "..", "%25", "a%2Fb", "", "default", "a%20b",
        "%C3%A9",
    ]);
    let namespace = random.text(&[
        "{{ns}}", "{{ns}}", "{{ns}}", "{{ns}}", "{{ns}}", "{{ns}}", "{{ns}}", "missing", "default",
        "..", "%25", "", "X_Y",
    ]);
    let mut spec = Map::new();
    if random.chance(45) {
        spec.insert("audiences".to_owned(), audiences(random));
    }
    if random.chance(40) {
        spec.insert("expirationSeconds".to_owned(), lifetime(random));
    }
    if random.chance(45) {
        spec.insert("boundObjectRef".to_owned(), reference(random, setting));
    }
    if random.chance(8) {
        spec.insert("attestations".to_owned(), attestations(random));
    }
    let mut body = Map::new();
    if random.chance(80) {
        body.insert("spec".to_owned(), spec.into());
    }
    if random.chance(50) {
        body.insert("kind".to_owned(), "TokenRequest".into());
        body.insert("apiVersion".to_owned(), "authentication.k8s.io/v1".into());
    }
    if random.chance(25) {
        body.insert("metadata".to_owned(), metadata(random, setting));
    }
    if random.chance(5) {
        body.insert(
            "status".to_owned(),
            json!({ "token": "x", "expirationTimestamp": "2020-01-01T00:00:00Z" }),
        );
    }
    Request::new("POST", path(&namespace, &account)).json(body.into())
}

fn audiences(random: &mut Random) -> Value {
    match random.below(8) {
        0 => json!([]),
        1 => Value::Null,
        2 => json!(["", ""]),
        3 => json!(["b", "a", "b"]),
        4 => json!(["https://kubernetes.default.svc.cluster.local"]),
        5 => json!(["https://kubernetes.default.svc.cluster.local", "x<y>&\"z\""]),
        6 => json!(["b", "\u{e9}\u{1f600}\u{2028}"]),
        _ => json!(["a"]),
    }
}

fn lifetime(random: &mut Random) -> Value {
    match random.below(12) {
        0 => json!(599),
        1 => json!(0),
        2 => json!(-1),
        3 => json!(600),
        4 => json!(4_294_967_297_i64),
        5 => Value::Null,
        6 | 7 => json!(3607),
        8 => json!(1_000_000),
        9 => json!(i64::MAX),
        10 => json!(i64::MIN),
        _ => json!(7200),
    }
}

fn reference(random: &mut Random, setting: &Setting) -> Value {
    if random.chance(12) {
        return webhook(random, setting);
    }
    let mut reference = Map::new();
    let kind = random.text(&[
        "Pod",
        "Pod",
        "Pod",
        "Secret",
        "Secret",
        "Node",
        "ConfigMap",
        "pod",
        "ServiceAccount",
        "",
    ]);
    let name = match kind.as_str() {
        "Pod" => random.text(&["pod", "pod", "pod", "other", "missing"]),
        "Secret" => random.text(&["secret", "secret", "missing"]),
        "Node" => random.text(&["{{ns}}", "missing"]),
        _ => random.text(&["x", ""]),
    };
    reference.insert("kind".to_owned(), kind.into());
    reference.insert("name".to_owned(), name.into());
    if random.chance(60) {
        let version = random
            .text(&["v1", "v1", "v1", "v2", "", "/", "apps/v1", "a/b/c", "v1/", "core/v1", "/v1"]);
        reference.insert("apiVersion".to_owned(), version.into());
    }
    if random.chance(30) {
        reference.insert("uid".to_owned(), setting.uid(random).into());
    }
    match random.below(20) {
        0 => json!({}),
        1 => Value::Null,
        2 => {
            let name = random.text(&["", "a/b", "a%b", "..", "."]);
            reference.insert("name".to_owned(), name.into());
            reference.into()
        }
        _ => reference.into(),
    }
}

fn webhook(random: &mut Random, setting: &Setting) -> Value {
    json!({
        "kind": random.text(&["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "Other"]),
        "apiVersion": random.text(&["admissionregistration.k8s.io/v1", "admissionregistration.k8s.io/v1beta1", "admissionregistration.k8s.io/"]),
        "name": random.text(&["x", "x", ""]),
        "uid": setting.uid(random),
    })
}

fn attestations(random: &mut Random) -> Value {
    let groups = match random.below(8) {
        0 => json!([]),
        1 => json!([""]),
        2 => json!(["apps", "batch"]),
        3 => json!(["*"]),
        4 => json!(["A_B"]),
        5 => Value::Null,
        _ => json!(["apps"]),
    };
    match random.below(5) {
        0 => json!({}),
        1 => json!({ "other": ["x"] }),
        2 => json!({ "admissionReviewAPIGroups": groups, "other": ["x"], "a": null }),
        _ => json!({ "admissionReviewAPIGroups": groups }),
    }
}

/// Metadata of any kind.
pub(super) fn metadata(random: &mut Random, setting: &Setting) -> Value {
    let mut metadata = Map::new();
    let mut put = |name: &str, value: Value| {
        metadata.insert(name.to_owned(), value);
    };
    for _ in 0..=random.below(3) {
        match random.below(15) {
            0 => put("name", random.text(&["a", "a", "other", "A b", ""]).into()),
            1 => put("namespace", random.text(&["{{ns}}", "other", ""]).into()),
            2 => put("uid", setting.uid(random).into()),
            3 => put("labels", json!({ "a": "b", "c": "not valid!" })),
            4 => put("annotations", json!({ "note": "<&>" })),
            5 => put("generateName", "gen-".into()),
            6 => put("finalizers", json!(["example.com/f"])),
            7 => put("resourceVersion", random.text(&["5", "x", "0"]).into()),
            8 => put("ownerReferences", owners(random)),
            9 => put(
                "creationTimestamp",
                random
                    .text(&[
                        "2020-01-01T00:00:00Z",
                        "2020-01-01T00:00:00+02:00",
                        "x",
                        "2020-13-01T00:00:00Z",
                    ])
                    .into(),
            ),
            10 => put("deletionTimestamp", "2020-01-01T00:00:00.5Z".into()),
            11 => put("generation", random.below(5).into()),
            12 => put("selfLink", "/x".into()),
            13 => put(
                "managedFields",
                json!([{ "manager": "m", "operation": "Update", "fieldsType": "FieldsV1", "fieldsV1": { "f:a": {} } }]),
            ),
            _ => put("deletionGracePeriodSeconds", 5.into()),
        }
    }
    metadata.into()
}

fn owners(random: &mut Random) -> Value {
    let owner = |uid: &str| json!({ "apiVersion": "v1", "kind": "Pod", "name": "p", "uid": uid });
    match random.below(3) {
        0 => json!([owner("u"), owner("u"), owner("v"), owner("v")]),
        1 => json!([owner("u"), owner("v")]),
        _ => json!([owner("u")]),
    }
}
