//! What holds for the keys that Google publishes for a cluster: each has the members of the API's own
//! message, all of which a relying party reads, and a `kid` that picks it.
//! Source: googleapis `google/cloud/gkemulticloud/v1/common_resources.proto`, `Jwk`.

use {
    crate::{expect::Mismatch, level::Level},
    serde_json::Value,
};

/// The members of a key.
const MEMBERS: &[&str] = &["kty", "alg", "use", "kid", "n", "e", "x", "y", "crv"];

/// What is not as in every set of keys.
pub(super) fn judge(body: &Value, found: &mut Vec<Mismatch>) {
    let keys = body["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (index, key) in keys.iter().enumerate() {
        let what = format!("body keys {index}");
        for (name, value) in key.as_object().into_iter().flatten() {
            if !MEMBERS.contains(&name.as_str()) {
                let what = format!("{what} {name}");
                found.push(Mismatch::new(Level::Should, what, "<absent>", value));
            }
        }
        if keys[..index].iter().any(|it| it["kid"] == key["kid"]) {
            let what = format!("{what} kid");
            found.push(Mismatch::new(Level::Should, what, "another kid", &key["kid"]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_have_what_the_message_has_and_are_told_apart() {
        let differences = |keys: Value| {
            let mut found = Vec::new();
            judge(&json!({"keys": keys}), &mut found);
            found.into_iter().map(|it| it.what).collect::<Vec<_>>()
        };
        let key =
            json!({"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "a", "n": "x", "e": "AQAB"});
        let mut other = key.clone();
        other["kid"] = "b".into();
        assert_eq!(differences(json!([key, other])), [""; 0]);
        assert_eq!(differences(json!([key, key])), ["body keys 1 kid"]);
        other["x5u"] = "https://example.com/".into();
        assert_eq!(differences(json!([key, other])), ["body keys 1 x5u"]);
    }
}
