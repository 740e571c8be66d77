//! What a token may say: a relying party takes whatever it claims for true, so that a claim too
//! much is as wrong as one that is missing.

use {
    crate::{expect::Mismatch, level::Level, token::Token},
    serde_json::Value,
};

/// What the header says; who signs elsewhere may say of which type it is.
const HEADER: &[&str] = &["alg", "kid", "typ"];
/// What is claimed, and of what it is about.
const CLAIMS: &[(&str, &[&str])] = &[
    ("", &["aud", "exp", "iat", "iss", "jti", "kubernetes.io", "nbf", "sub"]),
    ("kubernetes.io", &["namespace", "node", "pod", "secret", "serviceaccount", "warnafter"]),
    ("kubernetes.io serviceaccount", OBJECT),
    ("kubernetes.io pod", OBJECT),
    ("kubernetes.io secret", OBJECT),
    ("kubernetes.io node", OBJECT),
];
const OBJECT: &[&str] = &["name", "uid"];

/// What it says that no server is known to say.
pub(super) fn unknown(token: &Token<'_>) -> Vec<Mismatch> {
    let mut found = members("token header", &token.header, HEADER);
    for (place, known) in CLAIMS {
        let at = place.split_whitespace().fold(&token.claims, |it, name| &it[name]);
        found.extend(members(format!("token {place}").trim_end(), at, known));
    }
    found
}

fn members(what: &str, value: &Value, known: &[&str]) -> Vec<Mismatch> {
    let there = value.as_object().into_iter().flatten();
    let unknown = there.filter(|(name, _)| !known.contains(&name.as_str()));
    let mismatch =
        |(name, value)| Mismatch::new(Level::Should, format!("{what} {name}"), "<absent>", value);
    unknown.map(mismatch).collect()
}
