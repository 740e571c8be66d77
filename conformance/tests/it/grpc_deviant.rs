//! The same over gRPC, where status, message and details stand in the trailers. What is prepared
//! goes over HTTP/1.1 and through untouched.

use {
    crate::deviant::{Lie, Reply},
    bytes::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, Request, Response},
    http_body_util::{BodyExt, Full},
    hyper::{
        body::{Body, Incoming},
        server::conn::{http1, http2},
        service::service_fn,
    },
    hyper_util::rt::{TokioExecutor, TokioIo},
    std::{convert::Infallible, sync::Arc},
    token_conformance::{
        client::{Client, Endpoint, tls},
        exchange,
        variant::Protocol,
    },
    tokio::net::{TcpListener, TcpStream},
};

/// What every HTTP/2 connection begins with.
const PREFACE: &[u8; 3] = b"PRI";

/// Starts a liar before an emulator; it ends with its runtime.
pub(crate) async fn start(emulator: &str, lie: Lie) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let endpoint = Endpoint::parse(emulator).unwrap();
    let tls = tls::config(&tls::Trust::System, None).unwrap();
    let client = Arc::new(Client::new(endpoint, tls));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, lie, Arc::clone(&client)));
        }
    });
    url
}

async fn serve(stream: TcpStream, lie: Lie, client: Arc<Client>) {
    let mut first = [0; PREFACE.len()];
    while stream.peek(&mut first).await.is_ok_and(|it| it < first.len()) {}
    let http2 = first == *PREFACE;
    let service = service_fn(move |request: Request<Incoming>| {
        let client = Arc::clone(&client);
        async move {
            let mut reply = forward(&client, request, http2).await;
            if http2 {
                lie(&mut reply);
            }
            Ok::<_, Infallible>(response(reply))
        }
    });
    let io = TokioIo::new(stream);
    // An error here is the client going away.
    let _ended = if http2 {
        http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await
    } else {
        http1::Builder::new().serve_connection(io, service).await
    };
}

async fn forward(client: &Client, request: Request<Incoming>, http2: bool) -> Reply {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let text = |it: &HeaderValue| it.to_str().unwrap().to_owned();
    let ours = |name: &HeaderName| name != "host" && name != "content-length";
    let headers = parts.headers.iter().filter(|(name, _)| ours(name));
    let request = exchange::Request {
        method: parts.method.to_string(),
        path: parts.uri.path_and_query().unwrap().to_string(),
        headers: headers.map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: body.clone(),
        protocol: if http2 { Protocol::Http2 } else { Protocol::Http1 },
    };
    let answer = client.send(&request).await.unwrap();
    Reply {
        request: body.to_vec(),
        status: answer.status,
        headers: answer.headers,
        body: answer.body.to_vec(),
    }
}

/// What gRPC says of itself goes into the trailers.
fn response(reply: Reply) -> Response<impl Body<Data = Bytes, Error = Infallible>> {
    let mut trailers = HeaderMap::new();
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        if name.starts_with("grpc-") {
            let name: HeaderName = name.parse().unwrap();
            trailers.append(name, value.parse().unwrap());
        } else if name != "content-length" {
            response = response.header(name, value);
        }
    }
    let trailers = (!trailers.is_empty()).then_some(Ok(trailers));
    let body = Full::new(Bytes::from(reply.body)).with_trailers(async { trailers });
    response.body(body).unwrap()
}
