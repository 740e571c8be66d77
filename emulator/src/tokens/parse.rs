//! The three parts of a token that a client sent, read as leniently as kube-apiserver reads them.
//!
//! Sources: kubernetes `pkg/serviceaccount/jwt.go`, `hasCorrectIssuer`; go-jose `jws.go`,
//! `shared.go`.

use {
    super::{
        decode::{self, Private, Public},
        embedded,
        members::{self, Members, Undecodable, Wrong, kind},
    },
    base64::{
        Engine, alphabet,
        engine::general_purpose::{GeneralPurpose, NO_PAD},
    },
};

/// A token whose form is right; nothing of it is trusted yet.
pub struct Parsed<'a> {
    /// The header's `alg`.
    pub algorithm: String,
    /// The header's `kid`; empty when it has none.
    pub kid: String,
    /// Whether the header demands extensions (`crit`) that are not known here, or does so in a way
    /// that cannot be read.
    pub critical: Result<bool, Undecodable>,
    /// The payload's `iss`; empty when it has none.
    pub issuer: String,
    /// What is signed: the first two parts, as sent.
    pub message: &'a str,
    /// The signature.
    pub signature: Vec<u8>,
    payload: String,
}

impl std::fmt::Debug for Parsed<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Parsed").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// Unpadded base64url as Go decodes it: bits left over at the end do not matter.
pub(super) const BASE64: GeneralPurpose =
    GeneralPurpose::new(&alphabet::URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));

/// The extensions that may be demanded. Source: go-jose `shared.go`, `supportedCritical`.
const KNOWN_EXTENSION: &str = "b64";

impl<'a> Parsed<'a> {
    /// Reads a token's three parts; `None` when it has not the form of one.
    pub fn read(token: &'a str) -> Option<Self> {
        let token = token.trim_matches(['\t', '\r', '\n']);
        let (message, signature) = token.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        let (header, payload) = (text(header)?, text(payload)?);
        // Go takes no header at all for an empty one.
        let header = if matches!(header.as_str(), "" | "null") { "{}" } else { &header };
        let header = Members::read(header).filter(Members::are_distinct)?;
        let signature = BASE64.decode(signature).ok()?;
        if !header.iter().all(|(name, value)| is_sane(name, value)) {
            return None;
        }
        let member = |name: &str| {
            let mut text = String::new();
            members::set_text(&mut text, header.get(name).unwrap_or("null")).ok()?;
            Some(text)
        };
        Some(Self {
            algorithm: member("alg")?,
            kid: member("kid")?,
            critical: critical(header.get("crit")),
            issuer: issuer(&Members::read(&payload)?)?,
            message,
            signature,
            payload,
        })
    }

    /// The claims, or what is wrong with them.
    pub(super) fn claims<T: Private>(&self) -> Result<(Public, T), Undecodable> {
        decode::claims(&self.payload)
    }
}

/// A part's text; bytes that are none are replaced, as Go replaces them.
fn text(part: &str) -> Option<String> {
    let bytes = BASE64.decode(part).ok()?;
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Some(if text.contains("\\u") { whole_characters(&text) } else { text })
}

/// Half a surrogate pair (`\ud800`) is no character; Go takes it for U+FFFD.
fn whole_characters(json: &str) -> String {
    let (mut text, mut rest) = (String::with_capacity(json.len()), json);
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        text.push_str(before);
        let unit = |escape: &str| {
            let digits = escape.strip_prefix("\\u")?.get(..4)?;
            u16::from_str_radix(digits, 16).ok()
        };
        let (length, half) = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => (12, false),
            (Some(0xd800..0xe000), _) => (6, true),
            (Some(_), _) => (6, false),
            (None, _) => (1 + escape[1..].chars().next().map_or(0, char::len_utf8), false),
        };
        text.push_str(if half { "\\ufffd" } else { &escape[..length] });
        rest = &escape[length..];
    }
    text + rest
}

/// The issuer that is looked at before anything else. Go finds it in whatever case it is written,
/// and takes the last.
fn issuer(payload: &Members<'_>) -> Option<String> {
    let mut issuer = String::new();
    let written = payload.iter().filter(|(name, _)| name.eq_ignore_ascii_case("iss"));
    for (_, value) in written {
        members::set_text(&mut issuer, value).ok()?;
    }
    Some(issuer)
}

/// Whether a member of the header can be what it should be.
fn is_sane(name: &str, value: &str) -> bool {
    match (name, kind(value)) {
        (_, "null") => true,
        ("alg" | "kid" | "nonce", kind) => kind == "string",
        ("jwk", kind) => kind == "object" && embedded::is_public_key(value),
        ("x5c", kind) => kind == "array" && embedded::are_certificates(value),
        _ => true,
    }
}

fn critical(value: Option<&str>) -> Result<bool, Undecodable> {
    let names = members::texts(value.unwrap_or("null"), "[]string").map_err(Wrong::told)?;
    Ok(names.iter().any(|name| name != KNOWN_EXTENSION))
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
    fn a_header_that_cannot_be_is_no_tokens() {
        for (header, sane) in [
            (r#"{"alg":null,"kid":null,"typ":7}"#, true),
            (r#"{"alg":7}"#, false),
            (r#"{"kid":7}"#, false),
            (r#"{"kid":"a","kid":"a"}"#, false),
            (r#"{"jwk":{"kty":"RSA","n":"AQAB","e":"AQAB"}}"#, true),
            (r#"{"jwk":{"kty":"oct","k":"AQAB"}}"#, false),
            (r#"{"jwk":"k"}"#, false),
            (r#"{"x5c":["?"]}"#, false),
            ("[]", false),
        ] {
            let token = token(header, r#"{"iss":"i"}"#);
            assert_eq!(Parsed::read(&token).is_some(), sane, "{header}");
        }
    }

    #[test]
    fn only_unknown_extensions_are_in_the_way() {
        for (header, expected) in [
            ("{}", Ok(false)),
            (r#"{"crit":null}"#, Ok(false)),
            (r#"{"crit":[]}"#, Ok(false)),
            (r#"{"crit":["b64"]}"#, Ok(false)),
            (r#"{"crit":["x"]}"#, Ok(true)),
            (r#"{"crit":"x"}"#, Err(Undecodable::Type { found: "string", wanted: "[]string" })),
        ] {
            let token = token(header, "{}");
            assert_eq!(Parsed::read(&token).unwrap().critical, expected, "{header}");
        }
    }

    #[test]
    fn half_a_surrogate_pair_is_replaced() {
        for (json, expected) in [
            (r#""\ud800""#, r#""\ufffd""#),
            (r#""\udc00\ud800\udc00""#, r#""\ufffd\ud800\udc00""#),
            (r#""\\ud800\u00e9\n""#, r#""\\ud800\u00e9\n""#),
            (r#""\ud800\u12"#, r#""\ufffd\u12"#),
            (r#""\\"#, r#""\\"#),
        ] {
            assert_eq!(whole_characters(json), expected);
        }
    }

    #[test]
    fn the_issuer_is_found_in_any_case_and_the_last_counts() {
        let token = token("{}", r#"{"iss":"a","ISS":"b"}"#);
        assert_eq!(Parsed::read(&token).unwrap().issuer, "b");
    }
}
