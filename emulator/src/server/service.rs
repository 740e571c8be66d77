//! One exchange: the body read, the API found, its handler asked, the answer framed and journalled.

use {
    crate::{
        api::{Answer, Conversation, Document, Fetched, Request, Response, Stream, Unfetched},
        control::{
            self, Control,
            faults::{Cut, Fault, Refusal},
        },
        google, kubernetes,
        server::{
            Context,
            body::{self, Body, Broken, Received},
            crash,
            line::Hangup,
            router::Api,
            socket,
            stream::Streaming,
            talk::Talk,
        },
        world::{World, journal::Entry},
    },
    http::{
        HeaderValue, Method, StatusCode, Version,
        header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT},
    },
    hyper::{body::Incoming, ext::ReasonPhrase, upgrade::OnUpgrade},
    std::{
        sync::{
            Arc, PoisonError, RwLockReadGuard,
            atomic::{AtomicBool, AtomicU64, Ordering},
        },
        time::Duration,
    },
    tokio::time::{Instant, sleep, timeout, timeout_at},
};

/// How many documents one exchange may fetch.
const FETCH_LIMIT: usize = 4;

/// How long a body that nobody waits for may still come, so that a client is not cut off in it.
const LEFT: Duration = Duration::from_millis(50);

/// The longest body that Go's net/http announces the length of by itself.
/// Source: go `net/http/server.go`, `bufferBeforeChunkingSize`.
const GO_BUFFER: usize = 2048;

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

/// Answers one request.
pub(super) async fn exchange(
    connection: Arc<Connection>,
    mut request: http::Request<Incoming>,
) -> Result<http::Response<Body>, Broken> {
    connection.begun.fetch_add(1, Ordering::Relaxed);
    let upgrade = hyper::upgrade::on(&mut request);
    let (parts, incoming) = request.into_parts();
    let world = &connection.context.world;
    if let Some(conversation) = google::converse(world, parts.uri.path(), &parts.headers) {
        record(world, &parts.method, parts.uri.path(), StatusCode::OK.as_u16(), None);
        return Ok(talk(connection, incoming, conversation));
    }
    let request = receive(&connection, parts, incoming).await;
    let api = Api::of(&request);
    let fault = befall(&connection.context, api, &request);
    if let Some(fault) = &fault {
        suffer(&connection, &request, fault).await?;
    }
    let refusal = fault.as_ref().and_then(|fault| fault.refusal.as_ref());
    let (response, stream) = match answer(&connection.context, api, &request, refusal).await {
        Exchanged::Whole(response) => (response, None),
        Exchanged::Stream(stream) => (stream.head.clone(), Some(stream)),
    };
    if api != Api::Control {
        let (world, status) = (&connection.context.world, response.status.as_u16());
        record(world, &request.method, request.path(), status, fault.as_ref());
    }
    let mut framed = frame(api, &request, response);
    if let Some(stream) = stream {
        go_on(connection, upgrade, stream, &mut framed);
    }
    Ok(match fault.and_then(|fault| fault.cut) {
        Some(Cut::Truncate(bytes)) => framed.map(|body| body.cut(bytes)),
        _ => framed,
    })
}

