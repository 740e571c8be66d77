//! The door of a liar, which speaks TLS: what speaks HTTP/1.1 in it is shown on to wiremock, which
//! knows nothing else, and what speaks HTTP/2 is answered here, trailers and all, as gRPC wants it.

use {
    crate::liar::State,
    bytes::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, Request, Response},
    http_body_util::{BodyExt, Full},
    hyper::{
        body::{Body, Incoming},
        server::conn::http2,
        service::service_fn,
    },
    hyper_util::rt::{TokioExecutor, TokioIo},
    std::{convert::Infallible, io, net::SocketAddr, sync::Arc},
    token_conformance::{
        exchange::{self, Answer},
        variant::Protocol,
    },
    token_emulator::server::tls::Material,
    tokio::{
        io::copy_bidirectional,
        net::{TcpListener, TcpStream},
        task::AbortHandle,
    },
    tokio_rustls::{TlsAcceptor, server::TlsStream},
};

/// Listens for as long as it lives.
pub(crate) struct Front {
    pub(crate) url: String,
    task: AbortHandle,
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Opens one before a server of HTTP/1.1.
pub(crate) async fn open(behind: SocketAddr, state: Arc<State>) -> io::Result<Front> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("https://{}", listener.local_addr()?);
    let unusable = |error| io::Error::other(format!("{error:?}"));
    let acceptor = Material::generate(&[]).and_then(|it| it.acceptor()).map_err(unusable)?;
    let accepting = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, acceptor.clone(), behind, Arc::clone(&state)));
        }
    });
    Ok(Front { url, task: accepting.abort_handle() })
}

/// An error here is the client, or the server behind, going away.
async fn serve(stream: TcpStream, acceptor: TlsAcceptor, behind: SocketAddr, state: Arc<State>) {
    let _ = stream.set_nodelay(true);
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        serve_http2(stream, state).await;
    } else if let Ok(mut server) = TcpStream::connect(behind).await {
        let _ = server.set_nodelay(true);
        let _ended = copy_bidirectional(&mut stream, &mut server).await;
    }
}

async fn serve_http2(stream: TlsStream<TcpStream>, state: Arc<State>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let state = Arc::clone(&state);
        async move {
            let answer = match plain(request).await {
                Some(request) => state.pass_on(request).await,
                None => Answer { status: 502, ..Answer::default() },
            };
            Ok::<_, Infallible>(response(answer))
        }
    });
    let io = TokioIo::new(stream);
    let _ended = http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await;
}

async fn plain(request: Request<Incoming>) -> Option<exchange::Request> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.ok()?.to_bytes();
    let text = |it: &HeaderValue| String::from_utf8_lossy(it.as_bytes()).into_owned();
    let passed = parts.headers.iter().filter(|(name, _)| *name != "content-length");
    Some(exchange::Request {
        method: parts.method.to_string(),
        path: parts.uri.path_and_query()?.to_string(),
        headers: passed.map(|(name, value)| (name.to_string(), text(value))).collect(),
        body,
        protocol: Protocol::Http2,
    })
}

/// What gRPC says of itself goes into the trailers.
fn response(answer: Answer) -> Response<impl Body<Data = Bytes, Error = Infallible>> {
    let (mut headers, mut trailers) = (HeaderMap::new(), HeaderMap::new());
    for (name, value) in &answer.headers {
        let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) else { continue };
        let to = if name.as_str().starts_with("grpc-") { &mut trailers } else { &mut headers };
        to.append(name, value);
    }
    headers.remove("content-length");
    let trailers = (!trailers.is_empty()).then_some(Ok(trailers));
    let body = Full::new(answer.body).with_trailers(async { trailers });
    let mut response = Response::new(body);
    *response.status_mut() = answer.status.try_into().unwrap_or_default();
    *response.headers_mut() = headers;
    response
}
