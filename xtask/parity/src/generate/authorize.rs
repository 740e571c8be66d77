//! Reviews of rights.

use {
    super::{Setting, tokens},
    crate::{random::Random, request::Request},
    serde_json::{Value, json},
};

const BASE: &str = "/apis/authorization.k8s.io/v1";

/// A review of rights, or a request that rights decide.
pub(super) fn request(random: &mut Random, setting: &Setting) -> Request {
    let (kind, path) = match random.below(10) {
        0..3 => ("SelfSubjectAccessReview", format!("{BASE}/selfsubjectaccessreviews")),
        3..6 => ("SubjectAccessReview", format!("{BASE}/subjectaccessreviews")),
        6..8 => {
            let namespace = random.text(&["{{ns}}", "{{ns}}", "other"]);
            (
                "LocalSubjectAccessReview",
                format!("{BASE}/namespaces/{namespace}/localsubjectaccessreviews"),
            )
        }
        _ => ("SelfSubjectRulesReview", format!("{BASE}/selfsubjectrulesreviews")),
    };
    let mut body = json!({ "spec": spec(random, kind) });
    if random.chance(50) {
        body["kind"] = kind.into();
        body["apiVersion"] = "authorization.k8s.io/v1".into();
    }
    if random.chance(15) {
        body["metadata"] = tokens::metadata(random, setting);
    }
    if random.chance(8) {
        body["status"] = json!({ "allowed": true, "reason": "sent", "evaluationError": "sent" });
    }
    let request = Request::new("POST", path).json(body);
    let token = setting.token(random);
    let other = random.chance(30) || kind == "SelfSubjectRulesReview";
    if other { request.header("Authorization", &format!("Bearer {token}")) } else { request }
}

fn spec(random: &mut Random, kind: &str) -> Value {
    if kind == "SelfSubjectRulesReview" {
        return match random.below(4) {
            0 => json!({}),
            1 => json!({ "namespace": "missing" }),
            _ => json!({ "namespace": "{{ns}}" }),
        };
    }
    let mut spec = json!({});
    if random.chance(80) {
        spec["resourceAttributes"] = resource(random);
    }
    if random.chance(25) {
        spec["nonResourceAttributes"] = json!({
            // Not what two bindings allow: which of them is named is chance's, in the real server.
            "path": random.text(&["/api", "/openid/v1/jwks", "/metrics", ""]),
            "verb": random.text(&["get", "post", "*", ""]),
        });
    }
    if kind != "SelfSubjectAccessReview" {
        if random.chance(75) {
            spec["user"] = random
                .text(&[
                    "system:serviceaccount:{{ns}}:a",
                    "nobody",
                    "admin",
                    "",
                    "system:anonymous",
                ])
                .into();
        }
        if random.chance(50) {
            spec["groups"] = match random.below(5) {
                0 => json!(["system:masters"]),
                1 => json!(["system:serviceaccounts", "system:authenticated"]),
                2 => json!([]),
                3 => json!(["system:unauthenticated"]),
                _ => json!(["system:serviceaccounts"]),
            };
        }
        if random.chance(10) {
            spec["uid"] = "u".into();
            spec["extra"] = json!({ "k": ["v"] });
        }
    }
    spec
}

fn resource(random: &mut Random) -> Value {
    let mut resource = json!({
        "verb": random.text(&["create", "get", "list", "delete", "*", "", "impersonate"]),
        "resource": random.text(&["serviceaccounts", "secrets", "pods", "*", "", "tokenreviews", "nodes"]),
    });
    for (member, values) in [
        ("namespace", &["{{ns}}", "{{ns}}", "other", ""][..]),
        ("group", &["", "apps", "*", "authentication.k8s.io"]),
        ("subresource", &["token", "", "status"]),
        ("name", &["a", "b", ""]),
        ("version", &["v1", "*"]),
    ] {
        if random.chance(45) {
            resource[member] = random.text(values).into();
        }
    }
    if random.chance(8) {
        let selector = random.pick(&["labelSelector", "fieldSelector"]);
        resource[selector] = match random.below(5) {
            0 => json!({ "rawSelector": random.text(&["a=b", "a b", "a", "a in (b)"]) }),
            1 => json!({}),
            2 => {
                json!({ "rawSelector": "a=b", "requirements": [{ "key": "k", "operator": "In", "values": ["v"] }] })
            }
            3 => json!({ "requirements": [{ "key": "k", "operator": "Odd" }] }),
            _ => json!({ "requirements": [{ "key": "", "operator": "In" }] }),
        };
    }
    resource
}