/// A request with its body.
async fn receive(
    connection: &Connection,
    parts: http::request::Parts,
    incoming: Incoming,
) -> Request {
    let world = &connection.context.world;
    // Who asks whether to go on is told the answer instead, where no body is looked at.
    let unread = google::is_refused_unread(world, parts.uri.path(), &parts.headers)
        || (matches!(parts.method, Method::GET | Method::HEAD)
            && parts.headers.contains_key(EXPECT));
    let received = if unread {
        Received::default()
    } else if is_left(&parts) {
        timeout(LEFT, body::receive(incoming)).await.unwrap_or_default()
    } else {
        body::receive(incoming).await
    };
    Request {
        method: parts.method,
        uri: parts.uri,
        version: parts.version,
        headers: parts.headers,
        body: received.bytes,
        truncated: received.truncated,
        broken: received.broken,
        secure: connection.secure,
        local_address: Arc::clone(&connection.local_address),
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

/// What was ordered to befall a request of an API.
fn befall(Context { control, .. }: &Context, api: Api, request: &Request) -> Option<Fault> {
    let is_google = api == Api::Google;
    let is_control = api == Api::Control;
    if is_control { None } else { crash::caught(|| control.faults.take(request, is_google)) }
}

/// What befalls a request before it is looked at. No lock is held while it waits, nor does it wait
/// by the emulated clock: that may stand still, and a client's patience runs in real time.
async fn suffer(connection: &Connection, request: &Request, fault: &Fault) -> Result<(), Broken> {
    if !fault.delay.is_zero() {
        sleep(fault.delay).await;
    }
    if fault.cut != Some(Cut::Reset) {
        return Ok(());
    }
    let world = &connection.context.world;
    record(world, &request.method, request.path(), 0, Some(fault));
    // On HTTP/2 the stream is reset, and the others go on.
    connection.reset.store(request.version != Version::HTTP_2, Ordering::Relaxed);
    Err(Broken)
}

/// Whether nobody waits for the body: it says nothing, and the connection ends with the answer.
fn is_left(parts: &http::request::Parts) -> bool {
    let closes = |value: &HeaderValue| {
        let mut words = value.as_bytes().split(|byte| *byte == b',');
        words.any(|word| word.trim_ascii().eq_ignore_ascii_case(b"close"))
    };
    matches!(parts.method, Method::GET | Method::HEAD)
        && parts.version == Version::HTTP_11
        && parts.headers.get_all(CONNECTION).iter().any(closes)
}

/// Answers a request that goes on while it is answered.
fn talk(
    connection: Arc<Connection>,
    incoming: Incoming,
    conversation: Box<dyn Conversation>,
) -> http::Response<Body> {
    let body = Body::talking(Talk::new(connection, incoming, conversation));
    let mut framed = http::Response::new(body);
    *framed.status_mut() = StatusCode::OK;
    framed.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    framed
}

/// An answer that needs nothing more.
enum Exchanged {
    Whole(Response),
    Stream(Stream),
}

async fn answer(
    context: &Context,
    api: Api,
    request: &Request,
    refusal: Option<&Refusal>,
) -> Exchanged {
    let handler = |fetched: &Fetched| {
        crash::guarded(api, request, || match refusal {
            Some(refusal) => refuse(&context.world, request, refusal).into(),
            None => handle(context, api, request, fetched),
        })
    };
    let deadline = google::patience(request).map(|patience| Instant::now() + patience);
    let fetch = |url: String| async move {
        let fetch = context.fetcher.fetch(&url);
        match deadline {
            Some(deadline) => timeout_at(deadline, fetch).await.unwrap_or(Err(Unfetched::TooLate)),
            None => fetch.await,
        }
    };
    let settled = settle(handler, fetch).await;
    settled.unwrap_or_else(|| Exchanged::Whole(crash::answer(api, request)))
}

/// Asks a handler again with what it wanted, until it answers; `None` when it wants too much.
async fn settle<F: Future<Output = Result<Document, Unfetched>>>(
    handler: impl Fn(&Fetched) -> Answer,
    fetch: impl Fn(String) -> F,
) -> Option<Exchanged> {
    let mut fetched = Fetched::default();
    loop {
        match handler(&fetched) {
            Answer::Response(response) => return Some(Exchanged::Whole(response)),
            Answer::Stream(stream) => return Some(Exchanged::Stream(stream)),
            Answer::Fetch(_) if fetched.0.len() == FETCH_LIMIT => return None,
            Answer::Fetch(wanted) => {
                let document = fetch(wanted.url.clone()).await;
                fetched.0.push((wanted.url, document));
            }
        }
    }
}

fn handle(context: &Context, api: Api, request: &Request, fetched: &Fetched) -> Answer {
    let Context { world, control, .. } = context;
    let _whole = whole(control, api, request);
    match api {
        Api::Control => control::answer(control, world, request, fetched),
        Api::Google => google::answer(world, request, fetched),
        Api::Kubernetes => kubernetes::answer(world, request),
    }
}

/// Keeps resets away: no request is to see a world that is half reset. What resets it waits for all
/// others, and so must not be one of them.
fn whole<'a>(control: &'a Control, api: Api, request: &Request) -> Option<RwLockReadGuard<'a, ()>> {
    let resets = api == Api::Control && control::is_reset(request);
    (!resets).then(|| control.resetting.read().unwrap_or_else(PoisonError::into_inner))
}

