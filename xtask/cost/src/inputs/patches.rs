//! Patches of each form, and what is applied.

use {
    super::{
        each,
        kubernetes::{list, map},
        members_of,
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
        Input::new("apply: a new list", 201, |n| apply(&format!("a{n}"), &secrets(n, "a")))
            .after(none),
        Input::new("apply: a list for the second time", 200, |n| apply(&name(n), &secrets(n, "b")))
            .after(|client, n| client.prepare(&apply(&name(n), &secrets(n, "a"))).map(drop)),
        Input::new("apply: the same list for the second time", 200, |n| {
            apply(&name(n), &secrets(n, "a"))
        })
        .after(|client, n| client.prepare(&apply(&name(n), &secrets(n, "a"))).map(drop)),
        Input::new("apply: a list in another order", 200, |n| {
            apply(&name(n), &reversed(secrets(n, "a")))
        })
        .after(|client, n| client.prepare(&apply(&name(n), &secrets(n, "a"))).map(drop)),
        Input::new("apply: what others own", 409, |n| {
            applied("/api/v1/namespaces/default/configmaps/owned", &json!({"data": map(n, "k")}))
        })
        .after(|client, n| {
            let data = members_of(n, "k", &json!("other"));
            let body = json!({"metadata": {"name": "owned"}, "data": data});
            let path = "/api/v1/namespaces/default/configmaps";
            client.ask(&Request::new("DELETE", format!("{path}/owned")))?;
            client.prepare(&Request::json("POST", path, &body)).map(drop)
        }),
        Input::new("apply: members that are not declared", 500, |n| {
            apply(&name(n), &each(n, |i| json!({"name": 1, "x": i})))
        })
        .after(none),
        Input::new("apply: a key many times", 500, |n| {
            apply(&name(n), &each(n, |i| json!({"name": format!("s{}", i / 2)})))
        })
        .after(none),
        Input::new("apply: finalizers", 200, |n| {
            let metadata = json!({"finalizers": list(n, "a.example/b")});
            applied(&format!("{ACCOUNTS}/{}", name(n)), &json!({"metadata": metadata}))
        })
        .after(|client, n| prepared(client, n, 0)),
        Input::new("apply: managers that are there", 200, |n| apply(&name(n), &secrets(3, "a")))
            .after(|client, n| {
                none(client, n)?;
                let metadata = json!({"name": name(n), "managedFields": each(n, manager)});
                let created = Request::json("POST", ACCOUNTS, &json!({"metadata": metadata}));
                client.prepare(&created).map(drop)
            }),
        Input::new("a JSON patch that adds at the start", 200, |n| {
            let value = |i| json!({"name": format!("x{i}")});
            let add = |i| json!({"op": "add", "path": "/secrets/0", "value": value(i)});
            patch(n, "json-patch", &each(n, add))
        })
        .after(|client, n| prepared(client, n, 3)),
        Input::new("a JSON patch that tests", 200, |n| {
            let path = |i| format!("/secrets/{i}/name");
            let test = |i| json!({"op": "test", "path": path(i), "value": format!("a{i}")});
            patch(n, "json-patch", &each(n, test))
        })
        .after(|client, n| prepared(client, n, n)),
        Input::new("a merge patch", 200, |n| {
            patch(n, "merge-patch", &json!({"secrets": secrets(n, "b")}))
        })
        .after(|client, n| prepared(client, n, n)),
        Input::new("a merge patch of labels", 200, |n| {
            patch(n, "merge-patch", &json!({"metadata": {"labels": map(n, "k")}}))
        })
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
            patch(n, "strategic-merge-patch", &json!({"secrets": each(n, delete)}))
        })
        .after(|client, n| prepared(client, n, n)),
        Input::new("a strategic patch: an order", 200, |n| {
            let order = reversed(secrets(n, "a"));
            patch(n, "strategic-merge-patch", &json!({"$setElementOrder/secrets": order}))
        })
        .after(|client, n| prepared(client, n, n)),
        Input::new("a strategic patch: finalizers", 200, |n| {
            let metadata = json!({"finalizers": list(n, "a.example/b")});
            patch(n, "strategic-merge-patch", &json!({"metadata": metadata}))
        })
        .after(|client, n| prepared(client, n, n)),
        Input::new("a strategic patch: keys that stay", 200, |n| {
            let mut keys = texts(n, |i| format!("x{i}"));
            keys.extend(["metadata", "kind", "apiVersion"].map(str::to_owned));
            patch(n, "strategic-merge-patch", &json!({"$retainKeys": keys}))
        })
        .after(|client, n| prepared(client, n, 3)),
        Input::new("a patch with one member many times, strictly", 422, |n| {
            let body = format!("{{{}}}", members(n, |i| format!("\"u{}\":1", i / 2)));
            let target = format!("{ACCOUNTS}/{}?fieldValidation=Strict", name(n));
            let request = Request::new("PATCH", target).body(body);
            request.with("Content-Type", "application/merge-patch+json")
        })
        .after(|client, n| prepared(client, n, 3)),
    ]
}

fn name(size: usize) -> String {
    format!("n{size}")
}

fn secrets(count: usize, prefix: &str) -> Value {
    each(count, |i| json!({"name": format!("{prefix}{i}")}))
}

fn reversed(list: Value) -> Value {
    list.as_array().into_iter().flatten().rev().cloned().collect()
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
