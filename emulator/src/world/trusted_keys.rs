//! The public keys of somebody else's issuer: read once from its JWK Set, used for every token.

use {
    aws_lc_rs::signature,
    base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD},
    jsonwebtoken::{
        Algorithm, DecodingKey,
        jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
    },
    serde::Deserialize,
    serde_json::value::RawValue,
};

/// The keys of a JWK Set that can verify a signature.
#[derive(Debug, Default)]
pub struct TrustedKeys {
    keys: Vec<TrustedKey>,
}

/// One public key.
pub struct TrustedKey {
    kid: Option<String>,
    algorithms: Vec<&'static str>,
    verifier: Verifier,
}

enum Verifier {
    Jwk(DecodingKey),
    /// An uncompressed point on P-521, whose algorithm the JWT library does not know.
    P521(Vec<u8>),
}

/// A document that is no JWK Set.
#[derive(Debug, PartialEq, Eq)]
pub struct NotAKeySet;

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

impl TrustedKeys {
    /// Reads a JWK Set. A key that cannot verify (encryption, secrets, unknown types, broken
    /// numbers) is left out, as RFC 7517 section 5 asks, and the others stay.
    pub fn parse(jwks: &[u8]) -> Result<Self, NotAKeySet> {
        let document: Document<'_> = serde_json::from_slice(jwks).map_err(|_| NotAKeySet)?;
        let keys = document.keys.iter().filter_map(|key| TrustedKey::parse(key.get())).collect();
        Ok(Self { keys })
    }

    /// Whether there is no key that could verify anything.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys' names; empty for one that has none.
    pub fn kids(&self) -> Vec<String> {
        self.keys.iter().map(|key| key.kid.clone().unwrap_or_default()).collect()
    }

    /// The key that a token names. A token that names none means the only key there is.
    pub fn find(&self, kid: Option<&str>) -> Option<&TrustedKey> {
        let named = self.keys.iter().find(|key| kid.is_some() && key.kid.as_deref() == kid);
        named.or(match self.keys.as_slice() {
            [only] if kid.is_none() || only.kid.is_none() => Some(only),
            _ => None,
        })
    }
}

impl TrustedKey {
    /// What the key makes signatures with.
    pub fn algorithms(&self) -> &[&'static str] {
        &self.algorithms
    }

    /// Whether the key makes signatures of that algorithm, by its name in a JWS header.
    pub fn makes(&self, algorithm: &str) -> bool {
        self.algorithms.contains(&algorithm)
    }

    /// Whether a signature (base64url) is this key's over a message.
    pub fn verifies(&self, algorithm: &str, message: &[u8], signature: &str) -> bool {
        match &self.verifier {
            Verifier::Jwk(key) => algorithm.parse().is_ok_and(|algorithm: Algorithm| {
                jsonwebtoken::crypto::verify(signature, message, key, algorithm).unwrap_or(false)
            }),
            Verifier::P521(point) => {
                let key =
                    signature::UnparsedPublicKey::new(&signature::ECDSA_P521_SHA512_FIXED, point);
                let signature = BASE64_URL_SAFE_NO_PAD.decode(signature);
                signature.is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
        }
    }

    fn parse(json: &str) -> Option<Self> {
        let jwk: Jwk = serde_json::from_str(json).ok()?;
        if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
            return None;
        }
        let mut algorithms = algorithms_of(&jwk.algorithm)?;
        // P-521's own name is unknown to the library, and its curve allows only one anyway.
        if let Some(named) = jwk.common.key_algorithm
            && named != KeyAlgorithm::UNKNOWN_ALGORITHM
        {
            algorithms.retain(|algorithm| *algorithm == named.to_string());
        }
        let verifier = match &jwk.algorithm {
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P521 => {
                Verifier::P521(point(&key.x, &key.y)?)
            }
            _ => Verifier::Jwk(DecodingKey::from_jwk(&jwk).ok()?),
        };
        Some(Self { kid: jwk.common.key_id, algorithms, verifier })
    }
}

impl std::fmt::Debug for TrustedKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("TrustedKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// What a key of that type may sign with: never `none`, never with a shared secret.
fn algorithms_of(parameters: &AlgorithmParameters) -> Option<Vec<&'static str>> {
    match parameters {
        AlgorithmParameters::RSA(_) => {
            Some(vec!["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
        }
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => Some(vec!["ES256"]),
            EllipticCurve::P384 => Some(vec!["ES384"]),
            EllipticCurve::P521 => Some(vec!["ES512"]),
            _ => None,
        },
        AlgorithmParameters::OctetKeyPair(_) => Some(vec!["EdDSA"]),
        _ => None,
    }
}

fn point(x: &str, y: &str) -> Option<Vec<u8>> {
    let mut point = vec![4];
    point.extend(BASE64_URL_SAFE_NO_PAD.decode(x).ok()?);
    point.extend(BASE64_URL_SAFE_NO_PAD.decode(y).ok()?);
    Some(point)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_cannot_verify_are_left_out() {
        let set = r#"{"keys":[
            {"kty":"oct","k":"c2VjcmV0","kid":"secret"},
            {"kty":"new","kid":"unknown"},
            {"kty":"RSA","use":"enc","kid":"encryption","n":"AQAB","e":"AQAB"},
            7,
            {"kty":"RSA","alg":"RS256","kid":"good","n":"AQAB","e":"AQAB"}]}"#;
        let keys = TrustedKeys::parse(set.as_bytes()).unwrap();
        assert_eq!(keys.keys.len(), 1);
        let good = keys.find(Some("good")).unwrap();
        assert!(good.makes("RS256") && !good.makes("RS384") && !good.makes("HS256"));
        assert!(keys.find(Some("other")).is_none());
        assert!(keys.find(None).is_some());
    }

    #[test]
    fn a_document_without_keys_is_no_key_set() {
        assert_eq!(TrustedKeys::parse(b"{}").unwrap_err(), NotAKeySet);
        assert_eq!(TrustedKeys::parse(b"\xff").unwrap_err(), NotAKeySet);
    }
}
