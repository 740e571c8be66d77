//! A subject token for an access token: who issued it, with which key, for whom and for how long.
//! Knows no HTTP and no message of an API: a refusal here has a name.

use {
    crate::world::{key_set::KeySet, trusted_keys::TrustedKeys},
    base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD},
    jiff::Timestamp,
    serde::{Deserialize, de::DeserializeOwned},
    serde_json::value::RawValue,
    std::borrow::Cow,
};

/// A token whose life is this long, in seconds, or longer is not accepted.
/// Source: Google STS, `subject_token`.
const LONGEST_LIFE: f64 = 48.0 * 60.0 * 60.0;

/// Whom a cluster trusts.
#[derive(Debug, Clone, Copy)]
pub struct Issuer<'a> {
    /// What `iss` has to be, to the byte.
    pub url: &'a str,
    /// Its keys.
    pub keys: IssuerKeys<'a>,
}

/// An issuer's keys.
#[derive(Debug, Clone, Copy)]
pub enum IssuerKeys<'a> {
    /// Those of the emulator itself.
    Own(&'a KeySet),
    /// Those of a JWK Set.
    Published(&'a TrustedKeys),
}

/// Why a subject token is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// It is not a signed JWT in compact form.
    Malformed,
    /// It is not signed, or signed in a way that is never accepted.
    Algorithm,
    /// Its header demands an extension that is not known.
    Critical,
    /// Its key is not among the issuer's.
    UnknownKey,
    /// Its key is the issuer's, but signs with another algorithm.
    KeyAlgorithm,
    /// The signature is not the key's.
    Signature,
    /// A claim is missing or of the wrong type.
    Claim(&'static str),
    /// Another issuer made it.
    Issuer,
    /// It is meant for others; these.
    Audience(Vec<String>),
    /// It is past its `exp`.
    Expired,
    /// It is before its `nbf`.
    NotYetValid,
    /// It was issued in the future.
    IssuedInFuture,
    /// It lives for 48 hours or longer.
    TooLong,
}

#[derive(Deserialize)]
struct Header<'a> {
    #[serde(borrow)]
    alg: Cow<'a, str>,
    #[serde(borrow)]
    kid: Option<Cow<'a, str>>,
    crit: Option<serde::de::IgnoredAny>,
}

/// The claims as they are written: a wrong one must not hide behind another.
#[derive(Deserialize)]
struct Claims<'a> {
    #[serde(borrow)]
    iss: Option<&'a RawValue>,
    #[serde(borrow)]
    sub: Option<&'a RawValue>,
    #[serde(borrow)]
    aud: Option<&'a RawValue>,
    #[serde(borrow)]
    exp: Option<&'a RawValue>,
    #[serde(borrow)]
    iat: Option<&'a RawValue>,
    #[serde(borrow)]
    nbf: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Whether a subject token is good: the issuer's, valid now, and meant for the audience when one
/// is asked for. Gives its subject.
pub fn verify(
    token: &str,
    issuer: Issuer<'_>,
    audience: Option<&str>,
    now: Timestamp,
) -> Result<String, Rejection> {
    let (message, signature) = token.rsplit_once('.').ok_or(Rejection::Malformed)?;
    let (header, payload) = message.split_once('.').ok_or(Rejection::Malformed)?;
    let header = decode(header)?;
    let payload = decode(payload)?;
    check_signature(&header, message, signature, issuer.keys)?;
    let claims: Claims<'_> = serde_json::from_slice(&payload).map_err(|_| Rejection::Malformed)?;
    check_claims(claims, issuer.url, audience, now)
}

fn check_signature(
    header: &[u8],
    message: &str,
    signature: &str,
    keys: IssuerKeys<'_>,
) -> Result<(), Rejection> {
    let header: Header<'_> = serde_json::from_slice(header).map_err(|_| Rejection::Malformed)?;
    if !is_public_key_algorithm(&header.alg) {
        return Err(Rejection::Algorithm);
    }
    if header.crit.is_some() {
        return Err(Rejection::Critical);
    }
    let (makes, verifies) = match keys {
        IssuerKeys::Own(keys) => {
            let mut keys = keys.published();
            let key = keys.find(|key| Some(key.kid.as_str()) == header.kid.as_deref());
            let key = key.ok_or(Rejection::UnknownKey)?;
            let signature = decode(signature)?;
            (key.algorithm.name() == header.alg, key.verifies(message.as_bytes(), &signature))
        }
        IssuerKeys::Published(keys) => {
            let key = keys.find(header.kid.as_deref()).ok_or(Rejection::UnknownKey)?;
            let makes = key.makes(&header.alg);
            (makes, makes && key.verifies(&header.alg, message.as_bytes(), signature))
        }
    };
    match (makes, verifies) {
        (true, true) => Ok(()),
        (true, false) => Err(Rejection::Signature),
        (false, _) => Err(Rejection::KeyAlgorithm),
    }
}

fn check_claims(
    claims: Claims<'_>,
    issuer: &str,
    audience: Option<&str>,
    now: Timestamp,
) -> Result<String, Rejection> {
    let iss: String = claim("iss", claims.iss)?;
    if iss != issuer {
        return Err(Rejection::Issuer);
    }
    let subject: String = claim("sub", claims.sub)?;
    if subject.is_empty() {
        return Err(Rejection::Claim("sub"));
    }
    let audiences = match claim("aud", claims.aud)? {
        Audience::One(audience) => vec![audience],
        Audience::Many(audiences) => audiences,
    };
    if audience.is_some_and(|expected| audiences.iter().all(|audience| audience != expected)) {
        return Err(Rejection::Audience(audiences));
    }
    let nbf = claims.nbf.map(|nbf| claim("nbf", Some(nbf))).transpose()?;
    check_times(claim("exp", claims.exp)?, claim("iat", claims.iat)?, nbf, now)?;
    Ok(subject)
}

fn claim<T: DeserializeOwned>(name: &'static str, raw: Option<&RawValue>) -> Result<T, Rejection> {
    let value = raw.and_then(|raw| serde_json::from_str(raw.get()).ok());
    value.ok_or(Rejection::Claim(name))
}

fn check_times(exp: f64, iat: f64, nbf: Option<f64>, now: Timestamp) -> Result<(), Rejection> {
    let now = now.as_duration().as_secs_f64();
    if exp <= now {
        Err(Rejection::Expired)
    } else if nbf.is_some_and(|nbf| nbf > now) {
        Err(Rejection::NotYetValid)
    } else if iat > now {
        Err(Rejection::IssuedInFuture)
    } else if exp - iat >= LONGEST_LIFE {
        Err(Rejection::TooLong)
    } else {
        Ok(())
    }
}

fn is_public_key_algorithm(name: &str) -> bool {
    matches!(
        name,
        "RS256"
            | "RS384"
            | "RS512"
            | "PS256"
            | "PS384"
            | "PS512"
            | "ES256"
            | "ES384"
            | "ES512"
            | "EdDSA"
    )
}

fn decode(part: &str) -> Result<Vec<u8>, Rejection> {
    BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| Rejection::Malformed)
}
