//! An answer on its way back, which a lie may alter: its status, its headers, its body in whatever
//! encoding it is, and the token in it.

use {
    crate::clock,
    base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD},
    bytes::Bytes,
    serde_json::Value,
    token_conformance::{
        encode,
        exchange::{Answer, Request},
        token::Token,
        variant::{Encoding, Protocol},
    },
};

/// Signs what a token says with the server's own key.
pub(crate) type Signer = dyn Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync;

/// Which half of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Header,
    Claims,
}

/// What the body means.
pub(crate) fn body(answer: &Answer) -> Option<Value> {
    answer.value()
}

/// Puts another body in its place, in the encoding of the old one and ending as it did.
pub(crate) fn set_body(answer: &mut Answer, body: &Value) -> Option<()> {
    if let Some(meaning) = &mut answer.meaning {
        meaning.clone_from(body);
        return Some(());
    }
    let encoding = match answer.media_type() {
        "application/yaml" => Encoding::Yaml,
        "application/vnd.kubernetes.protobuf" => Encoding::Protobuf,
        _ => Encoding::Json,
    };
    let mut bytes = match encoding {
        Encoding::Json => laid_out(answer, body).into_bytes(),
        encoding => encode::body(body.clone(), None, encoding).ok()?.to_vec(),
    };
    if encoding != Encoding::Protobuf && answer.body.ends_with(b"\n") && !bytes.ends_with(b"\n") {
        bytes.push(b'\n');
    }
    answer.body = Bytes::from(bytes);
    Some(())
}

/// Indented, when it was.
fn laid_out(answer: &Answer, body: &Value) -> String {
    if answer.body.starts_with(b"{\n") { format!("{body:#}") } else { body.to_string() }
}

/// A half of the token in an answer.
pub(crate) fn token(answer: &Answer, part: Part) -> Option<Value> {
    let body = body(answer)?;
    let token = Token::parse(body["status"]["token"].as_str()?)?;
    Some(if part == Part::Header { token.header } else { token.claims })
}

/// Puts another in its place, and signs it again.
pub(crate) fn set_token(
    answer: &mut Answer,
    part: Part,
    value: &Value,
    sign: &Signer,
) -> Option<()> {
    let mut body = body(answer)?;
    let token = Token::parse(body["status"]["token"].as_str()?)?;
    let (header, claims) = match part {
        Part::Header => (value, &token.claims),
        Part::Claims => (&token.header, value),
    };
    let signed = sign_parts(header, claims, sign)?;
    body["status"]["token"] = signed.into();
    set_body(answer, &body)
}

/// The same token with its times moved by so many seconds.
pub(crate) fn moved(token: &str, by: i64, sign: &Signer) -> Option<String> {
    let Token { header, mut claims, .. } = Token::parse(token)?;
    clock::times(&mut claims, by);
    sign_parts(&header, &claims, sign)
}

/// A token of a header and claims.
fn sign_parts(header: &Value, claims: &Value, sign: &Signer) -> Option<String> {
    let encode = |it: &Value| BASE64_URL_SAFE_NO_PAD.encode(it.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(sign(signed.as_bytes())?);
    Some(format!("{signed}.{signature}"))
}

/// Sets a header, or drops it.
pub(crate) fn set_header(answer: &mut Answer, name: &str, value: Option<&str>) {
    answer.headers.retain(|(it, _)| it != name);
    answer.headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
}

/// What kind of exchange it is: what is asked where, in which encoding or over HTTP/2, and what
/// comes of it. Names and numbers are left out, so that equal kinds of different cases are one.
pub(crate) fn kind(request: &Request, answer: &Answer) -> String {
    let path = request.path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let mut place = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        // A slash that is encoded may stand between names, too.
        let named = part.contains("%2F") || index > 0 && NAMED.contains(&parts[index - 1]);
        let verb = part.split_once(':').map(|(_, verb)| format!("*:{verb}"));
        place.push(if named { verb.unwrap_or_else(|| "*".to_owned()) } else { (*part).to_owned() });
    }
    let encoding = match answer.media_type() {
        "application/yaml" => " yaml",
        "application/vnd.kubernetes.protobuf" => " protobuf",
        _ if request.protocol == Protocol::Http2 && answer.meaning.is_none() => " http2",
        _ => "",
    };
    let place = place.join("/");
    let what = what(answer).map(|it| format!(" ({it})")).unwrap_or_default();
    format!("{} /{place} {}{encoding}{what}", request.method, answer.status)
}

/// Collections, after which a name stands.
const NAMED: &[&str] = &[
    "namespaces",
    "serviceaccounts",
    "secrets",
    "pods",
    "nodes",
    "configmaps",
    "projects",
    "locations",
    "attachedClusters",
    "operations",
    "roles",
    "rolebindings",
];

/// What an answer is about, its texts without what is quoted or counted in them.
fn what(answer: &Answer) -> Option<String> {
    let body = body(answer)?;
    let text = |it: &Value| it.as_str().map(skeleton);
    let message = text(&body["message"]).or_else(|| text(&body["error"]["message"]));
    let review = || match &body["status"]["authenticated"] {
        Value::Bool(true) => Some(format!("yes {}", members(&body["status"]["user"]["extra"]))),
        _ => text(&body["status"]["error"]),
    };
    let bound = || {
        let token = token(answer, Part::Claims)?;
        Some(members(&token["kubernetes.io"]))
    };
    message.or_else(bound).or_else(review)
}

fn members(value: &Value) -> String {
    let names = value.as_object().into_iter().flat_map(|it| it.keys());
    let short = names.map(|it| it.rsplit('/').next().unwrap_or_default());
    short.collect::<Vec<_>>().join(" ")
}

/// How long what is random in a name is.
const TAG: usize = 6;

/// Whether a name ends in a tag, and perhaps in a sign after that.
fn is_made_up(name: &str) -> bool {
    let name = name.trim_end_matches(|it: char| !it.is_ascii_alphanumeric());
    name.rsplit_once('-').is_some_and(|(_, tag)| tag.len() == TAG)
}

/// A text without what is quoted or random in it, cut short.
fn skeleton(text: &str) -> String {
    let mut out = String::new();
    for (index, part) in text.split('"').enumerate() {
        out.push_str(if index % 2 == 0 { part } else { "*" });
    }
    // What is random in a name may have a digit, and need not.
    let mut after_namespace = false;
    let words = out.split_whitespace().filter(|it| {
        let is_name = std::mem::replace(&mut after_namespace, *it == "namespace");
        !is_name && !it.split('/').any(is_made_up) && !it.chars().any(|c| c.is_ascii_digit())
    });
    words.take(14).collect::<Vec<_>>().join(" ").chars().take(90).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_chance_put_into_a_text_is_left_out() {
        let told = |names: &str| skeleton(&format!("error looking up {names}: \"x\" not found"));
        assert_eq!(
            told("conformance-abcdef/builder-ghijkl"),
            told("conformance-a1b2c3/builder-d4")
        );
        assert_eq!(told("conformance-abcdef/builder-ghijkl"), "error looking up * not found");
    }
}
