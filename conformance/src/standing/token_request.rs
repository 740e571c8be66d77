//! What holds for every token that is issued: the answer repeats what was asked, its times agree,
//! and the token is what the answer says.

use {
    super::{claims, clock},
    crate::{
        exchange::Exchange,
        expect::{Context, Expect, Mismatch, compare},
        level::Level,
        token::Token,
        variant::Encoding,
    },
    jiff::Timestamp,
    serde_json::{Value, json},
};

/// The minor version from which on an answer names the account's uid.
const NAMES_UID: u32 = 34;
/// How long a token lives when nobody says how long.
const DEFAULT: i64 = 3600;
/// The minor version from which on a token has an id.
const NAMES_ITSELF: u32 = 30;

/// The newest minor version of which it is known what its tokens claim.
const NEWEST: u32 = 37;

/// What is not as in every answer with a token.
pub(super) fn judge(
    exchange: &Exchange,
    body: &Value,
    expected: &[&Expect],
    context: Context<'_>,
) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let sent = sent(exchange, context);
    let answer = json!({
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": named(exchange, context),
        "spec": spec(&sent["spec"], writes_null(exchange)),
        "status": {"token": "<text>", "expirationTimestamp": "<time>"},
    });
    compare("body", &answer, Some(body), Level::Should, &mut found);
    let (audiences, got) = (&sent["spec"]["audiences"], body["spec"].get("audiences"));
    compare("body spec audiences", audiences, got, Level::Must, &mut found);
    found.extend(times(body));
    let made = &body["metadata"]["creationTimestamp"];
    found.extend(clock::judge("body metadata creationTimestamp", made, context));
    let Some(token) = body["status"]["token"].as_str().and_then(Token::parse) else {
        found.push(Mismatch::must("token", "a JWT at status.token", "none"));
        return found;
    };
    let judged = |it: &&Expect| it.token.is_some() || it.lifetime.is_some();
    if !expected.iter().any(judged) {
        found.extend(token.verify(context.party));
        found.extend(token.agrees(body, None));
    }
    let mut claimed = bound(&sent["spec"]["boundObjectRef"], context);
    if let Some(uid) = account(exchange, context) {
        claimed["kubernetes.io"]["serviceaccount"]["uid"] = uid.clone();
    }
    // One that lives longer than it says warns from where it says that it ends.
    if token.claims["kubernetes.io"].get("warnafter").is_some() {
        let lived = token.claims["iat"].as_i64().zip(body["spec"]["expirationSeconds"].as_i64());
        claimed["kubernetes.io"]["warnafter"] = lived.map(|(iat, it)| iat + it).into();
    }
    compare("token", &claimed, Some(&token.claims), Level::Must, &mut found);
    if context.minor.is_none_or(|it| it <= NEWEST) {
        found.extend(claims::unknown(&token));
    }
    found.extend(ends(body, &token.claims));
    let within = |iat| clock::judge_within("token iat", iat, context);
    found.extend(token.claims["iat"].as_i64().and_then(within));
    found
}

/// Name and namespace, as the path has them.
fn named(exchange: &Exchange, context: Context<'_>) -> Value {
    let path = exchange.request.path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let mut named = json!({"creationTimestamp": "<time>", "deletionTimestamp": "<absent>"});
    if context.minor.is_some_and(|it| it >= NAMES_UID) {
        named["uid"] = account(exchange, context).cloned().unwrap_or("<uuid>".into());
    }
    if let [.., "namespaces", namespace, "serviceaccounts", name, "token"] = parts[..] {
        named["name"] = name.into();
        named["namespace"] = namespace.into();
    }
    named
}

/// The uid of the account that the path names, where the case was given it.
fn account<'a>(exchange: &Exchange, context: Context<'a>) -> Option<&'a Value> {
    let path = exchange.request.path.split('?').next().unwrap_or_default();
    let path = path.trim_end_matches('/').strip_suffix("/token")?;
    let name = context.vars.name_of(path)?.strip_suffix(".path")?;
    context.vars.get(&format!("{name}.uid"))
}

/// Whether a null can be seen in the encoding of the answer.
fn writes_null(exchange: &Exchange) -> bool {
    exchange.answer.media_type() != Encoding::Protobuf.media_type()
}

