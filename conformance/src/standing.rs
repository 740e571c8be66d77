//! What holds for every answer of an API, so that no case has to say it.

use {
    crate::{
        exchange::Exchange,
        expect::{Expect, Mismatch, compare},
        level::Level,
        variant::Variant,
    },
    serde_json::{Value, json},
};

/// What is not as every answer of a Kubernetes server is: its media type, that it is not to be
/// cached, that it can be found in the audit log, and that an error is a Status. A case that
/// expects another value of a header says so, and is believed.
pub fn kubernetes(exchange: &Exchange, expected: &[&Expect], variant: Variant) -> Vec<Mismatch> {
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
