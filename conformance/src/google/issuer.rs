//! An issuer of the suite's own: a key made at first use, its JWK Set, and any token that a case
//! wants it to have signed. What it signs can be wrong in one thing and right in all others.

use {
    crate::vars::{Undefined, Vars},
    aws_lc_rs::{
        hmac,
        rand::SystemRandom,
        rsa::{KeyPair, KeySize},
        signature::{KeyPair as _, RSA_PKCS1_SHA256},
    },
    base64::{
        Engine,
        prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
    },
    serde::Deserialize,
    serde_json::{Map, Value, json},
    std::sync::LazyLock,
};

/// Who it says it is. Nothing is ever fetched from there: clusters are given its keys.
pub const URL: &str = "https://issuer.conformance.test";

/// The name of its key.
pub const KID: &str = "conformance";

#[expect(clippy::expect_used, reason = "a key of 2048 bits can always be made")]
static KEY: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).expect("a key is made"));

/// A token for it to sign.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Minted {
    /// Members of the header, beside or instead of the usual ones; null removes one.
    pub header: Map<String, Value>,
    /// Claims, beside or instead of the usual ones; null removes one. `iat`, `nbf` and `exp` are
    /// seconds from now.
    pub claims: Map<String, Value>,
    /// Sign with HMAC, the public key being the secret, as an attacker would.
    pub hmac: bool,
}

/// Its keys, as a JWK Set.
pub fn keys() -> Value {
    let key = KEY.public_key();
    let number = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    json!({"keys": [{
        "kty": "RSA", "alg": "RS256", "use": "sig", "kid": KID,
        "n": number(key.modulus().big_endian_without_leading_zero()),
        "e": number(key.exponent().big_endian_without_leading_zero()),
    }]})
}

/// What a cluster that trusts it is told.
pub fn oidc_config() -> Value {
    json!({"issuerUrl": URL, "jwks": encoded(&keys())})
}

/// A JWK Set as a cluster holds it.
pub fn encoded(keys: &Value) -> String {
    BASE64_STANDARD.encode(keys.to_string())
}

impl Minted {
    /// One whose audience is its issuer, as a TokenRequest's is that names none.
    pub fn usual() -> Self {
        let claims = Map::from_iter([("aud".to_owned(), json!([URL]))]);
        Self { claims, ..Self::default() }
    }

    /// Signs the token.
    pub fn mint(&self, now: i64, vars: &Vars) -> Result<String, Undefined> {
        let header = json!({"alg": "RS256", "kid": KID, "typ": "JWT"});
        let claims = json!({
            "iss": URL, "sub": "system:serviceaccount:gke-system:agent",
            "aud": ["conformance"], "iat": 0, "exp": 3600,
        });
        let header = changed(header, &self.header, vars)?;
        let mut claims = changed(claims, &self.claims, vars)?;
        for name in ["iat", "nbf", "exp"] {
            if let Some(offset) = claims[name].as_i64() {
                claims[name] = (now + offset).into();
            }
        }
        let encode = |it: &Value| BASE64_URL_SAFE_NO_PAD.encode(it.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let signature = if self.hmac { hmac(&signed) } else { rsa(&signed) };
        Ok(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn changed(mut to: Value, by: &Map<String, Value>, vars: &Vars) -> Result<Value, Undefined> {
    if let Some(members) = to.as_object_mut() {
        for (name, value) in by {
            members.insert(name.clone(), vars.value(value)?);
        }
        members.retain(|_, it| !it.is_null());
    }
    Ok(to)
}

fn rsa(message: &str) -> Vec<u8> {
    let mut signature = vec![0; KEY.public_modulus_len()];
    // It fails only for a buffer of another size.
    let _ = KEY.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature);
    signature
}

fn hmac(message: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, KEY.public_key().as_ref());
    hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::token::{RelyingParty, Token},
    };

    fn mint(minted: Value) -> String {
        let minted: Minted = serde_json::from_value(minted).unwrap();
        minted.mint(1000, &Vars::default()).unwrap()
    }

    #[test]
    fn a_relying_party_believes_it() {
        let keys = serde_json::from_value(keys()).unwrap();
        let party = RelyingParty {
            issuer: URL.to_owned(),
            jwks_uri: format!("{URL}/jwks"),
            keys,
            elsewhere: None,
            doubt: None,
        };
        let token = mint(json!({"claims": {"exp": 60, "sub": null}}));
        let token = Token::parse(&token).unwrap();
        assert!(token.verify(Some(&party)).is_empty());
        assert_eq!(token.claims["exp"], 1060);
        assert!(token.claims.get("sub").is_none());
    }

    #[test]
    fn the_signature_of_an_attacker_is_another() {
        let honest = mint(json!({}));
        let attack = mint(json!({"hmac": true}));
        assert_ne!(honest.rsplit('.').next(), attack.rsplit('.').next());
    }
}
