//! Patches of each form, and what is applied.

use {
    super::{
        kubernetes::{list, map},
        text::members,
        texts,
    },
    crate::{
        Result,
        client::{Client, Request},
        input::Input,
    },
    serde_json::{Value, json},
};

const ACCOUNTS: &str = "/api/v1/namespaces/default/serviceaccounts";

pub(super) fn all() -> Vec<Input> {
    vec![
        Input::new("apply: a new list", 201, |n| apply(&format!("a{n}"), &secrets(n, "a"))).after(none),
        Input::new("apply: a list for the second time", 200, |n| apply(&name(n), &secrets(n, "b")))
            .after(|client, n| client.prepare(&apply(&name(n), &secrets(n, "a"))).map(drop)),
        Input::new("apply: the same list for the second time", 200, |n| {
            apply(&name(n), &secrets(n, "a"))
        })
        .after(|client, n| client.prepare(&apply(&name(n), &secrets(n, "a"))).map(drop)),
        Input::new("apply: a list in another order", 200, |n| {
            apply(&name(n), &secrets(n, "a").as_array().into_iter().flatten().rev().cloned().collect())
        })
        .after(|client, n| client.prepare(&apply(&name(n), &secrets(n, "a"))).map(drop)),
        Input::new("apply: what others own", 409, |n| {
            applied("/api/v1/namespaces/default/configmaps/owned", &json!({"data": map(n, "k")}))
        })
        .after(|client, n| {
            let data: Value = texts(n, |i| format!("k{i}")).into_iter().map(|k| (k, "other".into())).collect::<serde_json::Map<_, _>>().into();
            let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owned"}, "data": data});
            let path = "/api/v1/namespaces/default/configmaps";
            client.ask(&Request::new("DELETE", format!("{path}/owned")))?;
            client.prepare(&Request::json("POST", path, &body)).map(drop)
        }),
        Input::new("apply: members that are not declared", 500, |n| {
            let secrets = texts(n, |i| format!("s{i}")).into_iter().map(|name| json!({"name": 1, "x": name}));
            apply(&name(n), &secrets.collect())
        })
        .after(none),
        Input::new("apply: a key many times", 500, |n| {
            apply(&name(n), &texts(n, |i| format!("s{}", i / 2)).into_iter().map(|name| json!({"name": name})).collect())
        })
        .after(none),
        Input::new("apply: finalizers", 200, |n| applied(&format!("{ACCOUNTS}/{}", name(n)), &json!({"metadata": {"finalizers": list(n, "a.example/b")}})))
            .after(|client, n| prepared(client, n, 0)),
        Input::new("apply: managers that are there", 200, |n| apply(&name(n), &secrets(3, "a")))
            .after(|client, n| {
                none(client, n)?;
                let managers: Vec<_> = (0..n).map(manager).collect();
                let metadata = json!({"name": name(n), "managedFields": managers});
                client.prepare(&Request::json("POST", ACCOUNTS, &json!({"metadata": metadata}))).map(drop)
            }),
        Input::new("a JSON patch that adds at the start", 200, |n| {
            let operation = |i| json!({"op": "add", "path": "/secrets/0", "value": {"name": format!("x{i}")}});
            patch(n, "json-patch", &(0..n).map(operation).collect())
        })
        .after(|client, n| prepared(client, n, 3)),
        Input::new("a JSON patch that tests", 200, |n| {
            let operation = |i| json!({"op": "test", "path": format!("/secrets/{i}/name"), "value": format!("a{i}")});
            patch(n, "json-patch", &(0..n).map(operation).collect())
        })
        .after(|client, n| prepared(client, n, n)),
        Input::new("a merge patch", 200, |n| patch(n, "merge-patch", &json!({"secrets": secrets(n, "b")})))
            .after(|client, n| prepared(client, n, n)),
        Input::new("a merge patch of labels", 200, |n| patch(n, "merge-patch", &json!({"metadata": {"labels": map(n, "k")}})))
            .after(|client, n| prepared(client, n, n)),
        Input::new("a strategic patch: a list", 200, |n| {
            patch(n, "strategic-merge-patch", &json!({"secrets": secrets(n, "b")}))
        })
        .after(|client, n| prepared(client, n, n)),
        Input::new("a strategic patch: the same list", 200, |n| {
            patch(n, "strategic-merge-patch", &json!({"secrets": secrets(n, "a")}))
        })
        .after(|client, n| prepared(client, n, n)),
        Input::new("a strategic patch: deletions", 200, |n| {
            let delete = |i| json!({"$patch": "delete", "name": format!("a{i}")});
            patch(n, "strategic-merge-patch", &json!({"secrets": (0..n).map(delete).collect::<Vec<_>>()}))
        })
        .after(|client, n| prepared(client, n, n)),
        Input::new("a strategic patch: an order", 200, |n| {
            let order: Vec<_> = secrets(n, "a").as_array().into_iter().flatten().rev().cloned().collect();
            patch(n, "strategic-merge-patch", &json!({"$setElementOrder/secrets": order}))
        })
        .after(|client, n| prepared(client, n, n)),
        Input::new("a strategic patch: finalizers", 200, |n| {
            patch(n, "strategic-merge-patch", &json!({"metadata": {"finalizers": list(n, "a.example/b")}}))
        })
        .after(|client, n| prepared(client, n, n)),
        Input::new("a strategic patch: keys that stay", 200, |n| {
            patch(n, "strategic-merge-patch", &json!({"$retainKeys": list(n, "x").as_array().into_iter().flatten().cloned().chain(["metadata".into(), "kind".into(), "apiVersion".into()]).collect::<Vec<_>>()}))
        })
        .after(|client, n| prepared(client, n, 3)),
        Input::new("a patch with one member many times, strictly", 422, |n| {
            let body = format!("{{{}}}", members(n, |i| format!("\"u{}\":1", i / 2)));
            let target = format!("{ACCOUNTS}/{}?fieldValidation=Strict", name(n));
            Request::new("PATCH", target).with("Content-Type", "application/merge-patch+json").body(body)
        })
        .after(|client, n| prepared(client, n, 3)),
    ]
}

