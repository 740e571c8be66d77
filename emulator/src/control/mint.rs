//! Tokens to order: good ones, and those that a server or a relying party has to refuse.

use {
    crate::{
        config::duration,
        control::{
            body,
            error::{self, Error},
        },
        google,
        tokens::mint::{self, Key, Mint, Signature},
        world::{World, keys::SigningKey},
    },
    bytes::Bytes,
    serde::Deserialize,
    serde_json::{Value, json},
};

const ALLOWED: &str = r#"allowed are, all of them optional: "namespace", "service_account", "pod", "secret" and "node" (names, whether there is such an object or not), "audiences", "issuer", "cluster" (projects/…/attachedClusters/…, whose issuer it then is), "issued" (from now: -2h, 10m), "lifetime" (from then: 1h, -5m), "legacy" (true for one of a Secret), "claims" and "header" (merged into what there is; null takes away), "payload" (in place of all claims; JSON or any text), "key" (a kid, signing or unpublished) or "private_key" (PEM), "algorithm" (none, HS256, RS384, PS256…) and "signature" (broken, truncated or empty)"#;

/// What is ordered.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Order {
    namespace: Option<String>,
    service_account: Option<String>,
    pod: Option<String>,
    secret: Option<String>,
    node: Option<String>,
    audiences: Option<Vec<String>>,
    issuer: Option<String>,
    cluster: Option<String>,
    issued: Option<String>,
    lifetime: Option<String>,
    legacy: bool,
    claims: Option<Value>,
    header: Option<Value>,
    payload: Option<Value>,
    key: Option<String>,
    private_key: Option<String>,
    algorithm: Option<String>,
    signature: Option<String>,
}

pub(super) fn mint(world: &World, body: &Bytes) -> Result<Value, Error> {
    // What serde says of a wrong body may hold a private key.
    let read = |body| body::read(body).map_err(|error| bad(error::place(&error)));
    let order: Order = if body.is_empty() { Order::default() } else { read(body)? };
    let minted = mint::mint(world, &order.read(world)?).map_err(bad)?;
    Ok(json!({"token": minted.token, "header": minted.header, "claims": minted.payload}))
}

impl Order {
    fn read(self, world: &World) -> Result<Mint, Error> {
        let usual = Mint::default();
        let issuer = match (self.issuer, self.cluster) {
            (Some(_), Some(_)) => return Err(bad("a cluster has its issuer")),
            (None, Some(cluster)) => Some(
                google::issuer_of(world, &cluster)
                    .ok_or_else(|| bad(format!("no cluster is {cluster:?}")))?,
            ),
            (issuer, None) => issuer,
        };
        let from_now = |text: Option<String>| text.map(|text| duration::signed(&text)).transpose();
        Ok(Mint {
            key: key(self.key, self.private_key)?,
            signature: signature(self.signature.as_deref())?,
            claims: patch(self.claims, "claims")?,
            header: patch(self.header, "header")?,
            issued: from_now(self.issued).map_err(bad)?.unwrap_or(usual.issued),
            lifetime: from_now(self.lifetime).map_err(bad)?.unwrap_or(usual.lifetime),
            namespace: self.namespace.unwrap_or(usual.namespace),
            service_account: self.service_account.unwrap_or(usual.service_account),
            pod: self.pod,
            secret: self.secret,
            node: self.node,
            audiences: self.audiences,
            issuer,
            legacy: self.legacy,
            payload: self.payload,
            algorithm: self.algorithm,
        })
    }
}

fn key(name: Option<String>, private_key: Option<String>) -> Result<Key, Error> {
    match (name.as_deref(), private_key) {
        (None, None) | (Some("signing"), None) => Ok(Key::Signing),
        (Some("unpublished"), None) => Ok(Key::Unpublished),
        (Some(kid), None) => Ok(Key::Kid(kid.to_owned())),
        (None, Some(pem)) => {
            let key = SigningKey::from_pem(pem.as_bytes()).map_err(|error| bad(error.0))?;
            Ok(Key::Own(Box::new(key)))
        }
        (Some(_), Some(_)) => Err(bad("one key signs")),
    }
}