/// What was sent, with what a server adds to it: the audiences and the lifetime that everybody has
/// who names none. A lifetime is no longer than any token's here.
fn sent(exchange: &Exchange, context: Context<'_>) -> Value {
    let read = exchange.request.value();
    // What we cannot read ourselves may say anything.
    let is_known = read.is_some() || exchange.request.body.is_empty();
    let mut sent = read.filter(Value::is_object).unwrap_or_else(|| json!({}));
    if !sent["spec"].is_object() {
        sent["spec"] = json!({});
    }
    let spec = &mut sent["spec"];
    if spec["audiences"].as_array().is_none_or(Vec::is_empty) {
        let default = context.vars.get("server.audiences").filter(|it| is_known && it.is_array());
        spec["audiences"] = default.cloned().unwrap_or("<any>".into());
    }
    let asked = match &spec["expirationSeconds"] {
        Value::Null => Some(DEFAULT),
        asked => asked.as_i64(),
    };
    let longest = context.vars.get("server.longest").and_then(Value::as_i64);
    let least = asked.zip(longest).map(|(asked, longest)| asked.min(longest));
    let least = least.filter(|_| is_known).map_or("<number>".into(), Value::from);
    spec["expirationSeconds"] = least;
    sent
}

/// The spec as it was sent.
fn spec(sent: &Value, writes_null: bool) -> Value {
    let mut spec = json!({"expirationSeconds": sent["expirationSeconds"]});
    spec["boundObjectRef"] = match &sent["boundObjectRef"] {
        Value::Object(reference) => {
            let mut whole = reference.clone();
            for member in ["kind", "apiVersion", "name", "uid"] {
                whole.entry(member).or_insert("<absent>".into());
            }
            whole.into()
        }
        _ if writes_null => Value::Null,
        _ => "<null>".into(),
    };
    spec
}

/// What the token has to claim of the object that it is bound to, and of nothing else. The node of
/// a pod is claimed beside it.
fn bound(reference: &Value, context: Context<'_>) -> Value {
    let kind = reference["kind"].as_str().unwrap_or_default().to_lowercase();
    let mut own = json!({});
    for other in ["pod", "secret", "node"] {
        let is_beside = (kind.as_str(), other) == ("pod", "node");
        own[other] = match () {
            () if kind == other => {
                json!({"name": reference["name"], "uid": named_or(&reference["uid"], "<text>")})
            }
            () if is_beside && is_on_a_node(&reference["name"], context) => continue,
            () => "<absent>".into(),
        };
    }
    let mut expected = json!({"kubernetes.io": own, "aud": "<any>", "iat": "<number>"});
    if context.minor.is_some_and(|it| it >= NAMES_ITSELF) {
        expected["jti"] = "<uuid>".into();
    }
    expected
}

/// Whether a pod is on a node, as far as anybody knows.
fn is_on_a_node(pod: &Value, context: Context<'_>) -> bool {
    let name = pod.as_str().and_then(|it| context.vars.name_of(it));
    let node = name.and_then(|it| context.vars.get(&format!("{it}.node")));
    node.is_none_or(|it| !it.is_null())
}

fn named_or(value: &Value, word: &str) -> Value {
    if value.as_str().is_some_and(|it| !it.is_empty()) { value.clone() } else { word.into() }
}

/// The answer's expiration is where the token ends, or begins to warn: one clock is read for the
/// answer, and later one for the token.
fn ends(body: &Value, claims: &Value) -> Option<Mismatch> {
    let until = body["status"]["expirationTimestamp"].as_str()?.parse::<Timestamp>().ok()?;
    let ends = claims["kubernetes.io"].get("warnafter").unwrap_or(&claims["exp"]);
    let late = ends.as_i64().map(|it| it - until.as_second());
    let what = "token exp - body status expirationTimestamp";
    match late {
        Some(0..=2) => None,
        Some(-1) => Some(Mismatch::new(Level::Should, what, 0, json!(late))),
        _ => Some(Mismatch::must(what, 0, json!(late))),
    }
}

/// From creation to expiration it is as long as the spec says; a server that reads its clock once
/// for each may be a second late.
fn times(body: &Value) -> Option<Mismatch> {
    let time = |it: &Value| it.as_str().and_then(|it| it.parse::<Timestamp>().ok());
    let from = time(&body["metadata"]["creationTimestamp"])?;
    let until = time(&body["status"]["expirationTimestamp"])?;
    let seconds = until.as_second() - from.as_second();
    let expected = &body["spec"]["expirationSeconds"];
    let level = match expected.as_i64().map(|it| seconds - it) {
        Some(0) => return None,
        Some(1) => Level::Should,
        _ => Level::Must,
    };
    let what = "body status expirationTimestamp - metadata creationTimestamp";
    Some(Mismatch::new(level, what, expected, seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_that_begins_between_two_looks_at_the_clock_is_seen() {
        for (until, level) in [
            ("04:04", Some(Level::Must)),
            ("04:05", None),
            ("04:06", Some(Level::Should)),
            ("04:07", Some(Level::Must)),
        ] {
            let body = json!({
                "metadata": {"creationTimestamp": "2026-01-02T03:04:05Z"},
                "spec": {"expirationSeconds": 3600},
                "status": {"expirationTimestamp": format!("2026-01-02T04:{until}Z")},
            });
            assert_eq!(times(&body).map(|it| it.level), level, "{until}");
        }
    }
}
