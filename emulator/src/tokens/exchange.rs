//! A subject token for an access token: who issued it, with which key, for whom and for how long.
//! Knows no HTTP and no message of an API: a refusal here has a name.

use {
    crate::{
        tokens::witness::{Facts, Witness},
        world::{key_set::KeySet, trusted_keys::TrustedKeys},
    },
    base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD},
    jiff::Timestamp,
    serde::{Deserialize, de::DeserializeOwned},
    serde_json::{Value, value::RawValue},
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
    witness: &mut impl Witness,
) -> Result<String, Rejection> {
    witness.sees("form", || Facts::new(token.split('.').count(), "three parts of a signed JWT"));
    let (message, signature) = token.rsplit_once('.').ok_or(Rejection::Malformed)?;
    let (header, payload) = message.split_once('.').ok_or(Rejection::Malformed)?;
    let header = decode(header)?;
    let payload = decode(payload)?;
    check_signature(&header, message, signature, issuer.keys, witness)?;
    witness.sees("claims", || Facts::new(payload.len(), "the bytes of a JSON object"));
    let claims: Claims<'_> = serde_json::from_slice(&payload).map_err(|_| Rejection::Malformed)?;
    check_claims(claims, issuer.url, audience, now, witness)
}

fn check_signature(
    header: &[u8],
    message: &str,
    signature: &str,
    keys: IssuerKeys<'_>,
    witness: &mut impl Witness,
) -> Result<(), Rejection> {
    let header: Header<'_> = serde_json::from_slice(header).map_err(|_| Rejection::Malformed)?;
    witness.sees("alg", || Facts::new(&*header.alg, "an algorithm of a public key"));
    if !is_public_key_algorithm(&header.alg) {
        return Err(Rejection::Algorithm);
    }
    witness.sees("extensions", || Facts::new(header.crit.is_some(), false));
    if header.crit.is_some() {
        return Err(Rejection::Critical);
    }
    witness.sees("key", || Facts::new(header.kid.as_deref(), keys.kids()));
    let (makes, verifies) = match keys {
        IssuerKeys::Own(keys) => {
            let mut keys = keys.published();
            let key = keys.find(|key| Some(key.kid.as_str()) == header.kid.as_deref());
            let key = key.ok_or(Rejection::UnknownKey)?;
            witness.sees("signature", || made_by(&header.alg, &[key.algorithm.name()]));
            let signature = decode(signature)?;
            (key.algorithm.name() == header.alg, key.verifies(message.as_bytes(), &signature))
        }
        IssuerKeys::Published(keys) => {
            let key = keys.find(header.kid.as_deref()).ok_or(Rejection::UnknownKey)?;
            witness.sees("signature", || made_by(&header.alg, key.algorithms()));
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

fn made_by(algorithm: &str, algorithms: &[&str]) -> Facts {
    let wanted = format!("a signature that the key makes, with {}", algorithms.join(" or "));
    Facts::new(format!("a signature with {algorithm}"), wanted)
}

fn check_claims(
    claims: Claims<'_>,
    issuer: &str,
    audience: Option<&str>,
    now: Timestamp,
    witness: &mut impl Witness,
) -> Result<String, Rejection> {
    witness.sees("iss", || Facts::new(shown(claims.iss), issuer));
    let iss: String = claim("iss", claims.iss)?;
    if iss != issuer {
        return Err(Rejection::Issuer);
    }
    witness.sees("sub", || Facts::new(shown(claims.sub), "a text"));
    let subject: String = claim("sub", claims.sub)?;
    if subject.is_empty() {
        return Err(Rejection::Claim("sub"));
    }
    witness.sees("aud", || {
        let any = || "any".into();
        Facts::new(shown(claims.aud), audience.map_or_else(any, Value::from))
    });
    let audiences = match claim("aud", claims.aud)? {
        Audience::One(audience) => vec![audience],
        Audience::Many(audiences) => audiences,
    };
    if audience.is_some_and(|expected| audiences.iter().all(|audience| audience != expected)) {
        return Err(Rejection::Audience(audiences));
    }
    witness.sees("times", || {
        let times = [claims.exp, claims.iat, claims.nbf].map(shown);
        Facts::new(Value::from(times.to_vec()), "numbers in exp, iat and, if it is there, nbf")
    });
    let nbf = claims.nbf.map(|nbf| claim("nbf", Some(nbf))).transpose()?;
    check_times(claim("exp", claims.exp)?, claim("iat", claims.iat)?, nbf, now, witness)?;
    Ok(subject)
}

fn claim<T: DeserializeOwned>(name: &'static str, raw: Option<&RawValue>) -> Result<T, Rejection> {
    let value = raw.and_then(|raw| serde_json::from_str(raw.get()).ok());
    value.ok_or(Rejection::Claim(name))
}

fn check_times(
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    now: Timestamp,
    witness: &mut impl Witness,
) -> Result<(), Rejection> {
    let at = now.as_duration().as_secs_f64();
    witness.sees("exp", || Facts::new(exp, format!("after {at}, which is {now}")));
    if exp <= at {
        return Err(Rejection::Expired);
    }
    witness.sees("nbf", || Facts::new(nbf, format!("at most {at}")));
    if nbf.is_some_and(|nbf| nbf > at) {
        return Err(Rejection::NotYetValid);
    }
    witness.sees("iat", || Facts::new(iat, format!("at most {at}")));
    if iat > at {
        return Err(Rejection::IssuedInFuture);
    }
    witness.sees("lifetime", || Facts::new(exp - iat, format!("less than {LONGEST_LIFE}")));
    if exp - iat >= LONGEST_LIFE { Err(Rejection::TooLong) } else { Ok(()) }
}

fn shown(claim: Option<&RawValue>) -> Value {
    claim.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}

impl IssuerKeys<'_> {
    fn kids(self) -> Vec<String> {
        match self {
            Self::Own(keys) => keys.published().map(|key| key.kid.clone()).collect(),
            Self::Published(keys) => keys.kids(),
        }
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
