//! What holds for every answer of an API, so that no case has to say it.

use {
    crate::{
        exchange::{Api, Exchange},
        expect::{Expect, Mismatch, compare},
        level::Level,
        variant::Variant,
    },
    serde_json::{Value, json},
};

/// What is not as every answer of its API is.
pub fn judge(exchange: &Exchange, expected: &[&Expect], variant: Variant) -> Vec<Mismatch> {
    match (exchange.api, variant) {
        (Api::Kubernetes, _) => kubernetes(exchange, expected, variant),
        (Api::Google, Variant::Grpc) => grpc(exchange),
        (Api::Google, _) => google(exchange, expected),
    }
}

/// What is not as every answer of a Google API over REST is. Pages that are not JSON say so
/// themselves, by a content-type of their own.
fn google(exchange: &Exchange, expected: &[&Expect]) -> Vec<Mismatch> {
    let mut found = Vec::new();
    if expected.iter().any(|it| it.headers.contains_key("content-type")) {
        return found;
    }
    let media_type = exchange.answer.header("content-type").first().map(|it| Value::from(*it));
    let json = Value::from("application/json; charset=UTF-8");
    compare("header content-type", &json, media_type.as_ref(), Level::Should, &mut found);
    if exchange.answer.status >= 400 {
        let error = json!({"error": {"code": exchange.answer.status, "status": "<text>"}});
        let body = exchange.answer.value();
        compare("body", &error, body.as_ref(), Level::Should, &mut found);
    }
    found
}

/// What is not as every gRPC answer is.
fn grpc(exchange: &Exchange) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let media_type = exchange.answer.header("content-type").first().map(|it| Value::from(*it));
    let grpc = Value::from("~ ^application/grpc(\\+proto)?$");
    compare("header content-type", &grpc, media_type.as_ref(), Level::Must, &mut found);
    let body = exchange.answer.value();
    let readable = json!({"unreadable": "<absent>"});
    compare("body", &readable, body.as_ref(), Level::Must, &mut found);
    found
}

/// What is not as every answer of a Kubernetes server is: its media type, that it is not to be
/// cached, that it can be found in the audit log, and that an error is a Status. A case that
/// expects another value of a header says so, and is believed.
fn kubernetes(exchange: &Exchange, expected: &[&Expect], variant: Variant) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let said = |name: &str| expected.iter().any(|it| it.headers.contains_key(name));
    let mut header = |name: &str, expected: &str| {
        if !said(name) {
            let got = exchange.answer.header(name).first().map(|it| Value::from(*it));
            let what = format!("header {name}");
            compare(&what, &expected.into(), got.as_ref(), Level::Should, &mut found);
        }
    };
    header("content-type", variant.encoding().media_type());
    header("cache-control", "no-cache, private");
    header("audit-id", "<text>");
    header("www-authenticate", "<absent>");
    header("warning", "<absent>");
    if exchange.answer.status >= 400 && !said("content-type") {
        let status = json!({
            "kind": "Status", "apiVersion": "v1", "status": "Failure",
            "message": "<text>", "reason": "<text>", "code": exchange.answer.status,
        });
        let body = exchange.answer.value();
        compare("body", &status, body.as_ref(), Level::Should, &mut found);
    }
    found
}
