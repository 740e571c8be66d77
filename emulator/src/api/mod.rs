//! What an API is: what it is asked, what it answers, and the one trait that the server knows.
//!
//! Knows no socket and none of the APIs. An API is a folder that implements [`Api`] and a line in
//! `apis.rs`; faults, panics, deadlines, the journal and both versions of HTTP come with the server.

mod answer;
pub mod faults;
mod fetch;
mod request;
mod stream;

pub use {
    answer::{Answer, Response},
    fetch::{Document, Fetch, Fetched, Unfetched},
    request::{Head, Request},
    stream::{Conversation, Framing, Piece, Source, Step, Stream},
};

use {
    crate::world::World,
    faults::Refusal,
    std::{fmt::Debug, time::Duration},
};

/// The longest body, in bytes, whose handler runs on the thread that serves other requests, too.
/// Decoding a longer one takes milliseconds.
const LONGEST_INLINE: usize = 64 << 10;

/// How many things there have to be before a handler that goes through them takes milliseconds.
pub const MANY: usize = 256;

/// One API of the emulator.
///
/// [`Api::answer`] may panic: the server answers with [`Api::fail`] then. The other methods look at
/// the request alone and must not panic.
pub trait Api: Debug + Send + Sync {
    /// Its name in the journal and in error messages: `kubernetes`.
    fn name(&self) -> &'static str;

    /// Whether a request is this API's. The server asks the APIs in their order, once for each
    /// request, before the body is read; the first one that says yes answers it.
    ///
    /// An API that can tell by the body alone (a form's `Action=`) claims every head that such a
    /// form has, reads the form in [`Api::answer`], and refuses what is not its own in its own
    /// dialect; the two APIs never share a path and a content type.
    fn owns(&self, world: &World, head: &Head) -> bool;

    /// How much of a request's body is read before the answer.
    fn intake(&self, world: &World, head: &Head) -> Intake;

    /// How long a client waits for the answer, if it says so. Time is real time.
    fn deadline(&self, _head: &Head) -> Option<Duration> {
        None
    }

    /// How the answer to a request is computed.
    fn execution(&self, _world: &World, request: &Request) -> Execution {
        Execution::by_body(request)
    }

    /// Answers a request, or says what has to be fetched first; then it is called again with what
    /// was fetched.
    fn answer(&self, world: &World, request: &Request, fetched: &Fetched) -> Answer;

    /// Answers a request that the server gives up on, in this API's dialect.
    fn fail(&self, world: &World, request: &Request, failure: &Failure) -> Response;

    /// Whether its exchanges are journalled.
    fn is_journalled(&self) -> bool {
        true
    }

    /// Whether faults are injected into its requests. What the real server does not have does not
    /// use up a fault that is meant for what it has.
    fn takes_faults(&self) -> bool {
        true
    }

    /// The full name of the method that a request calls, for an API whose methods have names.
    fn called_method(&self, _request: &Request) -> Option<String> {
        None
    }

    /// Whether this API has such an error.
    fn can_refuse(&self, _refusal: &Refusal) -> bool {
        false
    }

    /// Whether a request of a browser that does not mark whose page sends it (`Sec-Fetch-Site`) is
    /// refused for its `Origin`, where that is another server's.
    fn origin_decides(&self, head: &Head) -> bool {
        head.is_web_socket()
    }

    /// Whether it answers cross-origin requests by itself: the question whether one may be sent, and
    /// the headers that let a page read the answer.
    fn has_cors(&self) -> bool {
        false
    }

    /// Whether an answer with a body goes out in chunks on HTTP/1.1, although its length is known.
    fn is_chunked(&self, _request: &Request, _response: &Response) -> bool {
        false
    }
}

/// How much of a request's body is read before the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intake {
    /// All of it, up to so many bytes; of a longer one the rest is dropped, and the request says
    /// that it is truncated.
    Whole(usize),
    /// Nothing: the answer does not depend on it.
    Ignored,
    /// Nothing, because the answer is an [`Answer::Conversation`], which reads it.
    Streamed,
}

/// How an answer is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Execution {
    /// At once, on the thread that read the request: it takes microseconds.
    Inline,
    /// On a thread where other requests do not wait for it; so many at a time as there are cores.
    Offloaded,
    /// While no other request is answered: it replaces the state.
    Exclusive,
}

impl Execution {
    /// How an answer is computed that takes as long as its request's body is.
    pub fn by_body(request: &Request) -> Self {
        if request.body.len() > LONGEST_INLINE { Self::Offloaded } else { Self::Inline }
    }
}

/// Why the server gives up on a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// A fault was ordered for it.
    Injected(Refusal),
    /// Its handler panicked, or asked for more documents than one request may fetch.
    Crashed,
    /// Its deadline passed.
    DeadlineExceeded,
    /// A page of another site sent it, and is not allowed to; the message for the client.
    ForeignSite(String),
    /// It was sent to a host that is not known as this server; the message for the client.
    Misdirected(String),
    /// The bodies of all requests take too much room.
    TooManyRequests,
}
