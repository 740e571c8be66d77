//! Bodies: a request's, read to its end before anybody looks at it, and an answer's.

use {
    crate::server::{message::BODY_LIMIT, stream::Streaming, talk::Talk},
    bytes::{Bytes, BytesMut},
    http::HeaderMap,
    http_body::{Frame, SizeHint},
    http_body_util::BodyExt,
    hyper::body::Incoming,
    std::{
        convert::Infallible,
        pin::Pin,
        task::{Context, Poll},
    },
};

/// How much of a body is read and forgotten past [`BODY_LIMIT`], so that a client that only
/// listens once it has sent everything gets its answer.
const DRAIN_LIMIT: usize = 64 << 20;

/// A request's body, and whether it went on past [`BODY_LIMIT`].
#[derive(Debug, Default)]
pub(super) struct Received {
    pub(super) bytes: Bytes,
    pub(super) truncated: bool,
}

/// A body that broke off. Nobody is left to answer: the connection ends.
#[derive(Debug)]
pub(super) struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the request's body broke off")
    }
}

impl std::error::Error for Broken {}

/// Reads a request's body.
pub(super) async fn receive(mut body: Incoming) -> Result<Received, Broken> {
    if http_body::Body::is_end_stream(&body) {
        return Ok(Received::default());
    }
    let mut all = Bytes::new();
    let mut joined = BytesMut::new();
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Broken)?.into_data() else { continue };
        read += data.len();
        if read > BODY_LIMIT + DRAIN_LIMIT {
            break;
        }
        if all.is_empty() && joined.is_empty() {
            // Nearly every body comes in one piece, which then needs no copy.
            all = data;
        } else if read <= BODY_LIMIT {
            joined.extend_from_slice(&std::mem::take(&mut all));
            joined.extend_from_slice(&data);
        }
    }
    let bytes = if joined.is_empty() { all } else { joined.freeze() };
    Ok(Received { bytes, truncated: read > BODY_LIMIT })
}

/// An answer's body: at most one piece of data, at most one set of trailers; or a stream, or one
/// side of a conversation.
#[derive(Debug)]
pub(super) struct Body {
    data: Option<Bytes>,
    trailers: Option<HeaderMap>,
    sized: bool,
    stream: Option<Box<Streaming>>,
    talk: Option<Box<Talk>>,
}

impl Body {
    /// A body whose length is announced.
    pub(super) fn sized(data: Bytes) -> Self {
        Self { data: some(data), trailers: None, sized: true, stream: None, talk: None }
    }

    /// A body whose length is not announced: HTTP/1.1 sends it in chunks.
    pub(super) fn streamed(data: Bytes, trailers: Option<HeaderMap>) -> Self {
        Self { data: some(data), trailers, sized: false, stream: None, talk: None }
    }

    /// A body that goes on.
    pub(super) fn going_on(stream: Streaming) -> Self {
        Self { stream: Some(Box::new(stream)), ..Self::streamed(Bytes::new(), None) }
    }

    /// What a conversation says.
    pub(super) fn talking(talk: Talk) -> Self {
        Self { talk: Some(Box::new(talk)), ..Self::streamed(Bytes::new(), None) }
    }
}

fn some(data: Bytes) -> Option<Bytes> {
    if data.is_empty() { None } else { Some(data) }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(stream) = &mut self.stream {
            return stream.poll(context).map(|data| data.map(|data| Ok(Frame::data(data))));
        }
        if let Some(talk) = &mut self.talk {
            return talk.poll(context).map(|frame| frame.map(Ok));
        }
        let data = self.data.take().map(Frame::data);
        Poll::Ready(data.or_else(|| self.trailers.take().map(Frame::trailers)).map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        let streams = self.stream.as_ref().is_some_and(|stream| !stream.is_over());
        let talks = self.talk.as_ref().is_some_and(|talk| !talk.is_over());
        self.data.is_none() && self.trailers.is_none() && !streams && !talks
    }

    fn size_hint(&self) -> SizeHint {
        if !self.sized {
            return SizeHint::default();
        }
        SizeHint::with_exact(self.data.as_ref().map_or(0, |data| data.len() as u64))
    }
}
