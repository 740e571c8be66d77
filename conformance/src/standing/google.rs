//! What holds for every answer of a Google API.

use {
    super::resource,
    crate::{
        exchange::Exchange,
        expect::{Expect, Mismatch, compare},
        google::{
            asked::{self, Asked},
            error, form,
        },
        level::Level,
    },
    serde_json::{Value, json},
};

/// What every JSON answer carries. Repeated headers are joined.
const HEADERS: &[(&str, &str, Level)] = &[
    ("content-type", "application/json; charset=UTF-8", Level::Should),
    ("cache-control", "~ ^(private|.*no-store.*)$", Level::Should),
    ("x-content-type-options", "nosniff", Level::Should),
    ("www-authenticate", "<absent>", Level::Should),
    ("location", "<absent>", Level::Should),
    ("retry-after", "<absent>", Level::Should),
    ("allow", "<absent>", Level::Should),
    ("set-cookie", "<absent>", Level::Observed),
    ("access-control-allow-origin", "<absent>", Level::Observed),
    ("vary", "Origin, X-Origin, Referer", Level::Observed),
    ("server", "ESF", Level::Observed),
    ("x-frame-options", "SAMEORIGIN", Level::Observed),
    ("x-xss-protection", "0", Level::Observed),
];

/// Over REST. Pages that are not JSON say so themselves, by a content-type of their own.
pub(super) fn rest(exchange: &Exchange, expected: &[&Expect]) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let answer = &exchange.answer;
    let said = |name: &str| expected.iter().any(|it| it.headers.contains_key(name));
    if said("content-type") {
        page(exchange, said, &mut found);
        return found;
    }
    for (name, value, level) in HEADERS.iter().filter(|(name, ..)| !said(name)) {
        let got = Some(answer.header(name).join(", ")).filter(|it| !it.is_empty());
        let (what, got) = (format!("header {name}"), got.map(Value::from));
        compare(&what, &(*value).into(), got.as_ref(), *level, &mut found);
    }
    if answer.status >= 400 {
        error::shape(answer.status, answer.value().as_ref(), &mut found);
        // Whoever asks for the old form gets more.
        if !exchange.request.path.contains("xgafv=1") {
            error::surplus(answer.value().as_ref(), &mut found);
        }
    } else if let Some(body) = answer.value() {
        if let Some(asked) = Asked::of(&exchange.request) {
            let numbers = asked::wants_numbers(&exchange.request);
            form::judge(asked.method.output(), &body, numbers, &mut found);
        }
        resource::judge(exchange, &body, &mut found);
    }
    found
}

/// A page leads nowhere, asks for nothing, and does not say when to come again.
fn page(exchange: &Exchange, said: impl Fn(&str) -> bool, found: &mut Vec<Mismatch>) {
    for (name, level) in [
        ("www-authenticate", Level::Should),
        ("location", Level::Should),
        ("retry-after", Level::Should),
        ("allow", Level::Should),
        ("set-cookie", Level::Observed),
        ("access-control-allow-origin", Level::Observed),
    ] {
        let got = exchange.answer.header(name).first().map(|it| Value::from(*it));
        if !said(name) {
            let what = format!("header {name}");
            compare(&what, &"<absent>".into(), got.as_ref(), level, found);
        }
    }
}

/// Over gRPC.
pub(super) fn grpc(exchange: &Exchange) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let answer = &exchange.answer;
    let got = answer.header("content-type").first().map(|it| Value::from(*it));
    let media_type = "~ ^application/grpc(\\+proto)?$".into();
    compare("header content-type", &media_type, got.as_ref(), Level::Must, &mut found);
    let body = answer.value();
    compare("body", &json!({"unreadable": "<absent>"}), body.as_ref(), Level::Must, &mut found);
    if answer.status >= 400 {
        error::shape(answer.status, body.as_ref(), &mut found);
        // All that an error has to say stands in its trailers.
        let failed = answer.header("grpc-status").first().is_some_and(|it| *it != "0");
        if failed && !answer.body.is_empty() {
            let bytes = format!("{} bytes", answer.body.len());
            found.push(Mismatch::new(Level::Should, "frames", "none", bytes));
        }
    } else if let Some(body) = body {
        resource::judge(exchange, &body, &mut found);
    }
    found
}
