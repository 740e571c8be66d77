//! What holds for every token that is issued: the answer repeats what was asked, its times agree,
//! and the token is what the answer says.

use {
    crate::{
        exchange::Exchange,
        expect::{Context, Expect, Mismatch, compare},
        level::Level,
        token::Token,
    },
    jiff::Timestamp,
    serde_json::{Value, json},
};

/// What is not as in every answer with a token.
pub(super) fn judge(
    exchange: &Exchange,
    body: &Value,
    expected: &[&Expect],
    context: Context<'_>,
) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let sent = exchange.request.value().unwrap_or_default();
    let answer = json!({
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": named(exchange),
        "spec": spec(&sent["spec"]),
        "status": {"token": "<text>", "expirationTimestamp": "<time>"},
    });
    compare("body", &answer, Some(body), Level::Should, &mut found);
    found.extend(times(body));
    let judged = |it: &&Expect| it.token.is_some() || it.lifetime.is_some();
    if !expected.iter().any(judged)
        && let Some(token) = body["status"]["token"].as_str().and_then(Token::parse)
    {
        found.extend(context.party.map(|party| token.verify(party)).unwrap_or_default());
        found.extend(token.agrees(body, None));
    }
    found
}

/// Name and namespace, as the path has them.
fn named(exchange: &Exchange) -> Value {
    let path = exchange.request.path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match parts[..] {
        [.., "namespaces", namespace, "serviceaccounts", name, "token"] => {
            json!({"name": name, "namespace": namespace, "creationTimestamp": "<time>"})
        }
        _ => json!({"creationTimestamp": "<time>"}),
    }
}

/// The spec as it was sent. A lifetime may be shortened, so its own cases judge it.
fn spec(sent: &Value) -> Value {
    let mut spec = json!({"expirationSeconds": "<number>", "audiences": "<any>"});
    if sent["audiences"].as_array().is_some_and(|it| !it.is_empty()) {
        spec["audiences"] = sent["audiences"].clone();
    }
    spec["boundObjectRef"] = match &sent["boundObjectRef"] {
        Value::Object(reference) => {
            let mut whole = reference.clone();
            for member in ["kind", "apiVersion", "name", "uid"] {
                whole.entry(member).or_insert("<absent>".into());
            }
            whole.into()
        }
        _ => "<null>".into(),
    };
    spec
}

/// From creation to expiration it is as long as the spec says, or a second longer: a server reads
/// its clock once for each.
fn times(body: &Value) -> Option<Mismatch> {
    let time = |it: &Value| it.as_str().and_then(|it| it.parse::<Timestamp>().ok());
    let from = time(&body["metadata"]["creationTimestamp"])?;
    let until = time(&body["status"]["expirationTimestamp"])?;
    let seconds = until.as_second() - from.as_second();
    let expected = &body["spec"]["expirationSeconds"];
    let fits = expected.as_i64().is_some_and(|it| (it..=it + 1).contains(&seconds));
    let what = "body status expirationTimestamp - metadata creationTimestamp";
    (!fits).then(|| Mismatch::must(what, expected, seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_may_begin_between_two_looks_at_the_clock() {
        for (until, fits) in [("04:04", false), ("04:05", true), ("04:06", true), ("04:07", false)]
        {
            let body = json!({
                "metadata": {"creationTimestamp": "2026-01-02T03:04:05Z"},
                "spec": {"expirationSeconds": 3600},
                "status": {"expirationTimestamp": format!("2026-01-02T04:{until}Z")},
            });
            assert_eq!(times(&body).is_none(), fits, "{until}");
        }
    }
}
