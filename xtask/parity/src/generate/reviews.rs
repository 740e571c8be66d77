//! Reviews of tokens and of oneself.

use {
    super::{Setting, tokens},
    crate::{random::Random, request::Request},
    serde_json::{Map, Value, json},
};

const BASE: &str = "/apis/authentication.k8s.io/v1";

/// Any of these reviews.
pub(super) fn request(random: &mut Random, setting: &Setting) -> Request {
    if random.chance(25) { oneself(random, setting) } else { token(random, setting) }
}

fn token(random: &mut Random, setting: &Setting) -> Request {
    let mut spec = Map::new();
    if random.chance(96) {
        spec.insert("token".to_owned(), setting.token(random).into());
    }
    if random.chance(40) {
        let audiences = match random.below(6) {
            0 => json!([]),
            1 => json!(["b", "a"]),
            2 => json!(["a", "a", "https://kubernetes.default.svc.cluster.local"]),
            3 => json!([""]),
            4 => json!(["nobody"]),
            _ => json!(["https://kubernetes.default.svc.cluster.local"]),
        };
        spec.insert("audiences".to_owned(), audiences);
    }
    let mut body = json!({ "spec": spec });
    name(&mut body, random, "TokenReview");
    if random.chance(20) {
        body["metadata"] = tokens::metadata(random, setting);
    }
    if random.chance(12) {
        body["status"] = json!({
            "authenticated": true, "error": "sent", "audiences": ["sent"],
            "user": { "username": "sent", "groups": ["g"], "extra": { "k": ["v"] } },
        });
    }
    Request::new("POST", format!("{BASE}/tokenreviews")).json(body)
}

fn oneself(random: &mut Random, setting: &Setting) -> Request {
    let mut body = json!({});
    name(&mut body, random, "SelfSubjectReview");
    if random.chance(25) {
        body["metadata"] = tokens::metadata(random, setting);
    }
    if random.chance(10) {
        body["status"] = json!({ "userInfo": { "username": "sent" } });
    }
    let request = Request::new("POST", format!("{BASE}/selfsubjectreviews")).json(body);
    let token = setting.token(random);
    if random.chance(60) {
        request.header("Authorization", &format!("Bearer {token}"))
    } else {
        request
    }
}

fn name(body: &mut Value, random: &mut Random, kind: &str) {
    if random.chance(50) {
        body["kind"] = kind.into();
        body["apiVersion"] = "authentication.k8s.io/v1".into();
    }
}
