//! What holds for every review: it repeats what was asked, is wholly yes or wholly no, and tells of
//! a token what the token says of itself.

use {
    super::user,
    crate::{
        exchange::Exchange,
        expect::{Mismatch, compare},
        level::Level,
        token::Token,
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
    let is_yes = body["status"]["authenticated"] == true;
    let status = if is_yes { yes() } else { no() };
    compare("body status", &status, body.get("status"), Level::Must, &mut found);
    if is_yes {
        let token = sent["spec"]["token"].as_str().unwrap_or_default();
        judge_user(token, &body["status"]["user"], &mut found);
        found.extend(audiences(asked, token, &body["status"]["audiences"]));
    }
    found
}

/// Who it is stands in the token; how much is told beside that is up to a server.
pub(super) fn judge_user(token: &str, got: &Value, found: &mut Vec<Mismatch>) {
    let Some(user) = user::of(token) else { return };
    for (member, level) in [
        ("username", Level::Must),
        ("uid", Level::Must),
        ("groups", Level::Should),
        ("extra", Level::Should),
    ] {
        if let Some(expected) = user.get(member) {
            compare(&format!("body status user {member}"), expected, got.get(member), level, found);
        }
    }
    // A relying party takes an extra for true, whether the token says so or not.
    let told = |name: &String| user["extra"].get(name).is_some();
    for (name, value) in got["extra"].as_object().into_iter().flatten().filter(|it| !told(it.0)) {
        let what = format!("body status user extra {name}");
        found.push(Mismatch::new(Level::Should, what, "<absent>", value));
    }
}

fn yes() -> Value {
    let user = json!({"username": "<text>", "groups": "<any>"});
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

/// Those asked for that the token has, in the order asked; when none was asked for, the server's
/// own, which the token has to have, too.
fn audiences(asked: &Value, token: &str, answered: &Value) -> Option<Mismatch> {
    let claimed = Token::parse(token)?.claims["aud"].as_array()?.clone();
    let what = "body status audiences";
    match asked.as_array().filter(|it| !it.is_empty()) {
        Some(asked) => {
            let common = asked.iter().filter(|it| claimed.contains(it)).cloned().collect();
            let common = Value::Array(common);
            (common != *answered).then(|| Mismatch::must(what, common, answered))
        }
        None => {
            let own = answered.as_array().filter(|it| !it.is_empty());
            let fits = own.is_some_and(|it| it.iter().all(|it| claimed.contains(it)));
            let expected = || format!("some of {}", Value::from(claimed.clone()));
            (!fits).then(|| Mismatch::must(what, expected(), answered))
        }
    }
}
