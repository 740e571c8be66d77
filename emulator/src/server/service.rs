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
    std::{
        future::poll_fn,
        pin::pin,
        sync::{
            Arc,
            atomic::{AtomicBool, AtomicU64, Ordering},
        },
        task::Poll,
    },
    tokio::time::Instant,
};

/// What the exchanges of a connection have in common.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) context: Arc<Context>,
    pub(super) secure: bool,
    pub(super) local_address: Arc<str>,
    /// Whether the client's half has ended, where what goes on has to be told of it.
    pub(super) hangup: Option<Arc<Hangup>>,
    /// How many requests have begun.
    pub(super) begun: AtomicU64,
    /// How many answers are still going on.
    pub(super) streams: AtomicU64,
    /// Whether the connection is to end with a reset.
    pub(super) reset: Arc<AtomicBool>,
    /// Whether a request was answered that was not read to its end.
    pub(super) unread: AtomicBool,
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
        let unread = AtomicBool::new(false);
        Self { context, secure, local_address, hangup, begun, streams, reset, unread }
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
    let Arrival { api, request, verdict, unread, refused, share } =
        receive(&connection, parts, incoming).await;
    let deadline = api.deadline(&request.head).map(|patience| Instant::now() + patience);
    let under_way = connection.context.under_way.subscribe();
    let (context, request) = (Arc::clone(&connection.context), Arc::new(request));
    let handling = Handling { context, api, request, deadline, _share: Arc::new(share) };
    let framed = match verdict {
        // It leaves no trace, not even in the journal: a page that may not ask changes nothing.
        Verdict::Refused(failure) => {
            frame(&*handling.api, &handling.request, handling.fail(&failure))
        }
        Verdict::Admitted(_) if refused => {
            connection.unread.store(true, Ordering::Relaxed);
            let answer = handling.fail(&Failure::TooManyRequests).into();
            send(connection, &handling, None, answer, (None, upgrade))
        }
        Verdict::Admitted(readers) => {
            answer_page(connection, &handling, readers, (unread, upgrade)).await?
        }
    };
    let keep = |body: Body| if body.goes_on() { body } else { body.under_way(under_way) };
    Ok(framed.map(keep))
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
                None => carry_out(connection, handling, rest).await?,
            };
            cors::share(origin, framed.headers_mut());
            Ok(framed)
        }
        Readers::Own => {
            let mut framed = carry_out(connection, handling, rest).await?;
            cors::keep(framed.headers_mut());
            Ok(framed)
        }
        Readers::Allowed(_) | Readers::Usual => carry_out(connection, handling, rest).await,
    }
}

/// Answers a request, unless its fault is to have no answer or its client goes before it is there.
async fn carry_out(
    connection: Arc<Connection>,
    handling: &Handling,
    rest: (Option<Incoming>, OnUpgrade),
) -> Result<http::Response<Body>, Broken> {
    let fault = inject::take(&connection, &*handling.api, &handling.request);
    let answering = answer(&connection, handling, fault.as_ref());
    let Some(answer) = unless_gone(&connection, answering).await.flatten() else {
        record(handling, 0, fault.as_ref(), Summary::default());
        return Err(Broken);
    };
    let framed = send(connection, handling, fault.as_ref(), answer, rest);
    Ok(match fault.and_then(|fault| fault.cut) {
        Some(Cut::Truncate(bytes)) => framed.map(|body| body.cut(bytes)),
        _ => framed,
    })
}

/// The answer to a request, behind its fault; `None` when its fault is to have none.
async fn answer(
    connection: &Connection,
    handling: &Handling,
    fault: Option<&Fault>,
) -> Option<Answer> {
    let injected = match fault {
        Some(fault) => {
            inject::inject(connection, &handling.request, fault, handling.deadline).await
        }
        None => Injected::Nothing,
    };
    match injected {
        Injected::Nothing => Some(handling.answer().await),
        Injected::Failure(failure) => Some(handling.fail(&failure).into()),
        Injected::Reset => None,
    }
}

/// What comes of some work; `None` when the client goes before it is done. Over HTTP/2 hyper itself
/// drops what a client no longer waits for.
async fn unless_gone<T>(connection: &Connection, work: impl Future<Output = T>) -> Option<T> {
    let Some(hangup) = &connection.hangup else { return Some(work.await) };
    let mut work = pin!(work);
    // Nearly every answer is there at once.
    let begun = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
    if let Poll::Ready(done) = begun {
        return Some(done);
    }
    hangup.watch();
    let done = tokio::select! {
        biased;
        done = work => Some(done),
        () = hangup.gone() => None,
    };
    hangup.unwatch();
    done
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
