//! One request and one answer, as the adapters see them: whole, in memory, without a socket.

use {
    crate::world::World,
    bytes::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version},
    std::{borrow::Cow, fmt::Debug, sync::Arc, task::Waker, time::Duration},
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
    /// Why the body could not be read, in Go's words; it is empty then.
    pub broken: Option<&'static str>,
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

/// An answer: status, headers and a whole body, with trailers for gRPC.
#[derive(Clone)]
pub struct Response {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers; `date` and `content-length` are the server's to add.
    pub headers: HeaderMap,
    /// The body's bytes.
    pub body: Bytes,
    /// Trailers, sent after the body (gRPC only).
    pub trailers: Option<HeaderMap>,
}

impl Response {
    /// An answer with a body of one media type.
    pub fn new(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::with_capacity(6);
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self { status, headers, body: body.into(), trailers: None }
    }

    /// The same with one more header line; a value that no header can hold is left out.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.append(name, value);
        }
        self
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

impl std::fmt::Debug for Response {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The body may be a token.
        formatter
            .debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// An answer whose body goes on: it is sent as it comes.
#[derive(Debug)]
pub struct Stream {
    /// Status and headers; the body is the source's.
    pub head: Response,
    /// Where the body comes from.
    pub source: Box<dyn Source>,
    /// How long it lasts at most.
    pub lasts: Duration,
    /// How it is framed on a WebSocket, to which the head then leads; `None` for a plain body.
    pub socket: Option<Framing>,
}

/// How the pieces of a stream go over a WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Each is a text.
    Text,
    /// Each is bytes, behind four that say how many.
    Binary,
}

/// Where the body of a [`Stream`] comes from.
pub trait Source: Debug + Send {
    /// What comes next. When that is to wait, the waker is woken as soon as there is more.
    fn next(&mut self, world: &World, waker: &Waker) -> Step;

    /// A sign of life, now that nothing has come for a while.
    fn pulse(&mut self) -> Option<Bytes>;

    /// Nobody is going to ask again.
    fn end(&mut self, world: &World);
}

/// What comes next in a stream.
#[derive(Debug)]
pub enum Step {
    /// These bytes.
    Data(Bytes),
    /// Nothing yet.
    Wait,
    /// Nothing any more.
    End,
}

/// An exchange in which the client goes on talking, and is answered as it does.
pub trait Conversation: Debug + Send {
    /// Bytes have come.
    fn hear(&mut self, bytes: &[u8]);

    /// The next thing to say to what was heard; `None` when more has to be heard first.
    fn say(&mut self) -> Option<Said>;

    /// The client has said all; the trailers.
    fn end(&mut self) -> HeaderMap;
}

/// What is said to what was heard.
#[derive(Debug)]
pub enum Said {
    /// These bytes, and perhaps more.
    Bytes(Bytes),
    /// Nothing any more but these trailers.
    End(HeaderMap),
}

/// What a handler comes back with: the answer, or what it needs from the server first.
#[derive(Debug)]
pub enum Answer {
    /// The exchange is over.
    Response(Response),
    /// The exchange goes on for as long as the stream does.
    Stream(Stream),
    /// A document has to be fetched; then the handler is called again with it among [`Fetched`].
    Fetch(Fetch),
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        Self::Response(response)
    }
}

/// A document that a handler needs from the network (a foreign issuer's discovery or keys).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// Where: an absolute https URL.
    pub url: String,
}

/// A document from the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its bytes.
    pub body: Bytes,
    /// For how long its server lets it be kept.
    pub keep: Duration,
}

/// Why there is no document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfetched {
    /// The URL is none that is fetched.
    Url(String),
    /// Nobody could be talked to.
    Unreachable(String),
    /// The answer has another status than 200.
    Status(u16),
    /// It is too long.
    TooLarge,
    /// It leads from one place to the next.
    TooManyRedirects,
    /// It did not come in time.
    TooSlow,
    /// The client would not have waited for it.
    TooLate,
}

impl std::fmt::Display for Unfetched {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Url(why) | Self::Unreachable(why) => formatter.write_str(why),
            Self::Status(status) => write!(formatter, "status {status}"),
            Self::TooLarge => formatter.write_str("too large"),
            Self::TooManyRedirects => formatter.write_str("too many redirects"),
            Self::TooSlow => formatter.write_str("no answer in time"),
            Self::TooLate => formatter.write_str("the client's deadline has passed"),
        }
    }
}

/// Documents fetched so far for one exchange: the URL, and the document or why there is none.
#[derive(Debug, Default)]
pub struct Fetched(pub Vec<(String, Result<Document, Unfetched>)>);

impl Fetched {
    /// What came back from a URL; `None` when it was not asked for yet.
    pub fn get(&self, url: &str) -> Option<&Result<Document, Unfetched>> {
        self.0.iter().find(|(fetched, _)| fetched == url).map(|(_, result)| result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            broken: None,
            secure: false,
            local_address: "".into(),
        };
        let response = Response::new(StatusCode::OK, "text/plain", "hush");
        let shown = format!("{request:?} {response:?}");
        assert!(shown.contains("authorization") && !shown.contains("hush"), "{shown}");
    }
}
