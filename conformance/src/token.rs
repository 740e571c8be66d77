//! A token as a relying party sees it: keys by way of the discovery document, `kid`, signature,
//! claims. It trusts nothing that the issuing answer says about it.

use {
    crate::{expect::Mismatch, level::Level, unique},
    base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD},
    jsonwebtoken::{DecodingKey, crypto, jwk::JwkSet},
    serde_json::{Value, json},
};

/// What a relying party has learned of an issuer.
#[derive(Debug, Clone)]
pub struct RelyingParty {
    /// `issuer` of the discovery document.
    pub issuer: String,
    /// Its `jwks_uri`.
    pub jwks_uri: String,
    /// The keys that are there.
    pub keys: JwkSet,
    /// That URI, where it leads away from the server and its issuer, and to keys.
    pub elsewhere: Option<String>,
    /// Why nobody here can tell whether they are those of the document, where they were read from
    /// the server itself instead.
    pub doubt: Option<String>,
}

/// A token taken apart.
#[derive(Debug, Clone)]
pub struct Token<'a> {
    /// The header.
    pub header: Value,
    /// The claims.
    pub claims: Value,
    /// What is signed.
    signed: &'a str,
    /// The signature, encoded.
    signature: &'a str,
}

impl<'a> Token<'a> {
    /// Takes a JWT apart.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        Some(Self { header: part(header)?, claims: part(claims)?, signed, signature })
    }

    /// The header as it was written.
    pub fn header_text(&self) -> String {
        raw(self.signed.split_once('.').map_or("", |(header, _)| header))
    }

    /// The claims as they were written.
    pub fn claims_text(&self) -> String {
        raw(self.signed.split_once('.').map_or("", |(_, claims)| claims))
    }

    /// What a relying party finds wrong with its signature and issuer. Without keys it can be used
    /// at the server alone; that is so where the issuer is no URL that documents are found at.
    pub fn verify(&self, party: Option<&RelyingParty>) -> Vec<Mismatch> {
        let mut wrong = self.unreadable();
        let Some(party) = party else {
            if is_discoverable(text(&self.claims["iss"])) {
                let expected = "keys by way of the discovery document";
                wrong.push(Mismatch::new(Level::Should, "token keys", expected, "none"));
            }
            return wrong;
        };
        if let Err(why) = self.verify_signature(party) {
            wrong.push(Mismatch::must("token signature", "one that a published key made", why));
        }
        if self.claims["iss"] != party.issuer.as_str() {
            wrong.push(Mismatch::must("token iss", &party.issuer, &self.claims["iss"]));
        }
        wrong
    }

    /// What parties read in different ways, or have to refuse: nobody knows what an issuer of this
    /// API could hold to be critical.
    fn unreadable(&self) -> Vec<Mismatch> {
        let mut wrong = Vec::new();
        if let Some(critical) = self.header.get("crit") {
            wrong.push(Mismatch::must("token header crit", "nothing", critical));
        }
        for (part, text) in [("header", self.header_text()), ("claims", self.claims_text())] {
            let repeated = unique::repeated(text.as_bytes());
            wrong.extend(
                repeated.map(|it| Mismatch::must(format!("token {part}"), "each member once", it)),
            );
        }
        wrong
    }

    /// What disagrees between the token and the TokenRequest that it came with.
    pub fn agrees(&self, request: &Value, lifetime: Option<i64>) -> Vec<Mismatch> {
        let claims = &self.claims;
        let (metadata, spec) = (&request["metadata"], &request["spec"]);
        let mut wrong = Vec::new();
        let mut same = |what: &str, expected: &Value, got: &Value| {
            if expected != got {
                wrong.push(Mismatch::must(what, expected, got));
            }
        };
        same("token aud", &spec["audiences"], &claims["aud"]);
        let (namespace, name) = (text(&metadata["namespace"]), text(&metadata["name"]));
        let subject = format!("system:serviceaccount:{namespace}:{name}");
        same("token sub", &subject.into(), &claims["sub"]);
        let seconds = |name: &str| claims[name].as_i64();
        let lived = seconds("exp").zip(seconds("iat")).map(|(exp, iat)| exp - iat);
        let lifetime = lifetime.or_else(|| spec["expirationSeconds"].as_i64());
        same("token exp - iat", &json!(lifetime), &json!(lived));
        same("token nbf", &claims["iat"], &claims["nbf"]);
        same("token kubernetes.io.serviceaccount.uid", own_uid(metadata, claims), {
            &claims["kubernetes.io"]["serviceaccount"]["uid"]
        });
        let own = &claims["kubernetes.io"];
        same("token kubernetes.io.namespace", &metadata["namespace"], &own["namespace"]);
        same("token kubernetes.io.serviceaccount.name", &metadata["name"], {
            &own["serviceaccount"]["name"]
        });
        wrong
    }

    fn verify_signature(&self, party: &RelyingParty) -> Result<(), String> {
        let kid = self.header["kid"].as_str().ok_or("the header names no kid")?;
        let key = party.keys.find(kid).ok_or("no published key has its kid")?;
        let algorithm = text(&self.header["alg"]).parse().map_err(|_| "its alg is not known")?;
        let published = key.common.key_algorithm.map(|it| it.to_string());
        if published.is_some_and(|it| it != text(&self.header["alg"])) {
            return Err("its alg is not that of the published key".to_owned());
        }
        let key = DecodingKey::from_jwk(key).map_err(|error| error.to_string())?;
        match crypto::verify(self.signature, self.signed.as_bytes(), &key, algorithm) {
            Ok(true) => Ok(()),
            Ok(false) => Err("it does not verify".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Whether documents are to be found at an issuer: it is an https URL with neither query nor
/// fragment.
pub fn is_discoverable(issuer: &str) -> bool {
    issuer.starts_with("https://") && !issuer.contains(['?', '#'])
}

/// The account's uid as the answer has it (since 1.34), else whatever the token says.
fn own_uid<'a>(metadata: &'a Value, claims: &'a Value) -> &'a Value {
    metadata.get("uid").unwrap_or(&claims["kubernetes.io"]["serviceaccount"]["uid"])
}

fn raw(encoded: &str) -> String {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(encoded).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn part(encoded: &str) -> Option<Value> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_parties_read_in_different_ways_is_told() {
        for (header, claims, told) in [
            (r#"{"alg":"RS256"}"#, r#"{"sub":"a"}"#, ""),
            (r#"{"alg":"RS256","crit":["x"]}"#, "{}", "token header crit"),
            (r#"{"alg":"RS256","alg":"none"}"#, "{}", "token header"),
            ("{}", r#"{"sub":"a","sub":"b"}"#, "token claims"),
        ] {
            let [header, claims] = [header, claims].map(|it| BASE64_URL_SAFE_NO_PAD.encode(it));
            let text = format!("{header}.{claims}.");
            let wrong = Token::parse(&text).unwrap().unreadable();
            let wrong: String = wrong.into_iter().map(|it| it.what).collect();
            assert_eq!(wrong, told);
        }
    }
}
