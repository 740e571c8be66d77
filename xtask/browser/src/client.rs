//! A client that is no browser: it says nothing of a page.

use {
    crate::Result,
    bytes::Bytes,
    http::{Request, header::HOST},
    http_body_util::{BodyExt, Full},
    hyper::client::conn::http1,
    hyper_util::rt::TokioIo,
    serde_json::Value,
    tokio::net::TcpStream,
};

/// Asks at an address, and reads the JSON that comes back.
pub(crate) async fn ask(
    address: &str,
    method: &str,
    path: &str,
    body: Option<Value>,
) -> Result<(u16, Value)> {
    let stream = TokioIo::new(TcpStream::connect(address).await?);
    let (mut sender, connection) = http1::handshake(stream).await?;
    tokio::spawn(connection);
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let request = Request::builder().method(method).uri(path).header(HOST, address);
    let request = request.header("content-type", "application/json");
    let response = sender.send_request(request.body(Full::new(Bytes::from(body)))?).await?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await?.to_bytes();
    Ok((status, serde_json::from_slice(&body)?))
}
