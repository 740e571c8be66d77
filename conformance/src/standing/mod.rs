//! What holds for every answer of an API, so that no case has to say it.

mod google;
mod token_request;
mod token_review;

use {
    crate::{
        exchange::{Api, Exchange},
        expect::{Context, Expect, Mismatch, compare},
        level::Level,
        variant::Variant,
    },
    serde_json::{Value, json},
};

/// What is not as every answer of its API is. A case that expects another value of a header says
/// so, and is believed.
pub fn judge(
    exchange: &Exchange,
    expected: &[&Expect],
    variant: Variant,
    context: Context<'_>,
) -> Vec<Mismatch> {
    match exchange.api {
        Api::Google if exchange.answer.meaning.is_some() => google::grpc(exchange),
        Api::Google => google::rest(exchange, expected),
        Api::Kubernetes => {
            let mut found = headers(exchange, expected, variant);
            found.extend(body(exchange, expected, context));
            found
        }
    }
}

/// Its media type, that it is not to be cached, that it can be found in the audit log, and nothing
/// that nobody asked for.
fn headers(exchange: &Exchange, expected: &[&Expect], variant: Variant) -> Vec<Mismatch> {
    let mut found = Vec::new();
    for (name, value) in [
        ("content-type", variant.encoding().media_type()),
        ("cache-control", "no-cache, private"),
        ("audit-id", "<text>"),
        ("allow", "<absent>"),
        ("warning", "<absent>"),
        ("www-authenticate", "<absent>"),
    ] {
        if !expected.iter().any(|it| it.headers.contains_key(name)) {
            let got = exchange.answer.header(name).first().map(|it| Value::from(*it));
            let what = format!("header {name}");
            compare(&what, &value.into(), got.as_ref(), Level::Should, &mut found);
        }
    }
    found
}

fn body(exchange: &Exchange, expected: &[&Expect], context: Context<'_>) -> Vec<Mismatch> {
    let request = &exchange.request;
    let path = request.path.split('?').next().unwrap_or_default();
    let value = exchange.answer.value();
    // Who asks for another form of the object gets that.
    let plain = !request.headers.iter().any(|(name, it)| name == "accept" && it.contains("as="));
    match (exchange.answer.status, value.as_ref()) {
        (400.., _) => error(exchange, expected, value.as_ref()),
        (201, Some(body)) if plain && path.ends_with("/token") => {
            token_request::judge(exchange, body, expected, context)
        }
        (201, Some(body)) if plain && path.ends_with("/tokenreviews") => {
            token_review::judge(exchange, body)
        }
        _ => Vec::new(),
    }
}

/// An error is a Status that says of itself what the response says.
fn error(exchange: &Exchange, expected: &[&Expect], body: Option<&Value>) -> Vec<Mismatch> {
    let mut found = Vec::new();
    if expected.iter().any(|it| it.text.is_some()) {
        return found;
    }
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "<text>", "reason": "<text>", "code": exchange.answer.status,
    });
    compare("body", &status, body, Level::Should, &mut found);
    found
}
