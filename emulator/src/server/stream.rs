//! A body that goes on: pieces as they come, until its time is over or either side ends it.

use {
    crate::{
        api::{Source, Step, Stream},
        server::{line::Hangup, service::Connection},
    },
    bytes::Bytes,
    std::{
        future::Future,
        pin::Pin,
        sync::{Arc, atomic::Ordering},
        task::{Context, Poll},
        time::Duration,
    },
    tokio::time::{Instant, Sleep, sleep},
};

/// How often a source is asked for a sign of life.
const PULSE: Duration = Duration::from_secs(60);

/// How often a source is asked at least, so that it does what the time has come for.
const LOOK: Duration = Duration::from_secs(1);

/// How long before its end a source is asked for a last one.
const LAST_PULSE: Duration = Duration::from_secs(2);

/// A stream on its connection, which stays open for as long as the stream does.
#[derive(Debug)]
pub(super) struct Streaming {
    connection: Arc<Connection>,
    /// Where the connection is read only after the stream.
    hangup: Option<Arc<Hangup>>,
    source: Box<dyn Source>,
    deadline: Pin<Box<Sleep>>,
    pulse: Pin<Box<Sleep>>,
    look: Pin<Box<Sleep>>,
    over: bool,
}

impl Streaming {
    pub(super) fn new(connection: Arc<Connection>, stream: Stream) -> Self {
        connection.streams.fetch_add(1, Ordering::Relaxed);
        // Over a WebSocket the client is read all the time.
        let hangup = connection.hangup.clone().filter(|_| stream.socket.is_none());
        if let Some(hangup) = &hangup {
            hangup.watch();
        }
        let first = PULSE.min(stream.lasts.saturating_sub(LAST_PULSE));
        Self {
            connection,
            hangup,
            source: stream.source,
            deadline: Box::pin(sleep(stream.lasts)),
            pulse: Box::pin(sleep(if first.is_zero() { PULSE } else { first })),
            look: Box::pin(sleep(LOOK)),
            over: false,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// The next piece; `None` at the end.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        while self.look.as_mut().poll(context).is_ready() {
            self.look.as_mut().reset(Instant::now() + LOOK);
        }
        let world = &self.connection.context.world;
        match self.source.next(world, context.waker()) {
            Step::Data(bytes) => return Poll::Ready(Some(bytes)),
            Step::Wait => {}
            Step::End => {
                self.over = true;
                return Poll::Ready(None);
            }
        }
        let gone = self.hangup.as_ref().is_some_and(|hangup| hangup.is_seen());
        if gone || self.deadline.as_mut().poll(context).is_ready() {
            self.over = true;
            return Poll::Ready(None);
        }
        while self.pulse.as_mut().poll(context).is_ready() {
            self.pulse.as_mut().reset(Instant::now() + PULSE);
            if let Some(bytes) = self.source.pulse() {
                return Poll::Ready(Some(bytes));
            }
        }
        Poll::Pending
    }
}

impl Drop for Streaming {
    fn drop(&mut self) {
        if let Some(hangup) = &self.hangup {
            hangup.unwatch();
        }
        self.source.end(&self.connection.context.world);
        self.connection.streams.fetch_sub(1, Ordering::Relaxed);
    }
}
