//! Changes of objects: PUT, and PATCH in each of its languages.

use {
    super::{Setting, objects},
    crate::{
        random::Random,
        request::{Body, Request},
    },
    serde_json::{Value, json},
};

/// A change of something in the namespace.
pub(super) fn request(random: &mut Random, setting: &Setting) -> Request {
    let (path, kind, version, name) = target(random);
    if random.chance(45) {
        let mut request = Request::new("PUT", path);
        let mut body = json!({ "metadata": { "name": name } });
        if random.chance(60) {
            body["kind"] = kind.into();
            body["apiVersion"] = version.into();
        }
        if random.chance(40) {
            body["metadata"]["resourceVersion"] = objects::version(random, setting).into();
        }
        if random.chance(20) {
            body["metadata"]["uid"] = setting.uid(random).into();
        }
        if random.chance(40) {
            body["metadata"]["labels"] = json!({ "a": random.text(&["b", "c", "not ok"]) });
        }
        if random.chance(20) {
            body["metadata"]["finalizers"] = match random.below(3) {
                0 => json!([]),
                1 => json!(["example.com/f"]),
                _ => json!(["bad"]),
            };
        }
        if random.chance(15) {
            body["metadata"]["namespace"] = random.text(&["{{ns}}", "other"]).into();
        }
        if random.chance(12) {
            body["metadata"]["name"] = random.text(&["other", "", "B_"]).into();
        }
        contents(random, kind, &mut body);
        request = request.json(body);
        return request;
    }
    patch(random, setting, path, kind)
}

fn target(random: &mut Random) -> (String, &'static str, &'static str, String) {
    let core = |plural: &str, name: &str| format!("/api/v1/namespaces/{{{{ns}}}}/{plural}/{name}");
    let rbac = |plural: &str, name: &str| {
        format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{{{{ns}}}}/{plural}/{name}")
    };
    let name = random.text(&["a", "a", "a", "b", "new", "missing"]);
    let secret = random.text(&["secret", "secret", "new", "missing"]);
    let role = random.text(&["r", "r", "missing"]);
    const RBAC: &str = "rbac.authorization.k8s.io/v1";
    match random.below(11) {
        0..5 => (core("serviceaccounts", &name), "ServiceAccount", "v1", name),
        5 | 6 => (core("secrets", &secret), "Secret", "v1", secret),
        7 => (core("configmaps", &name), "ConfigMap", "v1", name),
        8 => (rbac("roles", &role), "Role", RBAC, role),
        9 => (rbac("rolebindings", "bind"), "RoleBinding", RBAC, "bind".to_owned()),
        _ => {
            let part = random.text(&["", "", "/status"]);
            let path = format!("/api/v1/namespaces/{{{{ns}}}}{part}");
            (path, "Namespace", "v1", "{{ns}}".to_owned())
        }
    }
}

fn contents(random: &mut Random, kind: &str, body: &mut Value) {
    match kind {
        "Secret" => {
            body["data"] = json!({ "k": random.text(&["dg==", "eA==", "bad!"]) });
            if random.chance(30) {
                body["type"] = random.text(&["Opaque", "kubernetes.io/tls", "x"]).into();
            }
            if random.chance(20) {
                body["immutable"] = random.chance(70).into();
            }
        }
        "ConfigMap" => {
            body["data"] = json!({ random.text(&["k", "a b"]): "v2" });
            if random.chance(20) {
                body["immutable"] = random.chance(70).into();
            }
        }
        "Role" => {
            body["rules"] = match random.below(4) {
                0 => json!([]),
                1 => json!([{ "verbs": [], "resources": ["pods"], "apiGroups": [""] }]),
                _ => {
                    json!([{ "verbs": ["get"], "resources": ["pods"], "apiGroups": [""] }])
                }
            }
        }
        "RoleBinding" => {
            let name = random.text(&["r", "r", "changed"]);
            body["roleRef"] =
                json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name });
            body["subjects"] =
                json!([{ "kind": "ServiceAccount", "name": "a", "namespace": "{{ns}}" }]);
        }
        "ServiceAccount" if random.chance(50) => {
            body["secrets"] = json!([{ "name": "s" }, { "name": "s" }]);
            body["automountServiceAccountToken"] = random.chance(50).into();
        }
        _ => {}
    }
}

fn patch(random: &mut Random, setting: &Setting, path: String, kind: &str) -> Request {
    let request = Request::new("PATCH", path);
    if random.chance(25) {
        return apply(random, request, kind);
    }
    let (language, body) = match random.below(20) {
        0..6 => ("application/json-patch+json", json_patch(random, setting, kind)),
        6..12 => ("application/merge-patch+json", merge(random, setting, kind)),
        12..18 => ("application/strategic-merge-patch+json", strategic(random, setting, kind)),
        18 => (random.pick(&["application/json", "", "text/plain"]), json!({})),
        _ => (
            random.pick(&[
                "application/merge-patch+json; charset=utf-8",
                "application/merge-patch+yaml",
                "Application/Merge-Patch+JSON",
                "application/json-patch+json;x",
            ]),
            merge(random, setting, kind),
        ),
    };
    let mut request = request.json(body).header("Content-Type", language);
    if random.chance(10) {
        request.body = Body::Text(random.text(&[
            "",
            "null",
            "[]",
            "{",
            "5",
            "\"x\"",
            "[{}]",
            "[null]",
            "[{\"op\":\"add\"}]",
            "[{\"op\":\"odd\",\"path\":\"/x\"}]",
            "[{\"op\":\"remove\",\"path\":\"/nothing\"}]",
            "[{\"op\":\"test\",\"path\":\"/kind\",\"value\":\"x\"}]",
            "{\"metadata\":null}",
            "{\"metadata\":[]}",
            "{\"metadata\":{\"labels\":5}}",
            "{\"kind\":\"Other\"}",
            "{\"apiVersion\":\"v2\"}",
            "{\"a\":1,\"a\":2}",
            "{\"$patch\":\"delete\"}",
            "{\"$patch\":\"odd\"}",
            "{\"$retainKeys\":[\"metadata\"]}",
        ]));
    }
    request
}

