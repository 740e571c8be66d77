//! One exchange: the body read, the API found, its handler asked, the answer framed and journalled.

use {
    crate::{
        control, google, kubernetes,
        server::{
            Context,
            body::{self, Body, Broken},
            crash,
            message::{Answer, Fetched, Request, Response, Stream},
            router::Api,
            stream::Streaming,
        },
        world::{World, journal::Entry},
    },
    http::{
        Method, Version,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
    hyper::body::Incoming,
    std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// How many documents one exchange may fetch.
const FETCH_LIMIT: usize = 4;

/// The longest body that Go's net/http announces the length of by itself.
/// Source: go `net/http/server.go`, `bufferBeforeChunkingSize`.
const GO_BUFFER: usize = 2048;

/// What the exchanges of a connection have in common.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) context: Arc<Context>,
    pub(super) secure: bool,
    pub(super) local_address: String,
    /// How many requests have begun.
    pub(super) begun: AtomicU64,
    /// How many answers are still going on.
    pub(super) streams: AtomicU64,
}

/// Answers one request.
pub(super) async fn exchange(
    connection: Arc<Connection>,
    request: http::Request<Incoming>,
) -> Result<http::Response<Body>, Broken> {
    connection.begun.fetch_add(1, Ordering::Relaxed);
    let (parts, incoming) = request.into_parts();
    let received = body::receive(incoming).await?;
    let request = Request {
        method: parts.method,
        uri: parts.uri,
        version: parts.version,
        headers: parts.headers,
        body: received.bytes,
        truncated: received.truncated,
        secure: connection.secure,
        local_address: connection.local_address.clone(),
    };
    let api = Api::of(&request);
    let (response, stream) = match answer(&connection.context, api, &request).await {
        Exchanged::Whole(response) => (response, None),
        Exchanged::Stream(stream) => (stream.head.clone(), Some(stream)),
    };
    if api != Api::Control {
        record(&connection.context.world, &request, &response);
    }
    let mut framed = frame(api, &request, response);
    if let Some(stream) = stream {
        *framed.body_mut() = Body::going_on(Streaming::new(connection, stream));
    }
    Ok(framed)
}

/// An answer that needs nothing more.
enum Exchanged {
    Whole(Response),
    Stream(Stream),
}

async fn answer(context: &Context, api: Api, request: &Request) -> Exchanged {
    let mut fetched = Fetched::default();
    while fetched.0.len() <= FETCH_LIMIT {
        match crash::guarded(api, request, || handle(context, api, request, &fetched)) {
            Answer::Response(response) => return Exchanged::Whole(response),
            Answer::Stream(stream) => return Exchanged::Stream(stream),
            Answer::Fetch(fetch) => {
                let document = context.fetcher.fetch(&fetch.url).await;
                fetched.0.push((fetch.url, document));
            }
        }
    }
    Exchanged::Whole(crash::answer(api, request))
}

fn handle(context: &Context, api: Api, request: &Request, fetched: &Fetched) -> Answer {
    match api {
        Api::Kubernetes => kubernetes::answer(&context.world, request),
        Api::Google => google::answer(&context.world, request, fetched),
        Api::Control => control::answer(&context.control, &context.world, request).into(),
    }
}

fn record(world: &World, request: &Request, response: &Response) {
    world.journal.record(Entry {
        time: world.clock.now(),
        method: request.method.as_str().to_owned(),
        path: request.path().to_owned(),
        status: response.status.as_u16(),
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
        Api::Kubernetes | Api::Control => response.body.len() > GO_BUFFER,
    }
}
