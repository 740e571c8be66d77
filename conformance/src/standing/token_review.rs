//! What holds for every review: it repeats what was asked, and is wholly yes or wholly no.

use {
    crate::{
        exchange::Exchange,
        expect::{Mismatch, compare},
        level::Level,
    },
    serde_json::{Value, json},
};

/// What is not as in every review.
pub(super) fn judge(exchange: &Exchange, body: &Value) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let sent = exchange.request.value().unwrap_or_default();
    let asked = &sent["spec"]["audiences"];
    let named = asked.as_array().is_some_and(|it| !it.is_empty());
    let answer = json!({
        "kind": "TokenReview",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {},
        "spec": {
            "token": sent["spec"]["token"],
            "audiences": if named { asked.clone() } else { "<absent>".into() },
        },
    });
    compare("body", &answer, Some(body), Level::Should, &mut found);
    let status = if body["status"]["authenticated"] == true { yes() } else { no() };
    compare("body status", &status, body.get("status"), Level::Must, &mut found);
    found.extend(audiences(asked, &body["status"]));
    found
}

fn yes() -> Value {
    let user = json!({"username": "<text>", "uid": "<text>", "groups": "<any>"});
    json!({"user": user, "audiences": "<any>", "error": "<absent>"})
}

fn no() -> Value {
    let nobody = json!({
        "username": "<absent>", "uid": "<absent>", "groups": "<absent>", "extra": "<absent>",
    });
    json!({
        "authenticated": "<absent>", "user": nobody, "error": "<text>", "audiences": "<absent>",
    })
}

/// None is answered that was not asked for.
fn audiences(asked: &Value, status: &Value) -> Option<Mismatch> {
    let asked = asked.as_array().filter(|it| !it.is_empty())?;
    let answered = status["audiences"].as_array()?;
    let strange = answered.iter().find(|it| !asked.contains(it))?;
    let expected = Value::from(asked.clone());
    Some(Mismatch::must("body status audiences", format!("some of {expected}"), strange))
}
