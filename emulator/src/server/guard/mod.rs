//! What stands between a connection's bytes and HTTP/1.1: requests are taken apart as Go's
//! net/http does it, and handed on in a form that leaves nothing open. What Go refuses is refused
//! in its words, once what came before has been answered.
//!
//! Source: go `net/http/server.go`, `conn.serve`.

mod chunks;
mod head;
mod plain;

use {
    bytes::{Buf, BytesMut},
    chunks::Chunks,
    head::{Framing, Head, Refusal},
    std::{
        io,
        pin::{Pin, pin},
        sync::{
            Arc, Mutex, PoisonError,
            atomic::{AtomicBool, Ordering},
        },
        task::{Context, Poll, ready},
    },
    tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
};

/// How much is read at once.
const PIECE: usize = 8 << 10;

/// How long a head may be. Source: go `net/http/server.go`, `initialReadLimitSize`.
pub(super) const HEAD_LIMIT: usize = (1 << 20) + (4 << 10);

/// The most headers of a request. Go has no limit but that of their size.
pub(super) const MOST_HEADERS: usize = 512;

/// Why the body of the latest request could not be read, in Go's words; and whether what comes is
/// looked at no longer.
#[derive(Debug, Default, Clone)]
pub(super) struct Trouble {
    why: Arc<Mutex<Option<&'static str>>>,
    open: Arc<AtomicBool>,
}

impl Trouble {
    /// Takes it, if there is any.
    pub(super) fn take(&self) -> Option<&'static str> {
        self.why.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Lets everything pass from now on: it is no HTTP.
    pub(super) fn open(&self) {
        self.open.store(true, Ordering::Relaxed);
    }

    fn put(&self, why: &'static str) {
        *self.why.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
    }
}

/// Where a connection is left with what has come on it, for whoever can read a request of many
/// headers.
pub(super) type Left<S> = Arc<Mutex<Option<(S, BytesMut)>>>;

/// A connection whose requests are looked at.
#[derive(Debug)]
pub(super) struct Guard<S> {
    /// Not there any more once it is left.
    stream: Option<S>,
    left: Left<S>,
    /// How many headers a request may have to be handed on.
    room: usize,
    state: State,
    input: BytesMut,
    output: BytesMut,
    /// Line ends before a request are put up with after a POST.
    posted: bool,
    trouble: Trouble,
    farewell: BytesMut,
}

#[derive(Debug)]
enum State {
    Head,
    Length(u64),
    Chunks(Chunks),
    /// No longer HTTP, or nothing more to look at.
    Through,
    /// Nothing more is read; what is to be said is said at the end.
    Over,
    /// The next request has too many headers: the connection is left as it is.
    Crowded,
}

impl<S> Guard<S> {
    /// Guards a connection, on which something may have come already. A request of more than
    /// `room` ends it for whom it is guarded, and leaves it to whoever looks at `left`.
    pub(super) fn new(
        (stream, input): (S, BytesMut),
        trouble: Trouble,
        room: usize,
        left: Left<S>,
    ) -> Self {
        let (output, farewell) = (BytesMut::new(), BytesMut::new());
        let (stream, state, posted) = (Some(stream), State::Head, false);
        Self { stream, left, room, state, input, output, posted, trouble, farewell }
    }

    /// Works on what has come; whether there is something to hand on, or an end.
    fn advance(&mut self) -> bool {
        if self.trouble.open.load(Ordering::Relaxed) && !matches!(self.state, State::Over) {
            self.state = State::Through;
        }
        loop {
            match &mut self.state {
                State::Over | State::Crowded => return true,
                State::Through => {
                    self.output.unsplit(self.input.split());
                    return !self.output.is_empty();
                }
                State::Head => {
                    if !self.advance_head() {
                        return !self.output.is_empty();
                    }
                }
                State::Length(0) => self.state = State::Head,
                State::Length(rest) => {
                    let length = usize::try_from(*rest).unwrap_or(usize::MAX);
                    let length = length.min(self.input.len());
                    *rest -= u64::try_from(length).unwrap_or(*rest);
                    self.output.unsplit(self.input.split_to(length));
                    if length == 0 {
                        return !self.output.is_empty();
                    }
                }
                State::Chunks(chunks) => match chunks.advance(&mut self.input, &mut self.output) {
                    Ok(true) => self.state = State::Head,
                    Ok(false) => return !self.output.is_empty(),
                    Err(why) => {
                        self.trouble.put(why);
                        self.state = State::Over;
                    }
                },
            }
        }
    }

