//! Tokens that no server issued, made from one that it did: one part changed, the rest as it was.

use {
    base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD},
    serde::Deserialize,
    serde_json::{Map, Value},
};

/// How a token is changed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forgery {
    /// The token that it begins with.
    pub from: String,
    /// Members of the header to set; null removes one.
    #[serde(default)]
    pub header: Map<String, Value>,
    /// Claims to set; null removes one.
    #[serde(default)]
    pub claims: Map<String, Value>,
    /// What becomes of the signature; it stays when nothing is said.
    #[serde(default)]
    pub signature: Signature,
}

/// What becomes of a signature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signature {
    /// It stays, and no longer fits what it signed if that was changed.
    #[default]
    Kept,
    /// One bit of it is turned over.
    Flipped,
    /// There is none.
    Empty,
}

impl Forgery {
    /// Makes the token.
    pub fn forge(&self, original: &str) -> Result<String, String> {
        let parts: Vec<&str> = original.split('.').collect();
        let [header, claims, signature] = parts[..] else {
            return Err("the token to begin with is not a JWT".to_owned());
        };
        let header = changed(header, &self.header)?;
        let claims = changed(claims, &self.claims)?;
        let signature = match self.signature {
            Signature::Kept => signature.to_owned(),
            Signature::Flipped => flipped(signature)?,
            Signature::Empty => String::new(),
        };
        Ok(format!("{header}.{claims}.{signature}"))
    }
}

fn changed(part: &str, changes: &Map<String, Value>) -> Result<String, String> {
    if changes.is_empty() {
        return Ok(part.to_owned());
    }
    let mut members: Map<String, Value> =
        serde_json::from_slice(&bytes(part)?).map_err(|error| error.to_string())?;
    for (name, value) in changes {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    Ok(BASE64_URL_SAFE_NO_PAD.encode(Value::Object(members).to_string()))
}

fn flipped(signature: &str) -> Result<String, String> {
    let mut bytes = bytes(signature)?;
    let middle = bytes.len() / 2;
    *bytes.get_mut(middle).ok_or("the token has no signature")? ^= 1;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

fn bytes(part: &str) -> Result<Vec<u8>, String> {
    BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.AAAA";

    fn forge(forgery: Value) -> String {
        serde_json::from_value::<Forgery>(forgery).unwrap().forge(TOKEN).unwrap()
    }

    #[test]
    fn what_is_not_named_stays_as_it_was() {
        assert_eq!(forge(json!({"from": "t"})), TOKEN);
    }

    #[test]
    fn each_part_changes_alone() {
        let header = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        let forged = forge(json!({"from": "t", "header": {"alg": "none"}, "signature": "empty"}));
        assert_eq!(forged, format!("{header}.eyJpc3MiOiJhIn0."));
        assert!(forge(json!({"from": "t", "signature": "flipped"})).ends_with(".AAEA"));
        assert!(forge(json!({"from": "t", "claims": {"iss": null}})).contains(".e30."));
    }
}