fn name(size: usize) -> String {
    format!("n{size}")
}

fn secrets(count: usize, prefix: &str) -> Value {
    texts(count, |i| format!("{prefix}{i}")).into_iter().map(|name| json!({"name": name})).collect()
}

fn manager(number: usize) -> Value {
    json!({
        "manager": format!("m{number}"), "operation": "Apply", "apiVersion": "v1",
        "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1",
        "fieldsV1": {"f:metadata": {"f:labels": {format!("f:k{number}"): {}}}},
    })
}

/// Takes an account away, if it is there.
fn none(client: &Client, size: usize) -> Result {
    let cleared = json!({"metadata": {"finalizers": null}});
    client.ask(&patch(size, "merge-patch", &cleared))?;
    client.ask(&Request::new("DELETE", format!("{ACCOUNTS}/{}", name(size))))?;
    client.ask(&Request::new("DELETE", format!("{ACCOUNTS}/a{size}"))).map(drop)
}

/// Makes an account with so many secrets.
fn prepared(client: &Client, size: usize, count: usize) -> Result {
    none(client, size)?;
    let body = json!({"metadata": {"name": name(size)}, "secrets": secrets(count, "a")});
    client.prepare(&Request::json("POST", ACCOUNTS, &body)).map(drop)
}

fn apply(name: &str, secrets: &Value) -> Request {
    applied(&format!("{ACCOUNTS}/{name}"), &json!({"secrets": secrets}))
}

fn applied(path: &str, members: &Value) -> Request {
    let kind = if path.contains("configmaps") { "ConfigMap" } else { "ServiceAccount" };
    let mut body = json!({"apiVersion": "v1", "kind": kind});
    for (member, value) in members.as_object().into_iter().flatten() {
        body[member.as_str()] = value.clone();
    }
    body["metadata"]["name"] = path.rsplit('/').next().into();
    let target = format!("{path}?fieldManager=m");
    let request = Request::new("PATCH", target).body(body.to_string());
    request.with("Content-Type", "application/apply-patch+yaml")
}

fn patch(size: usize, form: &str, body: &Value) -> Request {
    let request =
        Request::new("PATCH", format!("{ACCOUNTS}/{}", name(size))).body(body.to_string());
    request.with("Content-Type", format!("application/{form}+json"))
}
