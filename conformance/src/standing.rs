//! What holds for every answer of an API, so that no case has to say it.

use {
    crate::{
        exchange::{Api, Exchange},
        expect::{Expect, Mismatch, compare},
        google::error,
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
    let answer = &exchange.answer;
    let said = |name: &str| expected.iter().any(|it| it.headers.contains_key(name));
    if said("content-type") {
        return found;
    }
    let mut header = |name: &str, expected: &str, level: Level| {
        if !said(name) {
            let got = Some(answer.header(name).join(", ")).filter(|it| !it.is_empty());
            let (what, got) = (format!("header {name}"), got.map(Value::from));
            compare(&what, &expected.into(), got.as_ref(), level, &mut found);
        }
    };
    header("content-type", "application/json; charset=UTF-8", Level::Should);
    header("cache-control", "~ private|no-store", Level::Should);
    header("x-content-type-options", "nosniff", Level::Should);
    header("www-authenticate", "<absent>", Level::Should);
    header("vary", "Origin, X-Origin, Referer", Level::Observed);
    header("server", "ESF", Level::Observed);
    header("x-frame-options", "SAMEORIGIN", Level::Observed);
    header("x-xss-protection", "0", Level::Observed);
    if answer.status >= 400 {
        error::shape(answer.status, answer.value().as_ref(), &mut found);
    }
    found
}

/// What is not as every gRPC answer is.
fn grpc(exchange: &Exchange) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let answer = &exchange.answer;
    let media_type = answer.header("content-type").first().map(|it| Value::from(*it));
    let grpc = Value::from("~ ^application/grpc(\\+proto)?$");
    compare("header content-type", &grpc, media_type.as_ref(), Level::Must, &mut found);
    let body = answer.value();
    let readable = json!({"unreadable": "<absent>"});
    compare("body", &readable, body.as_ref(), Level::Must, &mut found);
    if answer.status >= 400 {
        error::shape(answer.status, body.as_ref(), &mut found);
    }
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
