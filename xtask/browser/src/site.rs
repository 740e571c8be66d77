//! A site whose every page is empty, for scripts to run in.

use {
    crate::Result,
    bytes::Bytes,
    http::{Request, Response},
    http_body_util::Full,
    hyper::{body::Incoming, server::conn::http1, service::service_fn},
    hyper_util::rt::TokioIo,
    std::convert::Infallible,
    tokio::net::TcpListener,
};

const PAGE: &str = "<!doctype html><title>page</title><body></body>";

/// Serves it for as long as the program runs, and says at which port.
pub(crate) async fn open() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let served = http1::Builder::new();
            tokio::spawn(served.serve_connection(TokioIo::new(stream), service_fn(answer)));
        }
    });
    Ok(port)
}

async fn answer(_request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::new(Bytes::from_static(PAGE.as_bytes())));
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("text/html"));
    Ok(response)
}
