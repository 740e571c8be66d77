//! One connection: TLS or not, HTTP/1.1 or HTTP/2, until either side has had enough.

use {
    crate::server::{
        Context,
        line::{Hangup, Line},
        service::{Connection, exchange},
    },
    hyper::{
        server::conn::{http1, http2},
        service::service_fn,
    },
    hyper_util::rt::{TokioExecutor, TokioIo},
    std::{
        io,
        pin::{Pin, pin},
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        time::Duration,
    },
    tokio::{
        io::{AsyncRead, AsyncReadExt, AsyncWrite, copy, sink},
        net::TcpStream,
        sync::watch,
        time::{sleep, timeout},
    },
    tokio_rustls::TlsAcceptor,
};

/// How long a connection may at least be silent: between requests, or over one.
const SILENCE: Duration = Duration::from_secs(60);

/// How long a connection that was told to end may take for it: an HTTP/2 client has been sent a
/// GOAWAY and may still have an answer coming.
const LEAVE: Duration = Duration::from_secs(5);

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How often, and how many times, a client that has sent half of the HTTP/2 preface is looked at.
const PREFACE_PAUSE: Duration = Duration::from_millis(5);
const PREFACE_LOOKS: usize = 50;

/// The largest headers on HTTP/2, in bytes. Source: go `net/http`, `DefaultMaxHeaderBytes`.
const HEADER_LIMIT: u32 = 1 << 20;

/// The largest head on HTTP/1.1, in bytes. Source: go `net/http/server.go`, `initialReadLimitSize`.
const HEAD_LIMIT: usize = (1 << 20) + (4 << 10);

/// The most headers of a request on HTTP/1.1. Go has no limit but that of their size.
const MOST_HEADERS: usize = 512;

/// For how long, and how much, a client whose request was refused may go on sending: closed in the
/// middle, its connection would end with a reset, which can come before the answer is read.
/// Source: go `net/http/server.go`, `rstAvoidanceDelay`.
const LINGER: Duration = Duration::from_millis(500);
const LINGER_LIMIT: u64 = 64 << 20;

/// What an HTTP/2 client sends first.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What the first byte of a TLS connection is: a handshake record.
const TLS_HANDSHAKE: u8 = 0x16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Tls,
    Http1,
    Http2,
}

