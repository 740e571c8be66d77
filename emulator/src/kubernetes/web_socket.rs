//! Watches over WebSocket: who asks for one, with what credentials, and how that is answered.
//!
//! Source: golang.org/x/net `websocket/server.go`, kubernetes
//! `staging/src/k8s.io/apiserver/pkg/authentication/request/websocket/protocol.go`.

use {
    crate::{
        api::{Request, Response},
        kubernetes::identify::Credential,
    },
    aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest},
    base64::{
        Engine,
        prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
    },
    http::{
        HeaderName, HeaderValue, Method, StatusCode, Uri,
        header::{
            CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_PROTOCOL,
            SEC_WEBSOCKET_VERSION, UPGRADE,
        },
    },
};

/// What stands before a bearer token among the protocols.
const BEARER: &str = "base64url.bearer.authorization.k8s.io.";

/// What the key of a client is hashed with. Source: RFC 6455, section 1.3.
const SALT: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A bearer token that cannot be taken from among the protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Untaken;

/// The bearer token among the protocols; an error when it cannot be taken from there.
pub fn token(request: &Request) -> Result<Option<String>, Untaken> {
    if !request.head.is_web_socket() {
        return Ok(None);
    }
    let protocols = protocols(request);
    let mut tokens = protocols.iter().filter_map(|protocol| protocol.strip_prefix(BEARER));
    let Some(token) = tokens.next() else { return Ok(None) };
    if tokens.next().is_some() {
        return Err(Untaken);
    }
    let token = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| Untaken)?;
    let token = String::from_utf8(token).map_err(|_| Untaken)?;
    // Another protocol has to be left for the answer.
    if protocols.len() == 1 {
        return Err(Untaken);
    }
    Ok(Some(token).filter(|token| !token.is_empty()))
}

/// The answer by which the connection becomes a WebSocket; or why it does not, and ends.
pub fn shake(request: &Request) -> Response {
    let refuse = |status, body: &'static str| {
        let mut response = Response::new(status, "text/plain", body);
        response.headers.remove(CONTENT_TYPE);
        response.headers.insert(CONNECTION, HeaderValue::from_static("close"));
        response
    };
    if request.head.method != Method::GET {
        return refuse(StatusCode::METHOD_NOT_ALLOWED, "bad method");
    }
    let Some(key) = request.header("sec-websocket-key").filter(|key| !key.is_empty()) else {
        return refuse(StatusCode::BAD_REQUEST, "mismatch challenge/response");
    };
    if request.header("sec-websocket-version") != Some("13") {
        let mut response = refuse(StatusCode::BAD_REQUEST, "missing or bad WebSocket Version");
        response.headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        return response;
    }
    if !request.header("origin").is_some_and(is_origin) {
        return refuse(StatusCode::FORBIDDEN, "");
    }
    let mut protocols = protocols(request);
    let header = request.header_lossy("authorization").unwrap_or_default();
    if !matches!(Credential::read(&header), Credential::Bearer(_)) {
        // The token was taken from among them.
        protocols.retain(|protocol| !protocol.starts_with(BEARER));
    }
    let mut response = refuse(StatusCode::SWITCHING_PROTOCOLS, "");
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers.insert(name, value);
        }
    };
    set(CONNECTION, "Upgrade");
    set(UPGRADE, "websocket");
    set(SEC_WEBSOCKET_ACCEPT, &accept(key));
    match protocols.as_slice() {
        [] => {}
        [protocol] => set(SEC_WEBSOCKET_PROTOCOL, protocol),
        _ => return refuse(StatusCode::BAD_REQUEST, ""),
    }
    response
}

// Go parses it as it would the target of a request.
fn is_origin(origin: &str) -> bool {
    let absolute = origin.starts_with('/') || origin.contains("://");
    absolute && origin.parse::<Uri>().is_ok()
}

fn protocols(request: &Request) -> Vec<&str> {
    let header = request.header("sec-websocket-protocol").unwrap_or("").trim();
    if header.is_empty() { Vec::new() } else { header.split(',').map(str::trim).collect() }
}

fn accept(key: &str) -> String {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, format!("{key}{SALT}").as_bytes());
    BASE64_STANDARD.encode(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_answered() {
        // The example of RFC 6455, section 1.3.
        assert_eq!(accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn origins_are_absolute() {
        for (origin, valid) in [("https://h", true), ("null", false), ("%%", false)] {
            assert_eq!(is_origin(origin), valid, "{origin}");
        }
    }
}
