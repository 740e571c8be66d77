//! The three parts of a token that a client sent, read as leniently as kube-apiserver reads them.

use {
    base64::{
        Engine, alphabet,
        engine::general_purpose::{GeneralPurpose, NO_PAD},
    },
    serde_json::{Map, Value},
};

/// A token whose form is right; nothing of it is trusted yet.
#[derive(Debug)]
pub struct Parsed<'a> {
    /// The header's `alg`.
    pub algorithm: String,
    /// The header's `kid`; empty when it has none.
    pub kid: String,
    /// Whether the header demands extensions (`crit`), of which none is known here.
    pub critical: bool,
    /// The payload's `iss`; empty when it has none.
    pub issuer: String,
    /// What is signed: the first two parts, as sent.
    pub message: &'a str,
    /// The signature.
    pub signature: Vec<u8>,
    payload: Map<String, Value>,
}

/// The claims that a review looks at.
#[derive(Debug, Default)]
pub struct Claims {
    /// `aud`, whether one or several.
    pub audiences: Vec<String>,
    /// `exp`, in seconds.
    pub expiry: Option<i64>,
    /// `nbf`
    pub not_before: Option<i64>,
    /// `iat`
    pub issued_at: Option<i64>,
    /// `jti`; empty when there is none.
    pub id: String,
    /// The service account's namespace.
    pub namespace: String,
    /// The service account.
    pub service_account: Reference,
    /// The pod that it is bound to.
    pub pod: Option<Reference>,
    /// The secret that it is bound to.
    pub secret: Option<Reference>,
    /// The node that it is bound to, or that its pod runs on.
    pub node: Option<Reference>,
}

/// A name and an identity; what is absent is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reference {
    /// The object's name.
    pub name: String,
    /// Its identity.
    pub uid: String,
}

/// Unpadded base64url as Go decodes it: bits left over at the end do not matter.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&alphabet::URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));

/// What go-jose says of a time that is no number.
const NOT_A_TIME: &str = "expected number value to unmarshal NumericDate";
/// What go-jose says of an `aud` that is neither text nor a list of texts.
const NOT_AN_AUDIENCE: &str = "expected string or array value to unmarshal to Audience";

impl<'a> Parsed<'a> {
    /// Reads a token's three parts; `None` when it has not the form of one.
    pub fn read(token: &'a str) -> Option<Self> {
        let token = token.trim_matches(['\t', '\r', '\n']);
        let (message, signature) = token.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        let header = object(header)?;
        let payload = object(payload)?;
        Some(Self {
            algorithm: text(&header, "alg")?,
            kid: text(&header, "kid")?,
            critical: header.contains_key("crit"),
            issuer: text(&payload, "iss")?,
            message,
            signature: BASE64.decode(signature).ok()?,
            payload,
        })
    }

    /// A claim's text; empty when it is absent or something else.
    pub fn text(&self, claim: &str) -> &str {
        self.payload.get(claim).and_then(Value::as_str).unwrap_or("")
    }

    /// The claims; of one that has the wrong type, what was expected.
    pub fn claims(&self) -> Result<Claims, &'static str> {
        let empty = Map::new();
        let kubernetes = self.payload.get("kubernetes.io").and_then(Value::as_object);
        let kubernetes = kubernetes.unwrap_or(&empty);
        Ok(Claims {
            audiences: audiences(self.payload.get("aud"))?,
            expiry: seconds(self.payload.get("exp"))?,
            not_before: seconds(self.payload.get("nbf"))?,
            issued_at: seconds(self.payload.get("iat"))?,
            id: text(&self.payload, "jti").unwrap_or_default(),
            namespace: text(kubernetes, "namespace").unwrap_or_default(),
            service_account: reference(kubernetes, "serviceaccount").unwrap_or_default(),
            pod: reference(kubernetes, "pod"),
            secret: reference(kubernetes, "secret"),
            node: reference(kubernetes, "node"),
        })
    }
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let bytes = BASE64.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// A member's text; empty when it is absent or null, `None` when it is something else.
fn text(object: &Map<String, Value>, member: &str) -> Option<String> {
    match object.get(member) {
        None | Some(Value::Null) => Some(String::new()),
        Some(Value::String(text)) => Some(text.clone()),
        Some(_) => None,
    }
}

fn seconds(claim: Option<&Value>) -> Result<Option<i64>, &'static str> {
    match claim {
        None | Some(Value::Null) => Ok(None),
        // A fraction is cut off; the cast saturates.
        Some(Value::Number(number)) => {
            let whole = number.as_i64();
            Ok(whole.or_else(|| number.as_f64().map(|seconds| seconds as i64)))
        }
        Some(_) => Err(NOT_A_TIME),
    }
}

fn audiences(claim: Option<&Value>) -> Result<Vec<String>, &'static str> {
    let Some(claim) = claim else { return Ok(Vec::new()) };
    match claim {
        Value::String(audience) => Ok(vec![audience.clone()]),
        Value::Array(audiences) => audiences
            .iter()
            .map(|audience| audience.as_str().map(str::to_owned).ok_or(NOT_AN_AUDIENCE))
            .collect(),
        _ => Err(NOT_AN_AUDIENCE),
    }
}

fn reference(object: &Map<String, Value>, member: &str) -> Option<Reference> {
    let object = object.get(member)?.as_object()?;
    Some(Reference { name: text(object, "name")?, uid: text(object, "uid").unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, payload: &str) -> String {
        let part = |text: &str| BASE64.encode(text);
        format!("{}.{}.{}", part(header), part(payload), part("s"))
    }

    #[test]
    fn what_has_not_three_parts_of_base64_is_no_token() {
        let good = token(r#"{"alg":"RS256"}"#, r#"{"iss":"i"}"#);
        assert_eq!(Parsed::read(&good).unwrap().issuer, "i");
        let padded = format!("{good}=");
        let number = token("{}", r#"{"iss":1}"#);
        for bad in ["", "a", "a.b", "a.b.c", "..", "a.b.c.d", padded.as_str(), number.as_str()] {
            assert!(Parsed::read(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn claims_of_the_wrong_type_say_what_was_expected() {
        for (payload, expected) in [
            (r#"{"exp":"soon"}"#, Err(NOT_A_TIME)),
            (r#"{"aud":7}"#, Err(NOT_AN_AUDIENCE)),
            (r#"{"aud":null}"#, Err(NOT_AN_AUDIENCE)),
            (r#"{"aud":"a","exp":1.9}"#, Ok((vec!["a".to_owned()], Some(1)))),
        ] {
            let token = token("{}", payload);
            let claims = Parsed::read(&token).unwrap().claims();
            assert_eq!(claims.map(|claims| (claims.audiences, claims.expiry)), expected);
        }
    }
}
