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

/// What is not as in every discovery document.
pub(super) fn document(body: &Value, context: Context<'_>) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let document = json!({"issuer": "<text>", "jwks_uri": "~ ^https://"});
    compare("body", &document, Some(body), Level::Must, &mut found);
    if let Some(party) = context.party {
        let keys = party.keys.keys.iter().filter_map(|it| it.common.key_algorithm);
        let mut algorithms: Vec<String> = keys.map(|it| it.to_string()).collect();
        algorithms.sort();
        algorithms.dedup();
        let member = "id_token_signing_alg_values_supported";
        let what = format!("body {member}");
        compare(&what, &json!(algorithms), body.get(member), Level::Should, &mut found);
    }
    found
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
    let members = ["kid", "kty", "alg", "use", "n", "e", "crv", "x", "y"];
    let there = members.iter().filter(|it| known[**it].is_string());
    there.map(|it| ((*it).to_owned(), known[*it].clone())).collect()
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
        let context = Context { vars: &Vars::default(), party: None, minor: None };
        key_set(&json!({"keys": [key]}), context).into_iter().map(|it| it.what).collect()
    }

    #[test]
    fn a_key_set_is_public_and_whole() {
        let key =
            json!({"use": "sig", "kty": "RSA", "kid": "k", "alg": "RS256", "n": "n", "e": "e"});
        assert_eq!(differences(key.clone()), [""; 0]);
        for (name, value) in [("d", json!("x")), ("n", Value::Null), ("kty", json!("RSB"))] {
            let mut key = key.clone();
            key[name] = value;
            assert!(!differences(key).is_empty(), "{name}");
        }
    }
}
