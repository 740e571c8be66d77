//! Who a token of a service account is, told from its claims: what a review has to say of it.

use {
    crate::token::Token,
    serde_json::{Map, Value, json},
};

/// Where the names of extras begin.
const EXTRA: &str = "authentication.kubernetes.io";

/// User and extras that belong to a token; none for one that no Kubernetes server issued.
pub(super) fn of(token: &str) -> Option<Value> {
    let claims = Token::parse(token)?.claims;
    let own = claims.get("kubernetes.io")?;
    let text = |it: &Value| it.as_str().map(str::to_owned);
    let (namespace, name) = (text(&own["namespace"])?, text(&own["serviceaccount"]["name"])?);
    let mut user = json!({
        "username": format!("system:serviceaccount:{namespace}:{name}"),
        "uid": own["serviceaccount"]["uid"],
        "groups": [
            "system:serviceaccounts",
            format!("system:serviceaccounts:{namespace}"),
            "system:authenticated",
        ],
    });
    let told = extra(&claims);
    if !told.is_empty() {
        let mut extra = untold();
        extra.extend(told);
        user["extra"] = extra.into();
    }
    Some(user)
}

/// Extras that belong to tokens, and to those alone whose claims they tell.
fn untold() -> Map<String, Value> {
    let names = ["credential-id", "node-name", "node-uid", "pod-name", "pod-uid"];
    names.iter().map(|it| (format!("{EXTRA}/{it}"), "<absent>".into())).collect()
}

/// What a token says beside whose it is.
fn extra(claims: &Value) -> Map<String, Value> {
    let own = &claims["kubernetes.io"];
    let mut extra = Map::new();
    let mut add = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            extra.insert(format!("{EXTRA}/{name}"), json!([value]));
        }
    };
    let id = claims["jti"].as_str().map(|it| format!("JTI={it}"));
    add("credential-id", id.as_deref());
    for kind in ["node", "pod"] {
        add(&format!("{kind}-name"), own[kind]["name"].as_str());
        add(&format!("{kind}-uid"), own[kind]["uid"].as_str());
    }
    extra
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

    #[test]
    fn a_user_is_read_from_the_claims() {
        let claims = json!({
            "jti": "j",
            "kubernetes.io": {
                "namespace": "ns",
                "serviceaccount": {"name": "sa", "uid": "u"},
                "pod": {"name": "p", "uid": "pu"},
                "node": {"name": "n"},
            },
        });
        let token = format!("e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()));
        let user = of(&token).unwrap();
        assert_eq!(user["username"], "system:serviceaccount:ns:sa");
        assert_eq!(user["groups"][1], "system:serviceaccounts:ns");
        let extra = json!({
            "authentication.kubernetes.io/credential-id": ["JTI=j"],
            "authentication.kubernetes.io/node-name": ["n"],
            "authentication.kubernetes.io/node-uid": "<absent>",
            "authentication.kubernetes.io/pod-name": ["p"],
            "authentication.kubernetes.io/pod-uid": ["pu"],
        });
        assert_eq!(user["extra"], extra);
        assert_eq!(of("garbage"), None);
    }
}
