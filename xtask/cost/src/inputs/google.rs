//! Requests of Google's API.

use {
    super::{each, kubernetes::map, members_of, text::members, texts},
    crate::{
        Result,
        client::{Client, Request},
        input::Input,
    },
    base64::{Engine, prelude::BASE64_STANDARD},
    serde_json::{Value, json},
};

const CLUSTERS: &str = "/v1/projects/p/locations/us-west1/attachedClusters";

pub(super) fn all() -> Vec<Input> {
    vec![
        Input::new("Google: unknown members", 400, |n| created(map(n, "unknown"))),
        Input::new("Google: annotations", 200, |n| created(json!({"annotations": map(n, "key")}))),
        Input::new("Google: a member of the wrong type, many times", 400, |n| {
            created(json!({"annotations": members_of(n, "k", &json!(1))}))
        }),
        Input::new("Google: users who administrate", 200, |n| {
            let users = each(n, |i| json!({"username": format!("u{i}@example.com")}));
            created(json!({"authorization": {"adminUsers": users}}))
        }),
        Input::new("Google: groups that administrate", 200, |n| {
            let groups = each(n, |i| json!({"group": format!("g{i}@example.com")}));
            created(json!({"authorization": {"adminGroups": groups}}))
        }),
        Input::new("Google: one member many times", 400, |n| {
            let body = format!("{{{}}}", members(n, |_| "\"description\":\"d\"".to_owned()));
            Request::new("POST", create()).with("Content-Type", "application/json").body(body)
        }),
        Input::new("Google: lists in lists", 400, |n| {
            let body = format!("{{\"description\":{}{}}}", "[".repeat(n), "]".repeat(n));
            Request::new("POST", create()).with("Content-Type", "application/json").body(body)
        }),
        Input::new("Google: fields that are asked for", 400, |n| {
            Request::new("GET", format!("{CLUSTERS}?fields={}", members(n, |i| format!("f{i}"))))
        }),
        Input::new("Google: keys that are asked for", 200, |n| {
            let keys = members(n, |i| format!("k{i}"));
            Request::new("GET", format!("{CLUSTERS}?fields=attachedClusters(annotations({keys}))"))
        }),
        Input::new("Google: unknown parameters", 400, |n| {
            let query = texts(n, |i| format!("u{i}=v")).join("&");
            Request::new("GET", format!("{CLUSTERS}?{query}"))
        }),
        Input::new("Google: one parameter many times", 200, |n| {
            let query = texts(n, |_| "pageSize=1".to_owned()).join("&");
            Request::new("GET", format!("{CLUSTERS}?{query}"))
        }),
        Input::new("Google: paths of a mask", 404, |n| {
            let mask = members(n, |i| format!("annotations.k{i}"));
            Request::json("PATCH", format!("{CLUSTERS}/none?updateMask={mask}"), &json!({}))
        }),
        Input::new("Google: keys of an issuer", 200, |n| {
            let key =
                |i| json!({"kty": "EC", "crv": "P-256", "kid": format!("k{i}"), "x": "", "y": ""});
            let jwks = BASE64_STANDARD.encode(json!({"keys": each(n, key)}).to_string());
            let issuer = json!({"issuerUrl": "https://issuer.example", "jwks": jwks});
            created(json!({"oidcConfig": issuer}))
        }),
        Input::new("Google: a list of clusters", 200, |_| Request::new("GET", CLUSTERS))
            .after(clusters)
            .sized(100),
    ]
}

fn create() -> String {
    format!("{CLUSTERS}?attachedClusterId=n&validateOnly=true")
}

fn cluster(members: Value) -> Value {
    let mut body = json!({
        "oidcConfig": {"issuerUrl": "https://issuer.example"}, "platformVersion": "1.33.0-gke.1",
        "distribution": "generic", "fleet": {"project": "projects/123456"},
    });
    for (member, value) in members.as_object().into_iter().flatten() {
        body[member.as_str()] = value.clone();
    }
    body
}

fn created(members: Value) -> Request {
    Request::json("POST", create(), &cluster(members))
}

fn clusters(client: &Client, count: usize) -> Result {
    for i in 0..count {
        // One that is there from before is as good.
        let target = format!("{CLUSTERS}?attachedClusterId=c{i}");
        client.ask(&Request::json("POST", target, &cluster(json!({}))))?;
    }
    Ok(())
}
