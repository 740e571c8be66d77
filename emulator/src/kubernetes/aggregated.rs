//! Discovery in its aggregated form: all groups, versions and resources in one document, made of
//! the plain ones.
//!
//! Source: kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/discovery/aggregated/`.

use {
    crate::{
        codec::negotiate::{self, MediaType, Output},
        kubernetes::{
            body,
            discovery::DOCUMENTS,
            exchange::{Exchange, Outcome, Reply},
            hash, path,
            status::Failure,
        },
    },
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, VARY},
    },
    serde_json::{Value, json},
};

/// What follows the media type.
const PARAMETERS: &str = ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// How the client wants the aggregated form of a document, if it does and there is one.
pub fn accept(exchange: &Exchange<'_>, document: &str) -> Option<Output> {
    let asked = path::decode(exchange.request.path())?;
    // The list of groups has it only without a slash at its end.
    if document != "/api" && asked != "/apis" {
        return None;
    }
    let output = negotiate::accept_discovery(exchange.request.header("accept").unwrap_or(""))?;
    let client = exchange.request.header("user-agent").unwrap_or("");
    let pretty = output.pretty || negotiate::is_pretty(exchange.request.query(), client);
    Some(Output { pretty, ..output })
}

/// Answers with the aggregated form of a document.
pub fn get(exchange: &Exchange<'_>, document: &str, output: Output) -> Outcome {
    let list = if document == "/api" { core() } else { groups() };
    let tag = format!("\"{}\"", hash::upper_hex(&untyped(&list)?));
    let mut headers = HeaderMap::from_iter([
        (VARY, HeaderValue::from_static("Accept")),
        (CACHE_CONTROL, HeaderValue::from_static("public")),
        (ETAG, value(&tag)),
    ]);
    if exchange.request.header("if-none-match") == Some(&tag) {
        return Ok(Reply::served(StatusCode::NOT_MODIFIED, headers));
    }
    headers.insert(CONTENT_TYPE, value(&format!("{}{PARAMETERS}", output.media_type.name())));
    let body = body::encode_whole(&list, &output)?;
    Ok(Reply::Served { status: StatusCode::OK, headers, body })
}

// The entity tag is that of the compact JSON without the members that every object begins with.
fn untyped(list: &Value) -> Result<Vec<u8>, Failure> {
    let output = Output { media_type: MediaType::Json, ..Output::default() };
    let whole = body::encode_whole(list, &output)?;
    let typed: &[u8] = br#"{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","#;
    let members = whole.strip_prefix(typed).unwrap_or(&whole).trim_ascii_end();
    Ok([b"{", members].concat())
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("digits and names can stand in a header")
}

fn core() -> Value {
    list(vec![json!({ "metadata": {}, "versions": [version("/api/v1", "v1")] })])
}

fn groups() -> Value {
    let groups = each(&DOCUMENTS["/apis"]["groups"]).map(|group| {
        let versions = each(&group["versions"]).map(|it| {
            let path = format!("/apis/{}", it["groupVersion"].as_str().unwrap_or(""));
            version(&path, it["version"].as_str().unwrap_or(""))
        });
        let versions: Vec<_> = versions.collect();
        json!({ "metadata": { "name": group["name"] }, "versions": versions })
    });
    list(groups.collect())
}

fn list(items: Vec<Value>) -> Value {
    json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    })
}

fn version(path: &str, version: &str) -> Value {
    let mut resources: Vec<Value> = Vec::new();
    for resource in each(&DOCUMENTS[path]["resources"]) {
        match resource["name"].as_str().and_then(|name| name.split_once('/')) {
            None => resources.push(whole(resource)),
            Some((parent, name)) => {
                let found = resources.iter_mut().find(|it| it["resource"] == parent);
                let parts = found.map(|parent| &mut parent["subresources"]);
                let Some(Value::Array(parts)) = parts else { continue };
                parts.push(subresource(resource, name));
            }
        }
    }
    json!({ "version": version, "resources": resources, "freshness": "Current" })
}

fn whole(resource: &Value) -> Value {
    let scope = if resource["namespaced"] == true { "Namespaced" } else { "Cluster" };
    json!({
        "resource": resource["name"],
        "responseKind": kind(resource),
        "scope": scope,
        "singularResource": resource["singularName"],
        "verbs": resource["verbs"],
        "shortNames": resource["shortNames"],
        "categories": resource["categories"],
        "subresources": [],
    })
}

fn subresource(resource: &Value, name: &str) -> Value {
    json!({ "subresource": name, "responseKind": kind(resource), "verbs": resource["verbs"] })
}

// Group and version are left empty where they are those around it, and so they are recorded.
fn kind(resource: &Value) -> Value {
    let text = |name: &str| resource[name].as_str().unwrap_or("");
    json!({ "group": text("group"), "version": text("version"), "kind": text("kind") })
}

fn each(list: &Value) -> std::slice::Iter<'_, Value> {
    list.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}
