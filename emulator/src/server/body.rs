//! Bodies: a request's, read to its end before anybody looks at it, and an answer's.

use {
    crate::server::{budget::Share, stream::Streaming, talk::Talk},
    bytes::{Bytes, BytesMut},
    http::HeaderMap,
    http_body::{Frame, SizeHint},
    http_body_util::BodyExt,
    hyper::body::Incoming,
    std::{
        pin::Pin,
        task::{Context, Poll, ready},
        time::Duration,
    },
    tokio::{sync::watch, time::timeout},
};

/// How much of a body is read and dropped past its limit, in bytes, so that a client that reads
/// only once it has sent everything gets its answer.
const DRAIN_LIMIT: usize = 64 << 20;

/// How long a body may take. Source: kubernetes `apiserver/pkg/server/config.go`, RequestTimeout.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request's body.
#[derive(Debug, Default)]
pub(super) struct Received {
    /// What was read; nothing of a body that is broken.
    pub(super) bytes: Bytes,
    /// Whether it was longer than its limit.
    pub(super) truncated: bool,
    /// Whether it ended too early, or was malformed.
    pub(super) broken: bool,
    /// Whether there was no room for it; the rest of it is not read then.
    pub(super) refused: bool,
}

/// An answer that breaks off, on order: the connection ends.
#[derive(Debug)]
pub(super) struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the body broke off")
    }
}

impl std::error::Error for Broken {}

/// Reads a request's body, and keeps so many bytes of it, for which there has to be room.
pub(super) async fn receive(body: Incoming, limit: usize, share: &mut Share) -> Received {
    let broken = Received { broken: true, ..Received::default() };
    if http_body::Body::is_end_stream(&body) {
        return Received::default();
    }
    // What is sent too slowly is not sent whole; what it takes up would keep others out.
    timeout(PATIENCE, read(body, limit, share)).await.unwrap_or(broken)
}

async fn read(mut body: Incoming, limit: usize, share: &mut Share) -> Received {
    let mut first = Bytes::new();
    let mut joined = BytesMut::new();
    let mut read: usize = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Received { broken: true, ..Received::default() } };
        let Ok(mut data) = frame.into_data() else { continue };
        let room = limit.saturating_sub(read);
        read += data.len();
        if read > limit + DRAIN_LIMIT {
            break;
        }
        data.truncate(room);
        if !share.take(data.len()) {
            return Received { refused: true, ..Received::default() };
        }
        if first.is_empty() && joined.is_empty() {
            // Nearly every body comes in one piece, which then needs no copy.
            first = data;
        } else if room > 0 {
            joined.extend_from_slice(&std::mem::take(&mut first));
            joined.extend_from_slice(&data);
        }
    }
    let bytes = if joined.is_empty() { first } else { joined.freeze() };
    Received { bytes, truncated: read > limit, broken: false, refused: false }
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
    cut: Option<Cut>,
    _under_way: Option<watch::Receiver<()>>,
}

/// Where a body breaks off.
#[derive(Debug)]
enum Cut {
    /// After so many bytes more.
    After(usize),
    /// As soon as these are on their way.
    Soon,
    /// Now.
    Now,
}

impl Body {
    /// A body whose length is announced.
    pub(super) fn sized(data: Bytes) -> Self {
        Self { sized: true, ..Self::streamed(data, None) }
    }

    /// A body whose length is not announced: HTTP/1.1 sends it in chunks.
    pub(super) fn streamed(data: Bytes, trailers: Option<HeaderMap>) -> Self {
        let (data, sized) = (some(data), false);
        Self { data, trailers, sized, stream: None, talk: None, cut: None, _under_way: None }
    }

    /// A body that goes on.
    pub(super) fn going_on(stream: Streaming) -> Self {
        Self { stream: Some(Box::new(stream)), ..Self::streamed(Bytes::new(), None) }
    }

    /// The same body, which breaks off after so many bytes, if it has more.
    pub(super) fn cut(self, bytes: usize) -> Self {
        Self { cut: Some(Cut::After(bytes)), ..self }
    }

    /// The same body, for which a server that stops waits.
    pub(super) fn under_way(self, request: watch::Receiver<()>) -> Self {
        Self { _under_way: Some(request), ..self }
    }

    /// Whether it goes on for as long as either side likes.
    pub(super) fn goes_on(&self) -> bool {
        self.stream.is_some() || self.talk.is_some()
    }

    /// What a conversation says.
    pub(super) fn talking(talk: Talk) -> Self {
        Self { talk: Some(Box::new(talk)), ..Self::streamed(Bytes::new(), None) }
    }
}

fn some(data: Bytes) -> Option<Bytes> {
    if data.is_empty() { None } else { Some(data) }
}

impl Body {
    fn poll_whole(&mut self, context: &mut Context<'_>) -> Poll<Option<Frame<Bytes>>> {
        if let Some(stream) = &mut self.stream {
            return stream.poll(context).map(|data| data.map(Frame::data));
        }
        if let Some(talk) = &mut self.talk {
            return talk.poll(context);
        }
        let data = self.data.take().map(Frame::data);
        Poll::Ready(data.or_else(|| self.trailers.take().map(Frame::trailers)))
    }
}

impl Cut {
    /// What is left of the next frame.
    fn apply(&mut self, frame: Frame<Bytes>) -> Frame<Bytes> {
        let Self::After(left) = *self else { return frame };
        match frame.data_ref().map(Bytes::len) {
            Some(length) if length > left => {
                *self = Self::Soon;
                frame.map_data(|data| data.slice(..left))
            }
            Some(length) => {
                *self = Self::After(left - length);
                frame
            }
            None => frame,
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match &mut self.cut {
            Some(Cut::Now) => return Poll::Ready(Some(Err(Broken))),
            // An error at once would keep what came before it from being sent.
            Some(cut @ Cut::Soon) => {
                *cut = Cut::Now;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            _ => {}
        }
        let frame = ready!(self.poll_whole(context));
        let frame = frame.map(|frame| match &mut self.cut {
            Some(cut) => cut.apply(frame),
            None => frame,
        });
        Poll::Ready(frame.map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        if matches!(self.cut, Some(Cut::Soon | Cut::Now)) {
            return false;
        }
        let streams = self.stream.as_ref().is_some_and(|stream| !stream.is_over());
        let talks = self.talk.as_ref().is_some_and(|talk| !talk.is_over());
        self.data.is_none() && self.trailers.is_none() && !streams && !talks
    }

    fn size_hint(&self) -> SizeHint {
        if !self.sized {
            return SizeHint::default();
        }
        // One that is to break off is announced whole.
        SizeHint::with_exact(self.data.as_ref().map_or(0, |data| data.len() as u64))
    }
}
