//! What an API is: what it is asked and what it answers. Knows no socket, and none of the APIs.

mod answer;
mod fetch;
mod request;
mod stream;

pub use {
    answer::{Answer, Response},
    fetch::{Document, Fetch, Fetched, Unfetched},
    request::{BODY_LIMIT, Request},
    stream::{Conversation, Framing, Said, Source, Step, Stream},
};