fn apply(random: &mut Random, request: Request, kind: &str) -> Request {
    let version = if kind.starts_with("Role") { "rbac.authorization.k8s.io/v1" } else { "v1" };
    let name = request.path.rsplit('/').next().unwrap_or("").to_owned();
    let mut body = json!({ "apiVersion": version, "kind": kind, "metadata": { "name": name } });
    if random.chance(60) {
        body["metadata"]["labels"] = json!({ "a": random.text(&["b", "c", "not ok"]) });
    }
    if random.chance(30) {
        body["metadata"]["annotations"] = json!({ "x/y": random.text(&["1", "2"]) });
    }
    contents(random, kind, &mut body);
    match random.below(12) {
        0 => body["kind"] = "Other".into(),
        1 => body["apiVersion"] = "v9".into(),
        2 => body["unknown"] = 1.into(),
        3 => body["metadata"]["managedFields"] = json!([{ "manager": "m" }]),
        4 => body["metadata"]["name"] = "other".into(),
        _ => {}
    }
    let mut request = request.json(body.clone());
    if random.chance(50) {
        request.body = Body::Yaml(body);
    }
    request = request.header("Content-Type", "application/apply-patch+yaml");
    if random.chance(85) {
        request = request.query(random.pick(&["fieldManager=one", "fieldManager=two"]));
    }
    if random.chance(30) {
        request = request.query(random.pick(&["force=true", "force=1", "force=x", "force="]));
    }
    request
}

fn merge(random: &mut Random, setting: &Setting, kind: &str) -> Value {
    match random.below(12) {
        0 => json!({}),
        1 => json!({ "metadata": { "labels": { "a": "b" } } }),
        2 => json!({ "metadata": { "labels": { "a": null, "c": "d" } } }),
        3 => json!({ "metadata": { "labels": null } }),
        4 => json!({ "metadata": { "annotations": { "x/y": "1" } } }),
        5 => json!({ "metadata": { "finalizers": ["example.com/f"] } }),
        6 => json!({ "metadata": { "finalizers": null } }),
        7 => json!({ "metadata": { "resourceVersion": objects::version(random, setting) } }),
        8 => json!({ "metadata": { "name": "other" } }),
        9 => json!({ "metadata": { "uid": setting.uid(random) } }),
        10 => json!({ "unknown": 1, "metadata": { "labels": { "a": "not ok" } } }),
        _ => match kind {
            "Secret" => json!({ "stringData": { "n": "v" }, "data": { "k": null } }),
            "ConfigMap" => json!({ "data": { "k": null, "z": "1" } }),
            "RoleBinding" => json!({ "subjects": [{ "kind": "User", "name": "u" }] }),
            "Role" => json!({ "rules": null }),
            _ => json!({ "secrets": [{ "name": "x" }], "imagePullSecrets": [{ "name": "y" }] }),
        },
    }
}

fn strategic(random: &mut Random, setting: &Setting, kind: &str) -> Value {
    match random.below(8) {
        0 => json!({ "secrets": [{ "name": "x" }] }),
        1 => json!({ "secrets": [{ "$patch": "delete", "name": "x" }] }),
        2 => json!({ "imagePullSecrets": [{ "$patch": "replace" }, { "name": "z" }] }),
        3 => json!({ "metadata": { "$deleteFromPrimitiveList/finalizers": ["example.com/f"] } }),
        4 => json!({ "metadata": { "labels": { "$patch": "replace", "q": "r" } } }),
        _ => merge(random, setting, kind),
    }
}

fn json_patch(random: &mut Random, setting: &Setting, kind: &str) -> Value {
    let mut operations = Vec::new();
    for _ in 0..=random.below(3) {
        operations.push(match random.below(12) {
            0 => json!({ "op": "add", "path": "/metadata/labels", "value": { "a": "b" } }),
            1 => json!({ "op": "add", "path": "/metadata/labels/x", "value": "y" }),
            2 => json!({ "op": "remove", "path": "/metadata/labels" }),
            3 => json!({ "op": "replace", "path": "/metadata/labels/a", "value": "c" }),
            4 => json!({ "op": "test", "path": "/metadata/name", "value": random.text(&["a", "b"]) }),
            5 => json!({ "op": "copy", "from": "/metadata/name", "path": "/metadata/annotations" }),
            6 => json!({ "op": "move", "from": "/metadata/labels/a", "path": "/metadata/labels/b" }),
            7 => json!({ "op": "test", "path": "/kind", "value": kind }),
            8 => json!({ "op": "add", "path": "/metadata/finalizers", "value": ["example.com/f"] }),
            9 => json!({ "op": "replace", "path": "/metadata/resourceVersion", "value": objects::version(random, setting) }),
            10 => json!({ "op": "add", "path": "/metadata/annotations", "value": { "n": "1" } }),
            _ => json!({ "op": "add", "path": random.text(&["/secrets/-", "/a~1b", "/x/y", "", "nopath"]), "value": { "name": "s" } }),
        });
    }
    operations.into()
}
