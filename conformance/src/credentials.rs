//! The credentials that an answer gives: tokens that were issued, and what Secrets hold, alone, in
//! lists, in the events of a watch, or anywhere else in a body.

use {
    crate::exchange::{Answer, member},
    base64::{Engine, prelude::BASE64_STANDARD},
    serde_json::{Deserializer, Value},
};

/// Under which names answers give credentials.
const ISSUED: &[&str] = &["status.token", "access_token", "accessToken", "refresh_token"];
/// What a Secret holds that is shorter may be a word, unless it is a token.
const SHORTEST: usize = 16;
/// What a Secret of this type holds beside its token is public.
const OF_A_SERVICE_ACCOUNT: &str = "kubernetes.io/service-account-token";
const PUBLIC: &[&str] = &["ca.crt", "namespace"];

/// Every credential in an answer.
pub(crate) fn of(answer: &Answer) -> Vec<String> {
    let mut found = Vec::new();
    for body in bodies(answer) {
        let issued = ISSUED.iter().filter_map(|it| member(&body, it)?.as_str());
        // What is reviewed was sent, and need not be a token.
        let issued = issued.filter(|_| body["kind"] != "TokenReview");
        found.extend(issued.map(str::to_owned));
        search(&body, false, &mut found);
    }
    found.sort();
    found.dedup();
    found
}

/// The body, or the events of a watch, which follow one another.
fn bodies(answer: &Answer) -> Vec<Value> {
    match answer.value() {
        Some(body) => vec![body],
        None => Deserializer::from_slice(&answer.body).into_iter().map_while(Result::ok).collect(),
    }
}

/// Looks for Secrets. Those in a list do not name their kind.
fn search(value: &Value, is_secret: bool, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let kind = members.get("kind").and_then(Value::as_str);
            if is_secret || kind == Some("Secret") {
                kept(value, found);
            }
            for (name, inner) in members {
                search(inner, kind == Some("SecretList") && name == "items", found);
            }
        }
        Value::Array(elements) => elements.iter().for_each(|it| search(it, is_secret, found)),
        _ => {}
    }
}

/// What a Secret holds.
fn kept(secret: &Value, found: &mut Vec<String>) {
    let is_public = |name: &str| secret["type"] == OF_A_SERVICE_ACCOUNT && PUBLIC.contains(&name);
    for member in ["data", "stringData"] {
        for (name, value) in secret[member].as_object().into_iter().flatten() {
            let Some(text) = value.as_str().filter(|_| !is_public(name)) else { continue };
            let decoded = BASE64_STANDARD.decode(text).ok().filter(|_| member == "data");
            let decoded = decoded.and_then(|it| String::from_utf8(it).ok());
            // Bytes that are no text are shown only as they are encoded.
            found.extend(parts(name, decoded.as_deref().unwrap_or(text)));
        }
    }
}

/// A value, or the lines of one that has several: what another text shares with it may be a line,
/// and the lines around a key are in every key.
fn parts(name: &str, value: &str) -> Vec<String> {
    if name == "token" {
        return vec![value.to_owned()];
    }
    let key: String = value.lines().filter(|it| !it.starts_with("-----")).collect();
    let lines = value.lines().map(str::trim).map(str::to_owned);
    let parts: Vec<String> = match value.starts_with("-----BEGIN ") {
        true => vec![key],
        false => lines.collect(),
    };
    parts.into_iter().filter(|it| it.len() >= SHORTEST).collect()
}

#[cfg(test)]
mod tests {
    use {super::*, crate::secrets::Secrets, serde_json::json};

    const PASSWORD: &str = "correct-horse-battery";

    fn secret() -> Value {
        json!({
            "kind": "Secret",
            "type": "Opaque",
            "data": {
                "password": BASE64_STANDARD.encode(PASSWORD),
                "bytes": BASE64_STANDARD.encode([0xff; 24]),
                "word": BASE64_STANDARD.encode("value"),
                "file": BASE64_STANDARD.encode("kind: Config\npassphrase of a file\n"),
                "tls.key": BASE64_STANDARD.encode("-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqG\nSM49AgE\n-----END PRIVATE KEY-----\n"),
            },
            "stringData": {"plain": "as-it-was-written"},
        })
    }

    fn found(body: &[u8]) -> Vec<String> {
        of(&Answer { body: body.to_vec().into(), ..Answer::default() })
    }

    #[test]
    fn what_a_secret_holds_is_found_wherever_it_stands() {
        let expected = [
            "////////////////////////////////",
            "MIGHAgEAMBMGByqGSM49AgE",
            "as-it-was-written",
            PASSWORD,
            "passphrase of a file",
        ];
        let mut item = secret();
        item.as_object_mut().unwrap().remove("kind");
        let event = json!({"type": "ADDED", "object": secret()});
        let bookmark = json!({"type": "BOOKMARK", "object": {"kind": "Secret"}});
        for body in [
            secret().to_string(),
            json!({"kind": "SecretList", "items": [item]}).to_string(),
            json!({"kind": "List", "items": [secret()]}).to_string(),
            json!({"kind": "Table", "rows": [{"object": secret()}]}).to_string(),
            event.to_string(),
            format!("{bookmark}\n{event}\n{bookmark}\n"),
            format!("{event}\n{{\"type\": \"ADD"),
        ] {
            assert_eq!(found(body.as_bytes()), expected, "{body}");
        }
        assert!(found(secret().to_string().replace("Secret", "ConfigMap").as_bytes()).is_empty());
    }

    #[test]
    fn what_is_public_beside_a_token_is_none() {
        let encode = |it: &str| BASE64_STANDARD.encode(it);
        let data = json!({
            "token": encode("short"),
            "namespace": encode("a-namespace-of-the-suite"),
            "ca.crt": encode("-----BEGIN CERTIFICATE-----\nMIIBeDCCAR2gAwIBAgIBADAK\n"),
        });
        let secret = json!({"kind": "Secret", "type": OF_A_SERVICE_ACCOUNT, "data": data});
        assert_eq!(found(secret.to_string().as_bytes()), ["short"]);
    }

    #[test]
    fn a_list_of_secrets_is_not_shown() {
        let body = json!({"kind": "SecretList", "items": [secret()]}).to_string();
        let secrets = Secrets::default();
        found(body.as_bytes()).iter().for_each(|it| secrets.add(it));
        let shown = secrets.hide(&body).into_owned();
        for (name, value) in secret()["data"].as_object().unwrap() {
            let value = value.as_str().unwrap();
            assert_eq!(shown.contains(value), name == "word", "{name}: {shown}");
        }
        assert!(!shown.contains("as-it-was-written"), "{shown}");
    }
}