/// The answer to a request that was ordered to fail.
fn refuse(world: &World, request: &Request, refusal: &Refusal) -> Response {
    match refusal {
        Refusal::Google(fault) => google::refuse(world, request, fault),
        Refusal::Kubernetes(outage) => kubernetes::outage::refuse(world, request, outage),
    }
}

fn record(world: &World, method: &Method, path: &str, status: u16, fault: Option<&Fault>) {
    world.journal.record(Entry {
        time: world.clock.now(),
        method: method.as_str().to_owned(),
        path: path.to_owned(),
        status,
        fault: fault.map(Fault::name),
    });
}

fn frame(api: Api, request: &Request, mut response: Response) -> http::Response<Body> {
    if request.method == Method::HEAD {
        // hyper leaves the body out of an answer to HEAD on HTTP/1.1 only.
        let length = std::mem::take(&mut response.body).len();
        response.headers.insert(CONTENT_LENGTH, length.into());
    }
    let streamed = response.trailers.is_some() || is_chunked(api, request, &response);
    let body = if streamed {
        Body::streamed(response.body, response.trailers)
    } else {
        Body::sized(response.body)
    };
    let mut framed = http::Response::new(body);
    // Go calls it by its old name.
    if response.status == StatusCode::PAYLOAD_TOO_LARGE {
        framed.extensions_mut().insert(ReasonPhrase::from_static(b"Request Entity Too Large"));
    }
    *framed.status_mut() = response.status;
    *framed.headers_mut() = response.headers;
    framed
}

/// Whether the real server would send the body in chunks: Google always does with JSON,
/// kube-apiserver when the body outgrows the buffer of Go's server.
fn is_chunked(api: Api, request: &Request, response: &Response) -> bool {
    if request.version != Version::HTTP_11 || request.method == Method::HEAD {
        return false;
    }
    match api {
        Api::Google => response
            .headers
            .get(CONTENT_TYPE)
            .is_some_and(|content_type| content_type.as_bytes().starts_with(b"application/json")),
        Api::Kubernetes | Api::Control => {
            response.body.len() > GO_BUFFER && !response.headers.contains_key(CONTENT_LENGTH)
        }
    }
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::api::Fetch,
        http::{HeaderMap, StatusCode},
        rstest::rstest,
        std::cell::Cell,
    };

    #[rstest]
    #[case("POST", "/_emulator/v1/mint", true)]
    #[case("POST", "/_emulator/v1/explain", true)]
    #[case("GET", "/_emulator/v1/keys", true)]
    #[case("GET", "/_emulator/v1/operations", true)]
    #[case("POST", "/_emulator/v1/access-tokens", true)]
    #[case("GET", "/_emulator/v1/state", true)]
    #[case("POST", "/_emulator/v1/state", false)]
    #[case("DELETE", "/_emulator/v1/state?x", false)]
    #[case("POST", "/api/v1/namespaces", true)]
    fn a_reset_waits_for_all_but_itself(
        #[case] method: &str,
        #[case] uri: &str,
        #[case] waits: bool,
    ) {
        let request = Request {
            method: method.parse().unwrap(),
            uri: uri.parse().unwrap(),
            version: Version::HTTP_11,
            headers: HeaderMap::new(),
            body: bytes::Bytes::new(),
            truncated: false,
            broken: false,
            secure: false,
            local_address: "".into(),
        };
        let control = Control::default();
        let _whole = whole(&control, Api::of(&request), &request);
        assert_eq!(control.resetting.try_write().is_err(), waits);
    }

    #[rstest]
    #[case(0, true)]
    #[case(FETCH_LIMIT, true)]
    #[case(FETCH_LIMIT + 1, false)]
    #[tokio::test]
    async fn one_exchange_fetches_only_so_much(#[case] wanted: usize, #[case] answered: bool) {
        let fetches = Cell::new(0);
        let handler = |fetched: &Fetched| match fetched.0.len() {
            enough if enough == wanted => Response::new(StatusCode::OK, "", "").into(),
            next => Answer::Fetch(Fetch { url: next.to_string() }),
        };
        let fetch = |_| {
            fetches.set(fetches.get() + 1);
            std::future::ready(Err(Unfetched::TooSlow))
        };
        assert_eq!(settle(handler, fetch).await.is_some(), answered);
        assert_eq!(fetches.get(), wanted.min(FETCH_LIMIT));
    }
}
