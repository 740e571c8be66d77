//! What clients leave behind when they go: nothing, by the descriptors of the program.

use {
    crate::{client, program},
    std::{
        fs,
        io::{Read, Write},
        net::TcpStream,
        time::{Duration, Instant},
    },
    token_launch::Server,
};

/// How long a descriptor may stay behind. On a machine that does other things, too, that is more
/// than what it takes.
const PATIENCE: Duration = Duration::from_secs(20);

const WATCH: &str = "GET /api/v1/secrets?watch=1 HTTP/1.1\r\nHost: localhost\r\n";
const POST: &str =
    "POST /api/v1/namespaces HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://localhost\r\n\
                       Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

fn descriptors(server: &Server) -> usize {
    fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap().count()
}

/// Waits until the program has at most so many descriptors.
fn wait_for(server: &Server, most: usize, what: &str) {
    let end = Instant::now() + PATIENCE;
    while descriptors(server) > most {
        assert!(Instant::now() < end, "{what}: {} descriptors stay", descriptors(server) - most);
    }
}

/// Connects, sends something, and reads so many bytes.
fn send(server: &Server, text: &str, bytes: usize) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    stream.read_exact(&mut vec![0; bytes]).unwrap();
    stream
}

/// The whole answer to a request whose connection ends with it.
fn ask(server: &Server, text: &str) -> String {
    let mut answer = String::new();
    send(server, text, 0).read_to_string(&mut answer).unwrap();
    answer
}

/// Has the next request of a path wait for a minute.
fn delay(server: &Server, path: &str) {
    let body = format!(r#"{{"delay": "1m", "path": "{path}"}}"#);
    let head = "POST /_emulator/v1/faults HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
    let answer = ask(server, &format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()));
    assert!(answer.contains(r#"{"faults":[{"delay""#), "{answer}");
}

#[test]
fn a_client_that_has_gone_leaves_no_descriptor() {
    let server = program::start(&[], &[]);
    let kinds: [(&str, String, usize); 9] = [
        ("a watch", format!("{WATCH}\r\n"), 12),
        ("a watch, and requests behind it", format!("{WATCH}\r\n").repeat(2000), 12),
        ("a watch over WebSocket", format!("{WATCH}{UPGRADE}\r\n"), 12),
        ("half a head", WATCH.to_owned(), 0),
        ("half a body", format!("{POST}Content-Length: 99\r\n\r\n{{"), 0),
        ("half a chunk", format!("{POST}Transfer-Encoding: chunked\r\n\r\n9\r\n{{"), 0),
        ("a connection that waits", "GET /version HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), 12),
        ("an answer that is not read", "GET /openapi/v2 HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), 1),
        ("half a handshake", "\u{16}\u{3}\u{1}".to_owned(), 0),
    ];
    ask(&server, "GET /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    for (what, text, bytes) in &kinds {
        let before = descriptors(&server);
        let clients: Vec<_> = (0..8).map(|_| send(&server, text, *bytes)).collect();
        drop(clients);
        wait_for(&server, before, what);
    }
}

#[test]
fn a_client_that_no_longer_waits_for_its_answer_leaves_no_descriptor() {
    let server = program::start(&[], &[]);
    let before = descriptors(&server);
    let clients = (0..8).map(|number| {
        delay(&server, &format!("/late/{number}"));
        send(&server, &format!("GET /late/{number} HTTP/1.1\r\nHost: a\r\n\r\n"), 0)
    });
    drop(clients.collect::<Vec<_>>());
    wait_for(&server, before, "a request that a fault delays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_over_tls_or_http2_that_has_gone_leaves_no_descriptor() {
    use {
        http::Request,
        http_body_util::Empty,
        hyper::client::conn::{http1, http2},
        hyper_util::rt::{TokioExecutor, TokioIo},
    };
    let server = program::start(&[], &[]);
    let authority = fs::read_to_string(server.ca_file()).unwrap();
    let before = descriptors(&server);
    let watch = || {
        let request = Request::get("https://localhost/api/v1/secrets?watch=1");
        request.header("host", "localhost").body(Empty::<bytes::Bytes>::new()).unwrap()
    };
    let mut tasks = Vec::new();
    for protocol in [&b"http/1.1"[..], b"h2"] {
        let stream = tokio::net::TcpStream::connect(server.address()).await.unwrap();
        let stream = TokioIo::new(client::tls_with(&authority, stream, protocol).await);
        if protocol == b"h2" {
            let (mut sender, connection) =
                http2::handshake(TokioExecutor::new(), stream).await.unwrap();
            tasks.push(tokio::spawn(async { drop(connection.await) }));
            // A delayed request is left behind with the connection, too.
            delay(&server, "/late");
            let late = Request::get("https://localhost/late").body(Empty::new()).unwrap();
            let late = sender.send_request(late);
            assert_eq!(sender.clone().send_request(watch()).await.unwrap().status(), 200);
            tasks.push(tokio::spawn(async { drop(late.await) }));
        } else {
            let (mut sender, connection) = http1::handshake(stream).await.unwrap();
            tasks.push(tokio::spawn(async { drop(connection.await) }));
            assert_eq!(sender.send_request(watch()).await.unwrap().status(), 200);
        }
    }
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
    wait_for(&server, before, "a watch over TLS");
}

#[test]
fn watches_that_come_and_go_do_not_use_up_the_descriptors() {
    let server = limited();
    for _ in 0..150 {
        send(&server, &format!("{WATCH}\r\n"), 12);
    }
}

#[test]
fn a_program_without_descriptors_goes_on_when_there_are_some() {
    let server = limited();
    let clients: Vec<_> = (0..100).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    let end = Instant::now() + PATIENCE;
    while descriptors(&server) < 64 {
        assert!(Instant::now() < end, "{} descriptors", descriptors(&server));
    }
    drop(clients);
    send(&server, "GET /version HTTP/1.1\r\nHost: a\r\n\r\n", 12);
}

/// A program that may have 64 descriptors.
fn limited() -> Server {
    let mut shell = program::command(&[]);
    let binary = std::mem::replace(&mut shell, std::process::Command::new("sh"));
    shell.args(["-c", r#"ulimit -n 64; exec "$0" "$@""#]).arg(binary.get_program());
    Server::spawn(shell, &[]).unwrap()
}
