//! A request as an API sees it: whole, in memory, without a socket.

use {
    bytes::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, Version, header::CONNECTION},
    std::{borrow::Cow, sync::Arc},
};

/// A request without its body.
#[derive(Clone)]
pub struct Head {
    /// The method, as sent.
    pub method: Method,
    /// Path and query as sent, still percent-encoded.
    pub uri: Uri,
    /// HTTP/1.0, HTTP/1.1 or HTTP/2.
    pub version: Version,
    /// The headers, as sent.
    pub headers: HeaderMap,
    /// Whether it came over TLS.
    pub secure: bool,
    /// `host:port` of the listening socket that took it.
    pub local_address: Arc<str>,
}

/// A request whose body has been read, as far as its API takes it.
#[derive(Clone)]
pub struct Request {
    /// All but the body.
    pub head: Head,
    /// The body's bytes, at most as many as the API's [`super::Intake`] allows.
    pub body: Bytes,
    /// Whether the body was longer than that.
    pub truncated: bool,
    /// Whether the body ended too early or was malformed; it is empty then.
    pub broken: bool,
}

impl Head {
    /// A head of HTTP/1.1 over plain TCP, without headers.
    pub fn new(method: Method, uri: Uri) -> Self {
        let (version, headers) = (Version::HTTP_11, HeaderMap::new());
        Self { method, uri, version, headers, secure: false, local_address: "".into() }
    }

    /// Whether the client asks to go on as a WebSocket.
    /// Source: apimachinery `pkg/util/httpstream/wsstream/conn.go`, `IsWebSocketRequest`.
    pub fn is_web_socket(&self) -> bool {
        let is_upgrade = |value: &HeaderValue| {
            value.to_str().is_ok_and(|value| value.to_ascii_lowercase().contains("upgrade"))
        };
        self.header("upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
            && self.headers.get_all(CONNECTION).iter().any(is_upgrade)
    }

    /// The path as sent, still percent-encoded.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// The query as sent, without its question mark; empty when there is none.
    pub fn query(&self) -> &str {
        self.uri.query().unwrap_or("")
    }

    /// The first header of that name as text; `None` when it is absent or not UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
    }

    /// The first header of that name, with U+FFFD for what is no text: a credential that cannot be
    /// read is a wrong one, not a missing one.
    pub fn header_lossy(&self, name: &str) -> Option<Cow<'_, str>> {
        self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()))
    }
}

impl Request {
    /// A request with a whole body.
    pub fn new(head: Head, body: impl Into<Bytes>) -> Self {
        Self { head, body: body.into(), truncated: false, broken: false }
    }

    /// The path as sent, still percent-encoded.
    pub fn path(&self) -> &str {
        self.head.path()
    }

    /// The query as sent, without its question mark; empty when there is none.
    pub fn query(&self) -> &str {
        self.head.query()
    }

    /// The first header of that name as text; `None` when it is absent or not UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// The first header of that name, with U+FFFD for what is no text.
    pub fn header_lossy(&self, name: &str) -> Option<Cow<'_, str>> {
        self.head.header_lossy(name)
    }
}

impl std::fmt::Debug for Head {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Query and headers may hold bearers.
        formatter
            .debug_struct("Head")
            .field("method", &self.method)
            .field("path", &self.path())
            .field("version", &self.version)
            .field("headers", &self.headers.keys().map(HeaderName::as_str).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Request {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The body may hold a bearer.
        formatter
            .debug_struct("Request")
            .field("head", &self.head)
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use {super::*, http::header::AUTHORIZATION};

    #[test]
    fn a_debug_form_holds_no_bearer() {
        let mut head = Head::new(Method::GET, Uri::from_static("/api?access_token=hush"));
        head.headers.insert(AUTHORIZATION, "Bearer hush".parse().unwrap());
        let shown = format!("{:?}", Request::new(head, "hush"));
        assert!(shown.contains("authorization") && !shown.contains("hush"), "{shown}");
    }
}
