//! What holds for every answer of a Google API.

use {
    crate::{
        exchange::Exchange,
        expect::{Expect, Mismatch, compare},
        level::Level,
    },
    serde_json::{Value, json},
};

/// Over REST. Pages that are not JSON say so themselves, by a content-type of their own.
pub(super) fn rest(exchange: &Exchange, expected: &[&Expect]) -> Vec<Mismatch> {
    let mut found = Vec::new();
    if expected.iter().any(|it| it.headers.contains_key("content-type")) {
        return found;
    }
    media_type(exchange, "application/json; charset=UTF-8", Level::Should, &mut found);
    if exchange.answer.status >= 400 {
        let error = json!({"error": {"code": exchange.answer.status, "status": "<text>"}});
        let body = exchange.answer.value();
        compare("body", &error, body.as_ref(), Level::Should, &mut found);
    }
    found
}

/// Over gRPC.
pub(super) fn grpc(exchange: &Exchange) -> Vec<Mismatch> {
    let mut found = Vec::new();
    media_type(exchange, "~ ^application/grpc(\\+proto)?$", Level::Must, &mut found);
    let body = exchange.answer.value();
    compare("body", &json!({"unreadable": "<absent>"}), body.as_ref(), Level::Must, &mut found);
    found
}

fn media_type(exchange: &Exchange, expected: &str, level: Level, found: &mut Vec<Mismatch>) {
    let got = exchange.answer.header("content-type").first().map(|it| Value::from(*it));
    compare("header content-type", &expected.into(), got.as_ref(), level, found);
}
