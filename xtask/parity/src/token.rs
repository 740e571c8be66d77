//! Tokens: changed on purpose before they are sent, and read when they come back.

use {
    base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64},
    serde_json::Value,
};

/// What can be done to a token.
pub(crate) const CHANGES: &[&str] = &[
    "",
    "signature",
    "no-signature",
    "half",
    "kid",
    "no-kid",
    "none",
    "issuer",
    "issuer-number",
    "audience",
    "expired",
    "early",
    "future",
    "padded",
    "two-parts",
    "four-parts",
    "space",
    "tab",
    "upper",
    "claims",
    "hs256",
    "no-claims",
    "bad-exp",
    "typ",
    "crit",
    "empty-header",
    "broken-payload",
];

/// A token after a change; what is no token stays as it is.
pub(crate) fn change(token: &str, change: &str) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let &[header, payload, signature] = parts.as_slice() else { return token.to_owned() };
    let with_header =
        |edit: &dyn Fn(&mut Value)| format!("{}.{payload}.{signature}", edited(header, edit));
    let with_payload =
        |edit: &dyn Fn(&mut Value)| format!("{header}.{}.{signature}", edited(payload, edit));
    match change {
        "signature" => {
            format!("{header}.{payload}.{}", signature.chars().rev().collect::<String>())
        }
        "no-signature" => format!("{header}.{payload}."),
        "half" => format!("{header}.{payload}.{}", &signature[..signature.len() / 2]),
        "kid" => with_header(&|it| it["kid"] = "other".into()),
        "no-kid" => with_header(&|it| remove(it, "kid")),
        "none" => with_header(&|it| it["alg"] = "none".into()),
        "hs256" => with_header(&|it| it["alg"] = "HS256".into()),
        "typ" => with_header(&|it| it["typ"] = "JWT".into()),
        "crit" => with_header(&|it| it["crit"] = serde_json::json!(["x"])),
        "empty-header" => format!("{}.{payload}.{signature}", BASE64.encode("{}")),
        "broken-payload" => format!("{header}.{}.{signature}", BASE64.encode("{\"iss\":")),
        "issuer" => with_payload(&|it| it["iss"] = "https://elsewhere.example".into()),
        "issuer-number" => with_payload(&|it| it["iss"] = 5.into()),
        "audience" => with_payload(&|it| it["aud"] = serde_json::json!(["elsewhere"])),
        "expired" => with_payload(&|it| it["exp"] = 1000.into()),
        "early" => with_payload(&|it| it["nbf"] = 4_000_000_000_u64.into()),
        "future" => with_payload(&|it| it["iat"] = 4_000_000_000_u64.into()),
        "claims" => with_payload(&|it| it["kubernetes.io"]["namespace"] = "elsewhere".into()),
        "no-claims" => with_payload(&|it| remove(it, "kubernetes.io")),
        "bad-exp" => with_payload(&|it| it["exp"] = "soon".into()),
        "padded" => format!("{header}.{payload}.{signature}="),
        "two-parts" => format!("{header}.{payload}"),
        "four-parts" => format!("{token}.{signature}"),
        "space" => format!("{header} .{payload}.{signature}"),
        "tab" => format!("\t{token}\n"),
        "upper" => token.to_uppercase(),
        _ => token.to_owned(),
    }
}

fn edited(part: &str, edit: &dyn Fn(&mut Value)) -> String {
    let Some(mut value) = decoded(part) else { return part.to_owned() };
    edit(&mut value);
    BASE64.encode(value.to_string())
}

fn remove(value: &mut Value, member: &str) {
    if let Some(members) = value.as_object_mut() {
        members.remove(member);
    }
}

fn decoded(part: &str) -> Option<Value> {
    serde_json::from_slice(&BASE64.decode(part).ok()?).ok()
}

/// Where a list goes on, without the version that it goes on at.
pub(crate) fn position(text: &str) -> String {
    let mut position = decoded(text).unwrap_or_else(|| text.into());
    remove(&mut position, "rv");
    format!("<continue {position}>")
}

/// Header and payload of a token, as texts; the signature is a secret of chance.
pub(crate) fn read(token: &str) -> Option<String> {
    let mut parts = token.split('.');
    let text = |part: &str| Some(String::from_utf8_lossy(&BASE64.decode(part).ok()?).into_owned());
    let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
    Some(format!("<token {} {} {}>", text(header)?, text(payload)?, signature.len()))
}
