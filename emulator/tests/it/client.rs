//! A client that speaks each of the ways in, and one that sends bytes as they are.

use {
    bytes::Bytes,
    http::{Request, Response, header::HOST},
    http_body_util::{BodyExt, Full},
    hyper::client::conn::{http1, http2},
    hyper_util::rt::{TokioExecutor, TokioIo},
    rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs},
    rustls_pki_types::{CertificateDer, ServerName, pem::PemObject},
    std::{
        io::{Read, Write},
        net::{Shutdown, TcpStream},
        sync::Arc,
        time::Duration,
    },
    token_emulator::Emulator,
    tokio::io::{AsyncRead, AsyncWrite},
    tokio_rustls::{TlsConnector, client::TlsStream},
};

/// A way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Http1,
    Http2,
    TlsHttp1,
    TlsHttp2,
}

/// Sends one request on a connection of its own.
pub(crate) async fn ask(
    emulator: &Emulator,
    way: Way,
    request: Request<impl Into<Bytes>>,
) -> Response<Bytes> {
    let stream = tokio::net::TcpStream::connect(emulator.address()).await.unwrap();
    match way {
        Way::Http1 => over_http1(stream, request).await,
        Way::Http2 => over_http2(stream, request).await,
        Way::TlsHttp1 => over_http1(tls(emulator, stream, b"http/1.1").await, request).await,
        Way::TlsHttp2 => over_http2(tls(emulator, stream, b"h2").await, request).await,
    }
}

/// A GET over plain HTTP/1.1, whose answer has a JSON body.
pub(crate) async fn get(emulator: &Emulator, path: &str) -> (u16, serde_json::Value) {
    let response = ask(emulator, Way::Http1, Request::get(path).body("").unwrap()).await;
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
}

/// A POST over plain HTTP/1.1, whose answer has a JSON body.
pub(crate) async fn post(emulator: &Emulator, path: &str, body: &str) -> (u16, serde_json::Value) {
    let request = Request::post(path).body(body.to_owned()).unwrap();
    let response = ask(emulator, Way::Http1, request).await;
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
}

/// Sends bytes as they are, then nothing more, and gives all that comes back.
pub(crate) fn send(emulator: &Emulator, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(emulator.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // The server may hang up before everything is sent: that is an answer too.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answer) {
        let timed_out =
            matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut);
        assert!(!timed_out, "the connection hangs");
    }
    answer
}

/// Asks whether the next request is served.
pub(crate) fn assert_serves(emulator: &Emulator) {
    let answer = send(emulator, b"GET /_emulator/v1/health HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"), "{}", String::from_utf8_lossy(&answer));
}

/// The TLS side, trusting the emulator's authority, offering one protocol.
pub(crate) async fn tls(
    emulator: &Emulator,
    stream: tokio::net::TcpStream,
    protocol: &[u8],
) -> TlsStream<tokio::net::TcpStream> {
    let authorities = CertificateDer::pem_slice_iter(emulator.ca_certificate().as_bytes());
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(authorities.map(Result::unwrap));
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let name = ServerName::try_from("kubernetes.default.svc").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol));
    stream
}

async fn over_http1<S>(stream: S, request: Request<impl Into<Bytes>>) -> Response<Bytes>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut request = request.map(|body| Full::new(body.into()));
    request.headers_mut().entry(HOST).or_insert("localhost".parse().unwrap());
    whole(sender.send_request(request).await.unwrap()).await
}

async fn over_http2<S>(stream: S, request: Request<impl Into<Bytes>>) -> Response<Bytes>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let executor = TokioExecutor::new();
    let (mut sender, connection) = http2::handshake(executor, TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = request.map(|body| Full::new(body.into()));
    whole(sender.send_request(request).await.unwrap()).await
}

async fn whole(response: Response<hyper::body::Incoming>) -> Response<Bytes> {
    let (parts, body) = response.into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}
