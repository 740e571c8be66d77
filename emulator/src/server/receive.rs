//! A request from the socket: its head, the API that owns it, and as much of its body as that
//! API takes.

use {
    crate::{
        api::{Api, Head, Intake, Request},
        server::{
            body::{self, Received},
            gate::Verdict,
            service::Connection,
        },
    },
    http::{
        HeaderValue, Method, Version,
        header::{CONNECTION, EXPECT},
        request::Parts,
    },
    hyper::body::Incoming,
    std::{sync::Arc, time::Duration},
    tokio::time::timeout,
};

/// How long the server waits for the rest of a body that has no meaning, so that the client is not
/// cut off while it sends.
const UNUSED_BODY_WAIT: Duration = Duration::from_millis(50);

/// A request, whose it is, what becomes of it, and its body where that is still to be read.
pub(super) struct Arrival {
    pub(super) api: Arc<dyn Api>,
    pub(super) request: Request,
    pub(super) verdict: Verdict,
    pub(super) unread: Option<Incoming>,
}

/// Reads a request.
pub(super) async fn receive(connection: &Connection, parts: Parts, incoming: Incoming) -> Arrival {
    let head = head(connection, parts);
    let api = owner(connection, &head);
    let verdict = connection.context.gate.judge(&*api, &head);
    let is_refused = matches!(verdict, Verdict::Refused(_));
    let limit = match api.intake(&connection.context.world, &head) {
        Intake::Streamed => {
            let request = Request::new(head, "");
            return Arrival { api, request, verdict, unread: Some(incoming) };
        }
        Intake::Ignored => None,
        // A client that reads once it has sent everything gets its refusal, too.
        Intake::Whole(_) if is_refused => Some(0).filter(|_| !head.headers.contains_key(EXPECT)),
        Intake::Whole(limit) => Some(limit).filter(|_| !expects_continue_in_get(&head)),
    };
    let received = match limit {
        None => Received::default(),
        Some(limit) if has_unused_body(&head) => {
            timeout(UNUSED_BODY_WAIT, body::receive(incoming, limit)).await.unwrap_or_default()
        }
        Some(limit) => body::receive(incoming, limit).await,
    };
    let Received { bytes: body, truncated, broken } = received;
    let request = Request { head, body, truncated, broken };
    Arrival { api, request, verdict, unread: None }
}

fn head(connection: &Connection, parts: Parts) -> Head {
    Head {
        method: parts.method,
        uri: parts.uri,
        version: parts.version,
        headers: parts.headers,
        secure: connection.secure,
        local_address: Arc::clone(&connection.local_address),
    }
}

/// The API that a request belongs to: the only place where that is decided.
fn owner(connection: &Connection, head: &Head) -> Arc<dyn Api> {
    let context = &connection.context;
    let (last, others) = context.apis.split_last().expect("a context has an API");
    let owner = others.iter().find(|api| api.owns(&context.world, head)).unwrap_or(last);
    Arc::clone(owner)
}

/// Whether the client waits for `100 Continue` before a body that has no meaning: it gets the answer
/// instead.
fn expects_continue_in_get(head: &Head) -> bool {
    matches!(head.method, Method::GET | Method::HEAD) && head.headers.contains_key(EXPECT)
}

/// Whether the body of a request has no meaning, and the connection ends with the answer.
fn has_unused_body(head: &Head) -> bool {
    let closes = |value: &HeaderValue| {
        let mut words = value.as_bytes().split(|byte| *byte == b',');
        words.any(|word| word.trim_ascii().eq_ignore_ascii_case(b"close"))
    };
    matches!(head.method, Method::GET | Method::HEAD)
        && head.version == Version::HTTP_11
        && head.headers.get_all(CONNECTION).iter().any(closes)
}
