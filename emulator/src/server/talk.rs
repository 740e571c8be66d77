//! A conversation: what a client says is answered while it still talks.

use {
    crate::server::{
        message::{Conversation, Heard},
        service::Connection,
    },
    bytes::Bytes,
    http_body::{Body, Frame},
    hyper::body::Incoming,
    std::{
        pin::Pin,
        sync::{Arc, atomic::Ordering},
        task::{Context, Poll, ready},
    },
};

/// A conversation on its connection, which stays open for as long as it lasts.
#[derive(Debug)]
pub(super) struct Talk {
    connection: Arc<Connection>,
    heard: Incoming,
    conversation: Box<dyn Conversation>,
    over: bool,
}

impl Talk {
    pub(super) fn new(
        connection: Arc<Connection>,
        heard: Incoming,
        conversation: Box<dyn Conversation>,
    ) -> Self {
        connection.streams.fetch_add(1, Ordering::Relaxed);
        Self { connection, heard, conversation, over: false }
    }

    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// The next frame; `None` at the end.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Frame<Bytes>>> {
        while !self.over {
            let heard = match ready!(Pin::new(&mut self.heard).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(bytes) => self.conversation.hear(&bytes),
                    // A client's own trailers say nothing here.
                    Err(_) => continue,
                },
                Some(Err(_)) => break,
                None => Heard::End(self.conversation.end()),
            };
            match heard {
                Heard::Say(bytes) if bytes.is_empty() => {}
                Heard::Say(bytes) => return Poll::Ready(Some(Frame::data(bytes))),
                Heard::End(trailers) => {
                    self.over = true;
                    return Poll::Ready(Some(Frame::trailers(trailers)));
                }
            }
        }
        self.over = true;
        Poll::Ready(None)
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.connection.streams.fetch_sub(1, Ordering::Relaxed);
    }
}
