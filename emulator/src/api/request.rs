//! A request as an API sees it: whole, in memory, without a socket.

use {
    bytes::Bytes,
    http::{HeaderMap, HeaderName, Method, Uri, Version},
    std::{borrow::Cow, sync::Arc},
};

/// The most of a body that is read from a socket, in bytes. What the APIs allow is less: each
/// answers a longer body in its own dialect.
pub const BODY_LIMIT: usize = 16 << 20;

/// A request whose body has been read to its end, or to [`BODY_LIMIT`].
#[derive(Clone)]
pub struct Request {
    /// The method, as sent.
    pub method: Method,
    /// Path and query as sent, still percent-encoded.
    pub uri: Uri,
    /// HTTP/1.0, HTTP/1.1 or HTTP/2.
    pub version: Version,
    /// The headers, as sent.
    pub headers: HeaderMap,
    /// The body's bytes.
    pub body: Bytes,
    /// Whether the body went on past [`BODY_LIMIT`].
    pub truncated: bool,
    /// Whether the body ended too early or was malformed; it is empty then.
    pub broken: bool,
    /// Whether it came over TLS.
    pub secure: bool,
    /// `host:port` of the listening socket that took it.
    pub local_address: Arc<str>,
}

impl Request {
    /// The path as sent, still percent-encoded.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// The query as sent, without its question mark; empty when there is none.
    pub fn query(&self) -> &str {
        self.uri.query().unwrap_or("")
    }

    /// The first header of that name, with U+FFFD for what is no text: a credential that cannot be
    /// read is a wrong one, not a missing one.
    pub fn header_lossy(&self, name: &str) -> Option<Cow<'_, str>> {
        self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()))
    }

    /// The first header of that name as text; `None` when it is absent or not visible ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
    }
}

impl std::fmt::Debug for Request {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Query, headers and body may hold bearers.
        formatter
            .debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path())
            .field("version", &self.version)
            .field("headers", &self.headers.keys().map(HeaderName::as_str).collect::<Vec<_>>())
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use {super::*, http::HeaderValue};

    #[test]
    fn a_debug_form_holds_no_bearer() {
        let bearer = HeaderValue::from_static("Bearer hush");
        let request = Request {
            method: Method::GET,
            uri: Uri::from_static("/api?access_token=hush"),
            version: Version::HTTP_11,
            headers: HeaderMap::from_iter([(http::header::AUTHORIZATION, bearer)]),
            body: Bytes::from_static(b"hush"),
            truncated: false,
            broken: false,
            secure: false,
            local_address: "".into(),
        };
        let shown = format!("{request:?}");
        assert!(shown.contains("authorization") && !shown.contains("hush"), "{shown}");
    }
}
