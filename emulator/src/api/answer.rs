//! What an API answers: a response, a stream, or what it needs first.

use {
    super::{
        fetch::Fetch,
        stream::{Conversation, Stream},
    },
    crate::world::journal::Summary,
    bytes::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
};

/// A response: status, headers and a whole body, with trailers for gRPC.
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
    /// What the exchange was about, for the journal.
    pub summary: Summary,
}

impl Response {
    /// A response with a body of one media type.
    pub fn new(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::with_capacity(6);
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        let summary = Summary::default();
        Self { status, headers, body: body.into(), trailers: None, summary }
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

/// What a handler comes back with: the answer, or what it needs from the server first.
#[derive(Debug)]
pub enum Answer {
    /// The exchange is over.
    Response(Response),
    /// The exchange goes on for as long as the stream does.
    Stream(Response, Stream),
    /// The exchange goes on while the client does; only for [`super::Intake::Streamed`].
    Conversation(Response, Box<dyn Conversation>),
    /// A document has to be fetched; then the handler is called again with it among
    /// [`Fetched`](super::Fetched).
    Fetch(Fetch),
}

impl Answer {
    /// The same, with what the exchange was about.
    #[must_use]
    pub fn about(mut self, summary: Summary) -> Self {
        match &mut self {
            Self::Response(head) | Self::Stream(head, _) | Self::Conversation(head, _) => {
                head.summary = summary;
            }
            Self::Fetch(_) => {}
        }
        self
    }
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        Self::Response(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_debug_form_holds_no_body() {
        let response = Response::new(StatusCode::OK, "text/plain", "hush");
        let shown = format!("{response:?}");
        assert!(shown.contains("text/plain") && !shown.contains("hush"), "{shown}");
    }
}
