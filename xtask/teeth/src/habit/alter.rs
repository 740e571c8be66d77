//! How an answer is altered so that it stays consistent in itself.

use {
    crate::{
        reply::{self, Part},
        upstream::Upstream,
    },
    serde_json::{Value, json},
    token_conformance::{
        exchange::{Answer, Request},
        token::Token,
    },
};

pub(super) fn is_issue(request: &Request) -> bool {
    request.path.split('?').next().is_some_and(|it| it.ends_with("/token"))
}

/// The path of an answer with a token.
pub(super) fn issues<'a>(request: &'a Request, answer: &Answer) -> Option<&'a str> {
    (is_issue(request) && answer.status == 201).then_some(request.path.as_str())
}

/// What a review was asked.
pub(super) fn reviews(request: &Request, answer: &Answer) -> Option<Value> {
    let is_review = request.path.contains("/tokenreviews") && answer.status == 201;
    is_review.then(|| request.value()).flatten()
}

pub(super) fn body(
    request: &Request,
    answer: &mut Answer,
    alter: impl FnOnce(&mut Value),
) -> Option<()> {
    issues(request, answer)?;
    let mut body = reply::body(answer)?;
    alter(&mut body);
    reply::set_body(answer, &body)
}

pub(super) fn claims(
    request: &Request,
    answer: &mut Answer,
    upstream: &Upstream,
    alter: impl FnOnce(&mut Value),
) -> Option<()> {
    issues(request, answer)?;
    let mut claims = reply::token(answer, Part::Claims)?;
    alter(&mut claims);
    reply::set_token(answer, Part::Claims, &claims, &*upstream.sign)
}

/// All times of an answer and its token, by as much.
pub(super) fn shift(
    request: &Request,
    answer: &mut Answer,
    upstream: &Upstream,
    by: i64,
) -> Option<()> {
    body(request, answer, |it| {
        move_time(&mut it["metadata"]["creationTimestamp"], by);
        move_time(&mut it["status"]["expirationTimestamp"], by);
    })?;
    shift_token(request, answer, upstream, by)
}

/// The times of a token alone.
pub(super) fn shift_token(
    request: &Request,
    answer: &mut Answer,
    upstream: &Upstream,
    by: i64,
) -> Option<()> {
    claims(request, answer, upstream, |claims| {
        for name in ["iat", "nbf", "exp"] {
            claims[name] = claims[name].as_i64().map(|it| it + by).into();
        }
    })
}

pub(super) fn lengthen(
    request: &Request,
    answer: &mut Answer,
    upstream: &Upstream,
    by: i64,
) -> Option<()> {
    body(request, answer, |it| {
        it["spec"]["expirationSeconds"] =
            it["spec"]["expirationSeconds"].as_i64().map(|it| it + by).into();
        move_time(&mut it["status"]["expirationTimestamp"], by);
    })?;
    claims(request, answer, upstream, |claims| {
        claims["exp"] = claims["exp"].as_i64().map(|it| it + by).into();
    })
}

/// Moves a time within its day, by way of its hour, minute and second.
pub(super) fn move_time(time: &mut Value, by: i64) {
    let Some(text) = time.as_str().filter(|it| it.len() == 20) else { return };
    let part = |at: usize| text[at..at + 2].parse::<i64>().unwrap_or_default();
    let seconds = (part(11) * 3600 + part(14) * 60 + part(17) + by).rem_euclid(86_400);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    *time = format!("{}{hour:02}:{minute:02}:{second:02}Z", &text[..11]).into();
}

/// Says yes to a token that was refused for a reason.
pub(super) fn yes(
    request: &Request,
    answer: &mut Answer,
    forgives: impl Fn(&str) -> bool,
) -> Option<()> {
    let sent = reviews(request, answer)?;
    let mut body = reply::body(answer)?;
    let error = body["status"]["error"].as_str().filter(|it| forgives(it)).map(str::to_owned);
    error?;
    let token = Token::parse(sent["spec"]["token"].as_str()?).map(|it| it.claims);
    let own = token.map(|it| it["kubernetes.io"].clone()).unwrap_or_default();
    let text = |it: &Value| it.as_str().unwrap_or("x").to_owned();
    let (namespace, name) = (text(&own["namespace"]), text(&own["serviceaccount"]["name"]));
    let audiences = match &sent["spec"]["audiences"] {
        Value::Array(asked) => asked.clone(),
        _ => vec!["https://kubernetes.default.svc.cluster.local".into()],
    };
    body["status"] = json!({
        "authenticated": true,
        "user": {
            "username": format!("system:serviceaccount:{namespace}:{name}"),
            "uid": text(&own["serviceaccount"]["uid"]),
            "groups": [
                "system:serviceaccounts",
                format!("system:serviceaccounts:{namespace}"),
                "system:authenticated",
            ],
        },
        "audiences": audiences,
    });
    reply::set_body(answer, &body)
}