fn signature(name: Option<&str>) -> Result<Signature, Error> {
    match name {
        None => Ok(Signature::Whole),
        Some("broken") => Ok(Signature::Broken),
        Some("truncated") => Ok(Signature::Truncated),
        Some("empty") => Ok(Signature::Empty),
        Some(other) => Err(bad(format!("no signature is {other:?}"))),
    }
}

fn patch(patch: Option<Value>, what: &str) -> Result<Value, Error> {
    match patch {
        None => Ok(json!({})),
        Some(patch) if patch.is_object() => Ok(patch),
        Some(_) => Err(bad(format!("{what} is an object"))),
    }
}

fn bad(error: impl std::fmt::Display) -> Error {
    Error::BadRequest(format!("{error}; {ALLOWED}"))
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::world::{
            callers::Callers,
            key_set::{KeySet, Keys},
            keys::Algorithm,
            settings::Settings,
        },
        rstest::rstest,
    };

    fn order(body: &str) -> Result<Value, Error> {
        let keys = Keys::new(KeySet::alone(SigningKey::generate(Algorithm::Es256)));
        let world = World::new(Settings::default(), keys, Callers::default());
        world.clock.freeze();
        mint(&world, &Bytes::copy_from_slice(body.as_bytes()))
    }

    #[test]
    fn an_order_is_told_with_its_token() {
        let minted = order(
            r#"{"namespace": "n", "service_account": "s", "audiences": ["a"], "issued": "-1h",
                "lifetime": "10m", "issuer": "i", "claims": {"jti": null, "x": {"y": 1}},
                "header": {"typ": "JWT"}, "node": "w"}"#,
        )
        .unwrap();
        let claims = &minted["claims"];
        assert_eq!(minted["token"].as_str().unwrap().split('.').count(), 3);
        assert_eq!(
            (&minted["header"]["typ"], &minted["header"]["alg"]),
            (&json!("JWT"), &json!("ES256"))
        );
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!("i"), &json!(["a"])));
        assert_eq!((claims.get("jti"), &claims["x"]), (None, &json!({"y": 1})));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
        assert_eq!(claims["sub"], "system:serviceaccount:n:s");
        assert_eq!(claims["kubernetes.io"]["node"]["name"], "w");
    }

    #[test]
    fn a_legacy_token_has_no_end() {
        let minted = order(r#"{"legacy": true, "secret": "s", "audiences": ["a"]}"#).unwrap();
        let claims = &minted["claims"];
        assert_eq!((claims.get("exp"), &claims["aud"]), (None, &json!(["a"])));
        assert_eq!(claims["kubernetes.io/serviceaccount/secret.name"], "s");
    }

    #[rstest]
    #[case("7")]
    #[case("[]")]
    #[case(r#"["default"]"#)]
    #[case("null")]
    #[case(r#"{"hush": 1}"#)]
    #[case(r#"{"claims": "hush"}"#)]
    #[case(r#"{"private_key": "hush"}"#)]
    #[case(r#"{"key": "signing", "private_key": "hush"}"#)]
    #[case(r#"{"key": "nobody's"}"#)]
    #[case(r#"{"algorithm": "RS256"}"#)]
    #[case(r#"{"signature": "forged"}"#)]
    #[case(r#"{"lifetime": 600}"#)]
    #[case(r#"{"issued": "yesterday"}"#)]
    #[case(r#"{"cluster": "projects/p/locations/l/attachedClusters/none"}"#)]
    #[case(r#"{"cluster": "c", "issuer": "i"}"#)]
    fn a_bad_order_says_what_is_allowed(#[case] body: &str) {
        let Err(Error::BadRequest(error)) = order(body) else { panic!("accepted {body}") };
        assert!(error.ends_with(ALLOWED) && !error.contains("hush"), "{error}");
    }
}
