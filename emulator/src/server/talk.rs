//! A conversation: what a client says is answered while it still talks.

use {
    crate::{
        api::{Conversation, Piece},
        server::service::Connection,
    },
    bytes::Bytes,
    http::HeaderMap,
    http_body::{Body, Frame},
    hyper::body::Incoming,
    std::{
        pin::Pin,
        sync::{Arc, atomic::Ordering},
        task::{Context, Poll},
    },
};

/// A conversation on its connection, which stays open while the client talks or is answered.
#[derive(Debug)]
pub(super) struct Talk {
    connection: Arc<Connection>,
    received: Incoming,
    conversation: Box<dyn Conversation>,
    // Whether the client has yet to take what it was told.
    owes: bool,
    over: bool,
}

impl Talk {
    pub(super) fn new(
        connection: Arc<Connection>,
        received: Incoming,
        conversation: Box<dyn Conversation>,
    ) -> Self {
        Self { connection, received, conversation, owes: false, over: false }
    }

    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// The next frame; `None` at the end.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Frame<Bytes>>> {
        let next = self.next(context);
        self.owe(next.is_ready() && !self.over);
        next
    }

    fn next(&mut self, context: &mut Context<'_>) -> Poll<Option<Frame<Bytes>>> {
        while !self.over {
            match self.conversation.next() {
                Some(Piece::Bytes(bytes)) => return Poll::Ready(Some(Frame::data(bytes))),
                Some(Piece::End(trailers)) => return self.end(trailers),
                None => {}
            }
            match Pin::new(&mut self.received).poll_frame(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(frame))) => {
                    // Who says something is not silent. A client's own trailers say nothing here.
                    self.connection.begun.fetch_add(1, Ordering::Relaxed);
                    if let Ok(bytes) = frame.into_data() {
                        self.conversation.receive(&bytes);
                    }
                }
                Poll::Ready(Some(Err(_))) => break,
                Poll::Ready(None) => {
                    let trailers = self.conversation.end();
                    return self.end(trailers);
                }
            }
        }
        self.over = true;
        Poll::Ready(None)
    }

    fn end(&mut self, trailers: HeaderMap) -> Poll<Option<Frame<Bytes>>> {
        self.over = true;
        Poll::Ready(Some(Frame::trailers(trailers)))
    }

    fn owe(&mut self, owes: bool) {
        let streams = &self.connection.streams;
        match (self.owes, owes) {
            (false, true) => streams.fetch_add(1, Ordering::Relaxed),
            (true, false) => streams.fetch_sub(1, Ordering::Relaxed),
            _ => return,
        };
        self.owes = owes;
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.owe(false);
    }
}
