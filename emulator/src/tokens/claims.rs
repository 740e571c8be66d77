//! The claims of a service account token, and its three parts.
//!
//! Members are declared in the order in which kube-apiserver writes them: alphabetical at every
//! level. Source: kubernetes `pkg/serviceaccount/claims.go`.

use {
    crate::world::{keys::SigningKey, objects::Object},
    base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD},
    serde::Serialize,
};

/// The payload of a token.
#[derive(Debug, Serialize)]
pub struct Claims<'a> {
    /// Who the token is for; an array even when there is one.
    pub aud: &'a [String],
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    /// When it was issued.
    pub iat: i64,
    /// Who issued it.
    pub iss: &'a str,
    /// Its own identifier.
    pub jti: &'a str,
    /// What Kubernetes says of it.
    #[serde(rename = "kubernetes.io")]
    pub kubernetes: Kubernetes<'a>,
    /// From when it holds; always `iat`.
    pub nbf: i64,
    /// `system:serviceaccount:NAMESPACE:NAME`
    pub sub: &'a str,
}

/// The claim `kubernetes.io`.
#[derive(Debug, Serialize)]
pub struct Kubernetes<'a> {
    /// The service account's namespace.
    pub namespace: &'a str,
    /// The node that the token is bound to, or that its pod runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<Reference<'a>>,
    /// The pod that the token is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<Reference<'a>>,
    /// The secret that the token is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Reference<'a>>,
    /// The service account.
    pub serviceaccount: Reference<'a>,
    /// After when an extended token counts as stale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warnafter: Option<i64>,
}

/// A name, and the identity behind it.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Reference<'a> {
    /// The object's name.
    pub name: &'a str,
    /// Its identity; a node that does not exist has none.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub uid: &'a str,
}

impl<'a> Reference<'a> {
    /// A reference to an object that exists.
    pub fn to(object: &'a Object) -> Self {
        Self { name: &object.name, uid: &object.uid }
    }
}

/// A signed token of these claims: header, payload and signature.
pub fn sign(claims: &impl Serialize, key: &SigningKey) -> String {
    let mut payload = Vec::with_capacity(512);
    serde_json::to_writer(&mut payload, claims).expect("claims are text and numbers");
    let mut token = String::with_capacity(1024);
    token.push_str(key.header());
    token.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(escape_html(payload), &mut token);
    let signature = key.sign(token.as_bytes());
    token.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    token
}

/// Go's `encoding/json` writes `<`, `>` and `&` as escapes; in JSON they occur in strings only.
pub(super) fn escape_html(json: Vec<u8>) -> Vec<u8> {
    // Nearly every payload has nothing of it, and looking for one byte at a time is fast.
    if ![b'<', b'>', b'&', 0xe2].iter().any(|byte| json.contains(byte)) {
        return json;
    }
    let text = String::from_utf8(json).expect("serde_json writes UTF-8");
    text.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_html_knows_are_escaped() {
        assert_eq!(escape_html(b"\"a<b>&\"".to_vec()), br#""a\u003cb\u003e\u0026""#);
        assert_eq!(escape_html("\"\u{20ac}\u{2028}\"".into()), "\"\u{20ac}\\u2028\"".as_bytes());
    }
}
