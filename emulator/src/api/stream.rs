//! Answers that go on: a watch, and a conversation.

use {
    crate::world::World,
    bytes::Bytes,
    http::HeaderMap,
    std::{fmt::Debug, task::Waker, time::Duration},
};

/// The body of an answer that goes on: it is sent as it comes.
#[derive(Debug)]
pub struct Stream {
    /// Where the body comes from.
    pub source: Box<dyn Source>,
    /// How long it lasts at most.
    pub lasts: Duration,
    /// How it is framed on a WebSocket, to which the response then leads; `None` for a plain body.
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
    /// What comes next. When that is to wait, the waker is woken as soon as there is more; it is
    /// asked once a second in any case, because time alone may bring more.
    fn next(&mut self, world: &World, waker: &Waker) -> Step;

    /// Bytes that keep the connection alive, once nothing has come for a while; `None` for none.
    fn pulse(&mut self) -> Option<Bytes>;

    /// The stream has ended, on either side. No method is called after this.
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

/// An exchange in which the client goes on sending, and is answered as it does.
pub trait Conversation: Debug + Send {
    /// Bytes have come.
    fn receive(&mut self, bytes: &[u8]);

    /// The next piece of the answer; `None` when more has to be received first.
    fn next(&mut self) -> Option<Piece>;

    /// The client has sent all; the trailers.
    fn end(&mut self) -> HeaderMap;
}

/// A piece of the answer.
#[derive(Debug)]
pub enum Piece {
    /// These bytes, and perhaps more.
    Bytes(Bytes),
    /// The end, with these trailers.
    End(HeaderMap),
}
