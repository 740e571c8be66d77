//! The attached clusters that cases are given, and what is usually asked about them.

use {
    super::issuer,
    crate::{given::merge, target::Target},
    base64::{Engine, prelude::BASE64_STANDARD},
    serde_json::{Value, json},
};

/// The fleet's project. Its number is nobody's.
const FLEET: &str = "projects/123456789012";

/// What is registered unless a case says otherwise: a cluster that trusts the Kubernetes side, or
/// the suite's own issuer where there is none.
pub fn blueprint(target: &Target) -> Value {
    let trust = match &target.facts.party {
        Some(party) => {
            let keys = serde_json::to_string(&party.keys).unwrap_or_default();
            json!({"issuerUrl": party.issuer, "jwks": BASE64_STANDARD.encode(keys)})
        }
        None => issuer::oidc_config(),
    };
    json!({
        "platformVersion": "1.35.0-gke.1",
        "distribution": "generic",
        "fleet": {"project": FLEET},
        "oidcConfig": trust,
    })
}

/// The agent token's request unless a case says otherwise.
pub fn exchange(cluster: Value, subject: Value, changes: &Value) -> Value {
    let request = json!({
        "attachedCluster": cluster,
        "subjectToken": subject,
        "subjectTokenType": "urn:ietf:params:oauth:token-type:jwt",
        "version": "v1",
    });
    changed(request, changes)
}

/// A message with a case's changes: members added or replaced, and removed where they are null. A
/// JWK Set is written as one, and sent as the bytes that it is.
pub fn changed(mut message: Value, changes: &Value) -> Value {
    merge(&mut message, changes);
    prune(&mut message);
    if let Some(jwks) = message.pointer_mut("/oidcConfig/jwks").filter(|it| it.is_object()) {
        *jwks = issuer::encoded(jwks).into();
    }
    message
}

fn prune(value: &mut Value) {
    if let Value::Object(members) = value {
        members.retain(|_, it| !it.is_null());
        members.values_mut().for_each(prune);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_leaves_a_member_out() {
        let request = exchange("c".into(), "s".into(), &json!({"version": null, "scope": "x"}));
        assert_eq!(request.get("version"), None);
        assert_eq!(request["scope"], "x");
    }

    #[test]
    fn a_key_set_becomes_bytes() {
        let cluster = changed(json!({}), &json!({"oidcConfig": {"jwks": {"keys": []}}}));
        assert_eq!(cluster["oidcConfig"]["jwks"], "eyJrZXlzIjpbXX0=");
    }
}
