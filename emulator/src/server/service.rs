//! One exchange: the request read, its API asked, the answer framed and journalled.

use {
    crate::{
        api::{
            Answer, Failure, Request, Response, Stream,
            faults::{Cut, Fault},
        },
        server::{
            Context,
            body::{Body, Broken},
            cors,
            frame::frame,
            gate::{Readers, Verdict},
            handle::Handling,
            inject::{self, Injected},
            line::Hangup,
            receive::{Arrival, receive},
            socket,
            stream::Streaming,
            talk::Talk,
        },
        world::journal::{Entry, Summary},
    },
    http::StatusCode,
    hyper::{body::Incoming, upgrade::OnUpgrade},
    std::sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    tokio::time::Instant,
};

/// What the exchanges of a connection have in common.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) context: Arc<Context>,
    pub(super) secure: bool,
    pub(super) local_address: Arc<str>,
    /// Whether the client's half has ended, where a stream has to be told of it.
    pub(super) hangup: Option<Arc<Hangup>>,
    /// How many requests have begun.
    pub(super) begun: AtomicU64,
    /// How many answers are still going on.
    pub(super) streams: AtomicU64,
    /// Whether the connection is to end with a reset.
    pub(super) reset: Arc<AtomicBool>,
}

impl Connection {
    /// A connection on which nothing has been asked.
    pub(super) fn new(
        context: Arc<Context>,
        secure: bool,
        local_address: Arc<str>,
        hangup: Option<Arc<Hangup>>,
        reset: Arc<AtomicBool>,
    ) -> Self {
        let (begun, streams) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { context, secure, local_address, hangup, begun, streams, reset }
    }
}

/// Answers one request.
pub(super) async fn exchange(
    connection: Arc<Connection>,
    mut request: http::Request<Incoming>,
) -> Result<http::Response<Body>, Broken> {
    connection.begun.fetch_add(1, Ordering::Relaxed);
    let upgrade = hyper::upgrade::on(&mut request);
    let (parts, incoming) = request.into_parts();
    let Arrival { api, request, verdict, unread } = receive(&connection, parts, incoming).await;
    let deadline = api.deadline(&request.head).map(|patience| Instant::now() + patience);
    let (context, request) = (Arc::clone(&connection.context), Arc::new(request));
    let handling = Handling { context, api, request, deadline };
    match verdict {
        Verdict::Admitted(readers) => {
            answer_page(connection, &handling, readers, (unread, upgrade)).await
        }
        // It leaves no trace, not even in the journal: a page that may not ask changes nothing.
        Verdict::Refused(failure) => {
            Ok(frame(&*handling.api, &handling.request, handling.fail(&failure)))
        }
    }
}

/// Answers a request that was let through, so that a browser lets the right pages read it.
async fn answer_page(
    connection: Arc<Connection>,
    handling: &Handling,
    readers: Readers,
    rest: (Option<Incoming>, OnUpgrade),
) -> Result<http::Response<Body>, Broken> {
    let (api, request) = (&*handling.api, &handling.request);
    match readers {
        Readers::Allowed(origin) if !api.has_cors() => {
            let mut framed = match cors::preflight(&request.head) {
                Some(response) => frame(api, request, response),
                None => answer(connection, handling, rest).await?,
            };
            cors::share(origin, framed.headers_mut());
            Ok(framed)
        }
        Readers::Own => {
            let mut framed = answer(connection, handling, rest).await?;
            cors::keep(framed.headers_mut());
            Ok(framed)
        }
        Readers::Allowed(_) | Readers::Usual => answer(connection, handling, rest).await,
    }
}

/// Answers a request, unless a fault was ordered for it.
async fn answer(
    connection: Arc<Connection>,
    handling: &Handling,
    rest: (Option<Incoming>, OnUpgrade),
) -> Result<http::Response<Body>, Broken> {
    let fault = inject::take(&connection, &*handling.api, &handling.request);
    let injected = match &fault {
        Some(fault) => {
            inject::inject(&connection, &handling.request, fault, handling.deadline).await
        }
        None => Injected::Nothing,
    };
    let answer = match injected {
        Injected::Nothing => handling.answer().await,
        Injected::Failure(failure) => handling.fail(&failure).into(),
        Injected::Reset => {
            record(handling, 0, fault.as_ref(), Summary::default());
            return Err(Broken);
        }
    };
    let framed = send(connection, handling, fault.as_ref(), answer, rest);
    Ok(match fault.and_then(|fault| fault.cut) {
        Some(Cut::Truncate(bytes)) => framed.map(|body| body.cut(bytes)),
        _ => framed,
    })
}

/// Journals an answer and frames it; one that goes on keeps what it needs of the connection.
fn send(
    connection: Arc<Connection>,
    handling: &Handling,
    fault: Option<&Fault>,
    answer: Answer,
    (unread, upgrade): (Option<Incoming>, OnUpgrade),
) -> http::Response<Body> {
    let framed = |mut response: Response| {
        let summary = std::mem::take(&mut response.summary);
        record(handling, response.status.as_u16(), fault, summary);
        frame(&*handling.api, &handling.request, response)
    };
    match answer {
        Answer::Response(response) => framed(response),
        Answer::Stream(head, stream) => {
            let mut framed = framed(head);
            go_on(connection, upgrade, stream, &mut framed);
            framed
        }
        Answer::Conversation(head, conversation) => {
            // Without a body that is still to be read there is nothing to converse about.
            let Some(incoming) = unread else { return framed(handling.fail(&Failure::Crashed)) };
            let mut framed = framed(head);
            *framed.body_mut() = Body::talking(Talk::new(connection, incoming, conversation));
            framed
        }
        // A handler is run until it wants nothing more.
        Answer::Fetch(_) => framed(handling.fail(&Failure::Crashed)),
    }
}

/// Lets an answer go on: in its body, or in a conversation of its own.
fn go_on(
    connection: Arc<Connection>,
    upgrade: OnUpgrade,
    stream: Stream,
    framed: &mut http::Response<Body>,
) {
    match stream.socket {
        None => *framed.body_mut() = Body::going_on(Streaming::new(connection, stream)),
        Some(framing) if framed.status() == StatusCode::SWITCHING_PROTOCOLS => {
            let stream = Streaming::new(connection, stream);
            tokio::spawn(socket::serve(upgrade, stream, framing));
        }
        // The client did not shake hands as it should.
        Some(_) => {}
    }
}

/// Journals an exchange; the status is 0 where there is no answer.
fn record(handling: &Handling, status: u16, fault: Option<&Fault>, summary: Summary) {
    if !handling.api.is_journalled() {
        return;
    }
    let (world, request): (_, &Request) = (&handling.context.world, &handling.request);
    world.journal.record(Entry {
        time: world.clock.now(),
        method: request.head.method.as_str().to_owned(),
        path: request.path().to_owned(),
        status,
        fault: fault.map(Fault::name),
        summary,
    });
}
