//! What holds for the discovery document and the key set, wherever they are read: they agree with
//! each other, and tell no secrets.

use {
    crate::{
        expect::{Context, Mismatch, compare},
        level::Level,
    },
    serde_json::{Value, json},
};

/// The members of a key that its holder keeps to himself.
const SECRET: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The members of a key that anybody is told.
const PUBLIC: &[&str] = &["use", "kty", "kid", "alg", "n", "e", "crv", "x", "y"];

/// What is not as in every discovery document.
pub(super) fn document(body: &Value, context: Context<'_>) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let document = json!({"issuer": "<text>", "jwks_uri": "~ ^https://"});
    compare("body", &document, Some(body), Level::Must, &mut found);
    found.extend(algorithms(&body["id_token_signing_alg_values_supported"]));
    let Some(party) = context.party else {
        found.push(Mismatch::must("body jwks_uri", "where there are keys", &body["jwks_uri"]));
        return found;
    };
    let known = json!({"issuer": party.issuer, "jwks_uri": party.jwks_uri});
    compare("body", &known, Some(body), Level::Must, &mut found);
    // An issuer may be out of reach from here, and its keys with it.
    let is_its_own = party.jwks_uri.starts_with(&format!("{}/", party.issuer));
    if let Some(why) = party.doubt.as_ref().filter(|_| !is_its_own) {
        let expected = "where the server is, or where its keys can be read from here";
        let got = format!("{} ({why})", party.jwks_uri);
        found.push(Mismatch::new(Level::Should, "body jwks_uri", expected, got));
    }
    let keys = party.keys.keys.iter().filter_map(|it| it.common.key_algorithm);
    let mut algorithms: Vec<String> = keys.map(|it| it.to_string()).collect();
    algorithms.sort();
    algorithms.dedup();
    let member = "id_token_signing_alg_values_supported";
    let what = format!("body {member}");
    compare(&what, &json!(algorithms), body.get(member), Level::Should, &mut found);
    found
}

/// They are a list of names, with at least one.
fn algorithms(told: &Value) -> Option<Mismatch> {
    let names = told.as_array().filter(|it| !it.is_empty());
    let fits = names.is_some_and(|it| it.iter().all(Value::is_string));
    let what = "body id_token_signing_alg_values_supported";
    (!fits).then(|| Mismatch::must(what, "a list of names", told))
}

/// What is not as in every key set.
pub(super) fn key_set(body: &Value, context: Context<'_>) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let keys = body["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
    if keys.is_empty() {
        found.push(Mismatch::must("body keys", "at least one", &body["keys"]));
    }
    for (index, key) in keys.iter().enumerate() {
        let what = format!("body keys {index}");
        compare(&what, &public(&key["kty"]), Some(key), Level::Must, &mut found);
        found.extend(usable(&what, key));
        found.extend(alone(&what, key, &keys[..index]));
        let members = key.as_object().into_iter().flat_map(|it| it.keys());
        for name in members.filter(|it| !PUBLIC.contains(&it.as_str())) {
            let what = format!("{what} {name}");
            found.push(Mismatch::new(Level::Should, what, "<absent>", &key[name]));
        }
    }
    // The keys by which tokens are verified are those that anybody is told, unless they were told
    // elsewhere.
    let party = context.party.filter(|it| it.elsewhere.is_none());
    let known = party.map(|it| it.keys.keys.len()).unwrap_or(keys.len());
    if keys.len() != known {
        found.push(Mismatch::must("body keys", format!("{known} keys"), keys.len()));
    }
    for (key, known) in keys.iter().zip(party.iter().flat_map(|it| &it.keys.keys)) {
        let known = serde_json::to_value(known).unwrap_or_default();
        compare("body keys", &told(&known), Some(key), Level::Must, &mut found);
    }
    found
}

/// The members that a relying party cannot do without, as they were read before.
fn told(known: &Value) -> Value {
    let there = PUBLIC.iter().filter(|it| known[**it].is_string());
    there.map(|it| ((*it).to_owned(), known[*it].clone())).collect()
}

/// A key that says what it is for is for verifying.
fn usable(what: &str, key: &Value) -> Option<Mismatch> {
    let uses = key.get("key_ops")?;
    let fits = uses.as_array().is_some_and(|it| it.contains(&"verify".into()));
    (!fits).then(|| Mismatch::must(format!("{what} key_ops"), "verify", uses))
}

/// No other key has its name: a token that names it would be verified by either.
fn alone(what: &str, key: &Value, before: &[Value]) -> Option<Mismatch> {
    let rival = before.iter().find(|it| it["kid"] == key["kid"] && told(it) != told(key))?;
    Some(Mismatch::must(format!("{what} kid"), "a name of its own", &rival["kid"]))
}

/// The members of a public key of a type.
fn public(kind: &Value) -> Value {
    let mut key = match kind.as_str() {
        Some("EC") => json!({"crv": "<text>", "x": "<text>", "y": "<text>"}),
        Some("RSA") => json!({"n": "<text>", "e": "<text>"}),
        _ => json!({"kty": "~ ^(RSA|EC)$"}),
    };
    for (name, value) in [("use", "sig"), ("kid", "<text>"), ("alg", "~ ^(RS|ES|PS)\\d{3}$")] {
        key[name] = value.into();
    }
    for name in SECRET {
        key[*name] = "<absent>".into();
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vars::Vars;

    fn differences(key: Value) -> Vec<String> {
        key_set(&json!({"keys": [key]}), Context::of(&Vars::default()))
            .into_iter()
            .map(|it| it.what)
            .collect()
    }

    #[test]
    fn a_key_set_is_public_and_whole() {
        let key =
            json!({"use": "sig", "kty": "RSA", "kid": "k", "alg": "RS256", "n": "n", "e": "e"});
        assert_eq!(differences(key.clone()), [""; 0]);
        let odd = [
            ("d", json!("x")),
            ("n", Value::Null),
            ("kty", json!("RSB")),
            ("key_ops", json!(["encrypt"])),
        ];
        for (name, value) in odd {
            let mut key = key.clone();
            key[name] = value;
            assert!(!differences(key).is_empty(), "{name}");
        }
    }

    #[test]
    fn a_key_may_be_there_twice_and_no_other_may_have_its_name() {
        let key =
            json!({"use": "sig", "kty": "RSA", "kid": "k", "alg": "RS256", "n": "n", "e": "e"});
        let mut other = key.clone();
        other["n"] = "m".into();
        let vars = Vars::default();
        let context = Context::of(&vars);
        let differences = |keys: Value| key_set(&json!({"keys": keys}), context).len();
        assert_eq!(differences(json!([key, key])), 0);
        assert_eq!(differences(json!([key, other])), 1);
    }
}
