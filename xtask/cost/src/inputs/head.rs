//! What is in a head: queries, selectors, and headers with lists in them.

use {
    super::text::members,
    crate::{client::Request, input::Input},
};

const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";

pub(super) fn all() -> Vec<Input> {
    vec![
        Input::new("parameters of a query", 200, |n| {
            get(&texts_joined(n, "&", |i| format!("p{i}=v")))
        }),
        Input::new("one parameter many times", 422, |n| {
            let query = texts_joined(n, "&", |i| format!("dryRun=v{i}"));
            let body = serde_json::json!({"metadata": {"name": "n"}});
            Request::json("POST", format!("{CONFIG_MAPS}?{query}"), &body)
        }),
        Input::new("requirements of a selector", 200, |n| {
            get(&format!("labelSelector={}", members(n, |i| format!("!k{i}"))))
        }),
        Input::new("values of a selector", 200, |n| {
            get(&format!("labelSelector=k+in+({})", members(n, |i| format!("v{i}"))))
        }),
        Input::new("fields of a selector", 200, |n| {
            get(&format!("fieldSelector={}", members(n, |i| format!("metadata.name!=v{i}"))))
        }),
        Input::new("clauses of Accept", 200, |n| {
            let clauses = members(n, |i| format!("a/b{i};q=0.{}", 1 + i % 8));
            get("").with("Accept", format!("{clauses},*/*"))
        }),
        Input::new("parameters of Accept", 200, |n| {
            get("").with("Accept", format!("application/json{}", joined(n, |i| format!(";p{i}=v"))))
        }),
        Input::new("parameters of Content-Type", 201, |n| {
            let content_type = format!("application/json{}", joined(n, |i| format!(";p{i}=v")));
            Request::new("POST", format!("{CONFIG_MAPS}?dryRun=All"))
                .with("Content-Type", content_type)
                .body(r#"{"metadata":{"name":"n"}}"#)
        }),
        Input::new("parts of Accept-Encoding", 200, |n| {
            get("").with("Accept-Encoding", members(n, |i| format!("e{i}")))
        })
        .sized(20_000),
        Input::new("segments of a path", 404, |n| {
            Request::new("GET", format!("/api/v1{}", "/a".repeat(n)))
        }),
        Input::new("a token with a long claim", 401, |n| {
            get("").with("Authorization", format!("Bearer a.{}.b", "e".repeat(n)))
        })
        .sized(200_000),
    ]
}

fn get(query: &str) -> Request {
    Request::new("GET", format!("{CONFIG_MAPS}?{query}"))
}

fn joined(count: usize, text: impl Fn(usize) -> String) -> String {
    texts_joined(count, "", text)
}

fn texts_joined(count: usize, between: &str, text: impl Fn(usize) -> String) -> String {
    super::texts(count, text).join(between)
}