    /// Reads a head, if it has come whole; whether there is something new.
    fn advance_head(&mut self) -> bool {
        if self.posted {
            let ends = self.input.iter().take(4).take_while(|it| matches!(it, b'\r' | b'\n'));
            let ends = ends.count();
            self.input.advance(ends);
        }
        match plain::read(&self.input).filter(|(length, _)| *length <= HEAD_LIMIT) {
            Some((length, head)) if self.takes(&head) => {
                self.output.unsplit(self.input.split_to(length));
                self.begin(&head);
            }
            Some(_) => {}
            None => return self.advance_odd_head(),
        }
        true
    }

    /// The same for a head that has to be written anew.
    fn advance_odd_head(&mut self) -> bool {
        let Some(length) = head::length(&self.input) else {
            if self.input.len() <= HEAD_LIMIT {
                return false;
            }
            self.refuse(&Refusal::TooLarge);
            return true;
        };
        if length > HEAD_LIMIT {
            self.refuse(&Refusal::TooLarge);
            return true;
        }
        let start = self.output.len();
        match head::read(&self.input[..length], &mut self.output) {
            Ok(head) if self.takes(&head) => {
                self.input.advance(length);
                self.begin(&head);
            }
            Ok(_) => self.output.truncate(start),
            Err(refusal) => self.refuse(&refusal),
        }
        true
    }

    /// Whether there is room for the headers of a request; if not, nothing more is read.
    fn takes(&mut self, head: &Head) -> bool {
        if head.headers > MOST_HEADERS {
            self.refuse(&Refusal::TooLarge);
        } else if head.headers > self.room {
            self.state = State::Crowded;
        }
        head.headers <= self.room.min(MOST_HEADERS)
    }

    fn begin(&mut self, head: &Head) {
        self.posted = head.posts;
        self.state = match head.framing {
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Chunks(Chunks::default()),
            Framing::Through => State::Through,
        };
    }

    fn refuse(&mut self, refusal: &Refusal) {
        self.farewell.extend_from_slice(refusal.answer().as_bytes());
        self.state = State::Over;
    }

    /// The client's half has ended.
    fn end(&mut self) {
        if matches!(self.state, State::Head) && !self.input.is_empty() {
            self.refuse(&Refusal::Bad);
        }
        self.state = State::Over;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guard<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.output.is_empty() && !this.advance() {
            let Some(stream) = &mut this.stream else { return Poll::Ready(Ok(())) };
            // What has been handed on leaves its place to what comes.
            this.output = BytesMut::new();
            this.input.reserve(PIECE);
            let read = pin!(stream.read_buf(&mut this.input));
            if ready!(read.poll(context))? == 0 {
                this.end();
            }
        }
        let length = this.output.len().min(buffer.remaining());
        buffer.put_slice(&this.output[..length]);
        this.output.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream().map_or_else(gone, |stream| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().map_or_else(gone, |stream| stream.poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().map_or_else(gone, |stream| stream.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if matches!(this.state, State::Crowded) {
            let rest = this.stream.take().map(|stream| (stream, std::mem::take(&mut this.input)));
            *this.left.lock().unwrap_or_else(PoisonError::into_inner) = rest;
            return Poll::Ready(Ok(()));
        }
        let Some(stream) = &mut this.stream else { return Poll::Ready(Ok(())) };
        while !this.farewell.is_empty() {
            let written = Pin::new(&mut *stream).poll_write(context, &this.farewell);
            match ready!(written)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                length => this.farewell.advance(length),
            }
        }
        Pin::new(stream).poll_shutdown(context)
    }
}

impl<S: Unpin> Guard<S> {
    fn stream(self: Pin<&mut Self>) -> Option<Pin<&mut S>> {
        self.get_mut().stream.as_mut().map(Pin::new)
    }
}

/// Nobody writes to a connection that was left.
fn gone<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
}
