//! The line to a client: its socket, which can end with a TCP reset, and which watches for the end
//! of the client's half while an answer streams or is waited for.

use {
    bytes::{Buf, BytesMut},
    std::{
        future::poll_fn,
        io,
        pin::Pin,
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        task::{Context, Poll, ready},
        time::Duration,
    },
    tokio::{
        io::{AsyncRead, AsyncWrite, ReadBuf},
        net::TcpStream,
        time::sleep,
    },
};

/// How much is read before it is asked for. The end of a client that sends more could not be seen
/// behind it, so that it counts as gone.
const AHEAD_LIMIT: usize = 64 << 10;

/// How long an answer may take once the client's half has ended. Most clients that end it have gone,
/// which cannot be told from those that wait for their answer.
const HALF_CLOSED: Duration = Duration::from_secs(1);

/// How much is read ahead at once.
const PIECE: usize = 1 << 10;

/// Whether a line is watched for the end of the client's half, and whether that end has come.
///
/// hyper answers a client whose half has ended, and so reads nothing while an answer goes on: of a
/// stream that waits it would never notice that its client has gone.
#[derive(Debug, Default)]
pub(super) struct Hangup {
    watched: AtomicBool,
    seen: AtomicBool,
}

impl Hangup {
    /// Begins to watch.
    pub(super) fn watch(&self) {
        self.watched.store(true, Ordering::Relaxed);
    }

    /// Watches no longer.
    pub(super) fn unwatch(&self) {
        self.watched.store(false, Ordering::Relaxed);
    }

    /// Whether the client's half has ended.
    pub(super) fn is_seen(&self) -> bool {
        self.seen.load(Ordering::Relaxed)
    }

    /// Waits until a client that still has no answer is taken to be gone. What reads the line wakes
    /// the task of the connection, which this runs in.
    pub(super) async fn gone(&self) {
        poll_fn(|_| if self.is_seen() { Poll::Ready(()) } else { Poll::Pending }).await;
        sleep(HALF_CLOSED).await;
    }

    fn see(&self, context: &Context<'_>) {
        self.seen.store(true, Ordering::Relaxed);
        context.waker().wake_by_ref();
    }
}

/// A socket.
#[derive(Debug)]
pub(super) struct Line {
    stream: TcpStream,
    /// Whether it is to end with a TCP reset.
    reset: Arc<AtomicBool>,
    hangup: Arc<Hangup>,
    /// What was read while it was watched.
    ahead: BytesMut,
}

impl Line {
    pub(super) fn new(stream: TcpStream, reset: Arc<AtomicBool>, hangup: Arc<Hangup>) -> Self {
        Self { stream, reset, hangup, ahead: BytesMut::new() }
    }

    /// Reads what has come, to see whether the client's half ends behind it.
    fn read_ahead(&mut self, context: &mut Context<'_>) {
        while self.ahead.len() < AHEAD_LIMIT {
            let mut piece = [0; PIECE];
            let mut piece = ReadBuf::new(&mut piece);
            match Pin::new(&mut self.stream).poll_read(context, &mut piece) {
                Poll::Pending => return,
                Poll::Ready(Ok(())) if !piece.filled().is_empty() => {
                    self.ahead.extend_from_slice(piece.filled());
                }
                // Its end, or an error, which ends the connection as well.
                Poll::Ready(_) => break,
            }
        }
        self.hangup.see(context);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            // Where that cannot be had, the client sees an end instead.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.ahead.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let length = self.ahead.len().min(buffer.remaining());
        buffer.put_slice(&self.ahead[..length]);
        self.ahead.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Flushes, which is what is done last before a stream waits for more.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        if self.hangup.watched.load(Ordering::Relaxed) && !self.hangup.is_seen() {
            self.read_ahead(context);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