/// Serves a connection to its end, which comes soon after a word from `stopping`.
pub(super) async fn serve(
    context: Arc<Context>,
    tls: TlsAcceptor,
    stream: TcpStream,
    stopping: watch::Receiver<()>,
) {
    // A server that stops waits for those who hold this.
    let _open = stopping.clone();
    // An error here means that the client has gone, which the first read will say again.
    let _ = stream.set_nodelay(true);
    let Ok(local_address) = stream.local_addr().map(|address| address.to_string().into()) else {
        return;
    };
    let Ok(Ok(protocol)) = timeout(SILENCE, look(&stream)).await else { return };
    let reset = Arc::new(AtomicBool::new(false));
    let hangup = Arc::new(Hangup::default());
    let line = Line::new(stream, Arc::clone(&reset), Arc::clone(&hangup));
    let connection = |secure, protocol| {
        // Over HTTP/2 a connection is always read.
        let hangup = (protocol == Protocol::Http1).then_some(hangup);
        Arc::new(Connection::new(context, secure, local_address, hangup, reset))
    };
    match protocol {
        Protocol::Tls => {
            let Ok(Ok(stream)) = timeout(HANDSHAKE, tls.accept(line)).await else { return };
            let protocol = match stream.get_ref().1.alpn_protocol() {
                Some(b"h2") => Protocol::Http2,
                _ => Protocol::Http1,
            };
            speak(protocol, stream, connection(true, protocol), stopping).await;
        }
        plain => speak(plain, line, connection(false, plain), stopping).await,
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
    // Half a preface and no more: it is refused over HTTP/1.1.
    Ok(Protocol::Http1)
}

/// Speaks HTTP until the connection ends. How it ended is of interest to nobody.
async fn speak<S>(
    protocol: Protocol,
    stream: S,
    connection: Arc<Connection>,
    stopping: watch::Receiver<()>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let enough = enough(Arc::clone(&connection), stopping);
    if protocol == Protocol::Http2 {
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2.max_header_list_size(HEADER_LIMIT);
        let service = service_fn(move |request| exchange(Arc::clone(&connection), request));
        let served = http2.serve_connection(TokioIo::new(stream), service);
        run(pin!(served), enough, |served| served.graceful_shutdown()).await;
    } else {
        speak_http1(stream, connection, enough).await;
    }
}

async fn speak_http1<S>(stream: S, connection: Arc<Connection>, enough: impl Future<Output = ()>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut http1 = http1::Builder::new();
    // As Go does: names in title case, and an answer even when the client's half is closed.
    http1.title_case_headers(true).half_close(true);
    http1.max_headers(MOST_HEADERS).max_header_size(HEAD_LIMIT).max_buf_size(2 * HEAD_LIMIT);
    let exchanges = Arc::clone(&connection);
    let service = service_fn(move |request| exchange(Arc::clone(&exchanges), request));
    let mut served = http1.serve_connection(TokioIo::new(stream), service).with_upgrades();
    let end = run(Pin::new(&mut served), enough, |served| served.graceful_shutdown()).await;
    let refused = matches!(end, Some(Err(error)) if error.is_parse())
        || connection.unread.load(Ordering::Relaxed);
    if let Some(parts) = served.into_parts().filter(|_| refused) {
        let mut rest = parts.io.into_inner().take(LINGER_LIMIT);
        // The client has its answer; what else it sends is of no interest.
        let _ = timeout(LINGER, copy(&mut rest, &mut sink())).await;
    }
}

/// Runs a connection until it ends, or until it is told to and has taken its time for it; how it
/// ended by itself.
async fn run<C: Future>(
    mut served: Pin<&mut C>,
    enough: impl Future<Output = ()>,
    leave: impl FnOnce(Pin<&mut C>),
) -> Option<C::Output> {
    tokio::select! {
        biased;
        end = served.as_mut() => return Some(end),
        () = enough => {}
    }
    leave(served.as_mut());
    let _ = timeout(LEAVE, served).await;
    None
}

/// Ends when the connection is to: it is silent, or the server stops.
async fn enough(connection: Arc<Connection>, mut stopping: watch::Receiver<()>) {
    tokio::select! {
        () = silence(connection) => {}
        // A listener that is gone stops the server too.
        _ = stopping.changed() => {}
    }
}

/// Ends when no request has begun for [`SILENCE`], or for less than twice that.
///
/// One timer for a connection is a fraction of the cost of one for each head and each body, and no
/// request takes nearly as long.
async fn silence(connection: Arc<Connection>) {
    let mut seen = None;
    loop {
        let begun = connection.begun.load(Ordering::Relaxed);
        if seen == Some(begun) && connection.streams.load(Ordering::Relaxed) == 0 {
            return;
        }
        seen = Some(begun);
        sleep(SILENCE).await;
    }
}

/// The client's end of a connection in memory, whose other end is served.
#[cfg(test)]
pub(super) fn converse(protocol: Protocol, context: Arc<Context>) -> tokio::io::DuplexStream {
    let (client, server) = tokio::io::duplex(1 << 16);
    tokio::spawn(async move {
        let (stop, stopping) = watch::channel(());
        let connection = Connection::new(context, false, "".into(), None, Arc::default());
        speak(protocol, server, Arc::new(connection), stopping).await;
        drop(stop);
    });
    client
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::server::{
            echo::{Fixture, fixture},
            tls::Material,
        },
        bytes::Bytes,
        http::Request,
        http_body::{Body, Frame},
        http_body_util::Empty,
        hyper::client,
        rstest::rstest,
        std::{
            convert::Infallible,
            task::{self, Poll},
        },
        tokio::{io::AsyncWriteExt, net::TcpListener},
    };

    fn connection() -> Arc<Connection> {
        Connection::new(fixture().context, false, "".into(), None, Arc::default()).into()
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_a_connection() {
        let start = tokio::time::Instant::now();
        silence(connection()).await;
        assert_eq!(start.elapsed(), SILENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_is_no_silence() {
        let connection = connection();
        connection.streams.fetch_add(1, Ordering::Relaxed);
        let start = tokio::time::Instant::now();
        let stream = async {
            tokio::time::advance(SILENCE * 5).await;
            connection.streams.fetch_sub(1, Ordering::Relaxed);
        };
        tokio::join!(silence(Arc::clone(&connection)), stream);
        assert!(start.elapsed() >= SILENCE * 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_breaks_the_silence() {
        let connection = connection();
        let start = tokio::time::Instant::now();
        let request = async {
            tokio::time::advance(SILENCE / 2).await;
            connection.begun.fetch_add(1, Ordering::Relaxed);
        };
        tokio::join!(silence(Arc::clone(&connection)), request);
        assert_eq!(start.elapsed(), SILENCE * 2);
    }

    /// A body that neither says anything nor ends.
    struct Mute;

    impl Body for Mute {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut task::Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_conversation_in_which_nothing_is_said_is_silence() {
        let (client, server) = tokio::io::duplex(1 << 16);
        let (_stop, stopping) = watch::channel(());
        let handshake = client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(client));
        let (mut sender, talking) = handshake.await.unwrap();
        tokio::spawn(talking);
        let request = Request::post("http://a/conversation").body(Mute);
        let speaking = speak(Protocol::Http2, server, connection(), stopping);
        let both = async { tokio::join!(speaking, sender.send_request(request.unwrap())) };
        let ((), response) = timeout(SILENCE * 10, both).await.unwrap();
        assert_eq!(response.unwrap().status(), 200);
    }

    #[rstest]
    #[case("/stream", 1)]
    #[case("/slow", 0)]
    #[tokio::test]
    async fn a_connection_ends_when_its_client_has_gone(#[case] path: &str, #[case] read: usize) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let (_stop, stopping) = watch::channel(());
        let Fixture { context, stream_ended, .. } = &fixture();
        let context = Arc::clone(context);
        let tls = Material::generate(&[]).unwrap().acceptor().unwrap();
        let leaving = async {
            let head = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
            client.write_all(head.as_bytes()).await.unwrap();
            client.read_exact(&mut vec![0; read]).await.unwrap();
            assert!(!stream_ended.load(Ordering::Relaxed));
            drop(client);
        };
        let both = async { tokio::join!(serve(context, tls, stream, stopping), leaving) };
        timeout(SILENCE / 2, both).await.expect("the connection ends");
        assert_eq!(stream_ended.load(Ordering::Relaxed), path == "/stream");
    }

    #[tokio::test]
    async fn a_stream_ends_when_its_client_resets_it() {
        let Fixture { context, stream_ended, .. } = fixture();
        let client = TokioIo::new(converse(Protocol::Http2, context));
        let (mut sender, talking) =
            client::conn::http2::handshake(TokioExecutor::new(), client).await.unwrap();
        tokio::spawn(talking);
        let request = Request::get("http://a/stream").body(Empty::<Bytes>::new()).unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert!(!stream_ended.load(Ordering::Relaxed));
        drop(response);
        let ended = async {
            while !stream_ended.load(Ordering::Relaxed) {
                tokio::task::yield_now().await;
            }
        };
        timeout(SILENCE / 2, ended).await.expect("the stream ends");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_whose_request_is_refused_may_go_on_sending_for_a_while() {
        let start = tokio::time::Instant::now();
        let (mut client, server) = tokio::io::duplex(1 << 16);
        let (_stop, stopping) = watch::channel(());
        let sent = format!("GET / HTTP/1.1\r\n{}", "X: y\r\n".repeat(1 << 18));
        let asking = async {
            client.write_all(sent.as_bytes()).await.expect("the server reads it all");
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            answer
        };
        let speaking = speak(Protocol::Http1, server, connection(), stopping);
        let ((), answer) = tokio::join!(speaking, asking);
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
        assert_eq!(start.elapsed(), LINGER);
    }

    /// All that the server sends to an HTTP/2 client that is silent after its preface, by the
    /// type and the stream of each frame.
    async fn frames(stopping: watch::Receiver<()>) -> Vec<u8> {
        let (mut client, server) = tokio::io::duplex(1 << 16);
        let settings = b"\0\0\0\x04\0\0\0\0\0";
        client.write_all(&[&PREFACE[..], settings].concat()).await.unwrap();
        let mut sent = Vec::new();
        let speaking = speak(Protocol::Http2, server, connection(), stopping);
        let (_, read) = tokio::join!(speaking, client.read_to_end(&mut sent));
        read.unwrap();
        let mut types = Vec::new();
        let mut rest = &sent[..];
        while let [a, b, c, kind, ..] = rest {
            types.push(*kind);
            rest = &rest[9 + u32::from_be_bytes([0, *a, *b, *c]) as usize..];
        }
        types
    }

    const GOAWAY: u8 = 7;

    #[tokio::test(start_paused = true)]
    async fn a_silent_client_is_told_to_go_away() {
        let start = tokio::time::Instant::now();
        let (_stop, stopping) = watch::channel(());
        assert!(frames(stopping).await.contains(&GOAWAY));
        // The client never answers, which is not waited for without end.
        assert_eq!(start.elapsed(), SILENCE + LEAVE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_stops_says_so() {
        let (stop, stopping) = watch::channel(());
        stop.send_replace(());
        assert!(frames(stopping).await.contains(&GOAWAY));
    }
}
