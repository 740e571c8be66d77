//! One connection: TLS or not, HTTP/1.1 or HTTP/2, until either side has had enough.

use {
    crate::server::{
        Context,
        service::{Connection, exchange},
    },
    hyper::{
        server::conn::{http1, http2},
        service::service_fn,
    },
    hyper_util::{
        rt::{TokioExecutor, TokioIo, TokioTimer},
        server::graceful::Watcher,
    },
    std::{io, sync::Arc, time::Duration},
    tokio::{
        io::{AsyncRead, AsyncWrite},
        net::TcpStream,
        time::{sleep, timeout},
    },
    tokio_rustls::TlsAcceptor,
};

/// How long a connection may rest between requests, or take over a request's head.
/// Source: apiserver `pkg/server/secure_serving.go`, `IdleTimeout`.
const IDLE: Duration = Duration::from_secs(90);

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How often, and how many times, a client that has sent half of the HTTP/2 preface is looked at.
const PREFACE_PAUSE: Duration = Duration::from_millis(5);
const PREFACE_LOOKS: usize = 50;

/// The largest headers on HTTP/2, in bytes. Source: go `net/http`, `DefaultMaxHeaderBytes`.
const HEADER_LIMIT: u32 = 1 << 20;

/// What an HTTP/2 client sends first.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What the first byte of a TLS connection is: a handshake record.
const TLS_HANDSHAKE: u8 = 0x16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Tls,
    Http1,
    Http2,
}

/// Serves a connection to its end.
pub(super) async fn serve(
    context: Arc<Context>,
    tls: TlsAcceptor,
    stream: TcpStream,
    watcher: Watcher,
) {
    // An error here means that the client has gone, which the first read will say again.
    let _ = stream.set_nodelay(true);
    let Ok(local_address) = stream.local_addr().map(|address| address.to_string()) else { return };
    let Ok(Ok(protocol)) = timeout(IDLE, look(&stream)).await else { return };
    let connection = |secure| Arc::new(Connection { context, secure, local_address });
    match protocol {
        Protocol::Tls => {
            let Ok(Ok(stream)) = timeout(HANDSHAKE, tls.accept(stream)).await else { return };
            let protocol = match stream.get_ref().1.alpn_protocol() {
                Some(b"h2") => Protocol::Http2,
                _ => Protocol::Http1,
            };
            speak(protocol, stream, connection(true), watcher).await;
        }
        plain => speak(plain, stream, connection(false), watcher).await,
    }
}

/// Looks at what a client sent first, and leaves it to be read.
async fn look(stream: &TcpStream) -> io::Result<Protocol> {
    let mut first = [0; PREFACE.len()];
    for _ in 0..PREFACE_LOOKS {
        let seen = match stream.peek(&mut first).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => &first[..length],
        };
        if seen[0] == TLS_HANDSHAKE {
            return Ok(Protocol::Tls);
        } else if seen == PREFACE {
            return Ok(Protocol::Http2);
        } else if !PREFACE.starts_with(seen) {
            return Ok(Protocol::Http1);
        }
        sleep(PREFACE_PAUSE).await;
    }
    // Half a preface and no more: HTTP/1.1 has the words to refuse it.
    Ok(Protocol::Http1)
}

/// Speaks HTTP until the connection ends. How it ended is of interest to nobody.
async fn speak<S>(protocol: Protocol, stream: S, connection: Arc<Connection>, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let stream = TokioIo::new(stream);
    let service = service_fn(move |request| exchange(Arc::clone(&connection), request));
    if protocol == Protocol::Http2 {
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2.timer(TokioTimer::new()).max_header_list_size(HEADER_LIMIT);
        let _ = watcher.watch(http2.serve_connection(stream, service)).await;
    } else {
        let mut http1 = http1::Builder::new();
        http1.timer(TokioTimer::new()).header_read_timeout(IDLE);
        // As Go does: names in title case, and an answer even when the client's half is closed.
        http1.title_case_headers(true).half_close(true).pipeline_flush(true);
        let _ = watcher.watch(http1.serve_connection(stream, service)).await;
    }
}
