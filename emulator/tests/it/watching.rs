//! Watches, over sockets: what is told, and that they end.

use {
    crate::client::{self, Way},
    http::Request,
    rstest::rstest,
    serde_json::{Value, json},
    std::{
        io::{Read, Write},
        net::{Shutdown, TcpStream},
        time::Duration,
    },
    token_emulator::Emulator,
    tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        time::timeout,
    },
};

const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";
const PODS: &str = "/api/v1/namespaces/default/pods";

/// The events of a watch that begins with what is there, and is over after a moment.
async fn events(emulator: &Emulator, way: Way, query: &str) -> Vec<Value> {
    let path = format!("{CONFIG_MAPS}?watch=true&timeoutSeconds=1&{query}");
    let response = client::ask(emulator, way, Request::get(path).body("").unwrap()).await;
    assert_eq!(response.status(), 200);
    let text = String::from_utf8(response.body().to_vec()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A watch that has begun, on a connection of its own.
struct Watch(TcpStream);

impl Watch {
    fn begin(emulator: &Emulator, query: &str) -> Self {
        Self::of(emulator, CONFIG_MAPS, query)
    }

    fn of(emulator: &Emulator, path: &str, query: &str) -> Self {
        let mut stream = TcpStream::connect(emulator.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let head = format!("GET {path}?watch=true&{query} HTTP/1.1\r\nHost: a\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        Self(stream)
    }

    /// Reads on until a text has come; all that has come.
    fn until(&mut self, text: &str) -> String {
        let mut all = String::new();
        let mut piece = [0; 4096];
        while !all.contains(text) {
            let length = self.0.read(&mut piece).unwrap();
            assert!(length > 0, "{text} has not come, but {all}");
            all.push_str(std::str::from_utf8(&piece[..length]).unwrap());
        }
        all
    }
}

async fn create(emulator: &Emulator, name: &str) {
    let body = json!({"metadata": {"name": name}}).to_string();
    assert_eq!(client::post(emulator, CONFIG_MAPS, &body).await.0, 201);
}

#[rstest]
#[case(Way::Http1)]
#[case(Way::TlsHttp2)]
#[tokio::test]
async fn a_watch_begins_with_what_is_there(#[case] way: Way) {
    let emulator = Emulator::start().await.unwrap();
    create(&emulator, "a").await;
    let query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let events = events(&emulator, way, &format!("{query}&fieldSelector=metadata.name=a")).await;
    assert_eq!(events[0]["type"], "ADDED");
    assert_eq!(events[0]["object"]["metadata"]["name"], "a");
    assert_eq!(events[1]["type"], "BOOKMARK");
    let annotations = &events[1]["object"]["metadata"]["annotations"];
    assert_eq!(*annotations, json!({"k8s.io/initial-events-end": "true"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_told_as_they_come() {
    let emulator = Emulator::start().await.unwrap();
    let mut watch = Watch::begin(&emulator, "fieldSelector=metadata.name=a");
    watch.until("\r\n\r\n");
    create(&emulator, "b").await;
    create(&emulator, "a").await;
    let told = watch.until("ADDED");
    assert!(told.contains(r#""name":"a""#) && !told.contains(r#""name":"b""#), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_time_brings_is_told_without_another_request() {
    let emulator = Emulator::start().await.unwrap();
    let pod = json!({
        "metadata": {"name": "p"},
        "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]},
    });
    assert_eq!(client::post(&emulator, PODS, &pod.to_string()).await.0, 201);
    let delete = Request::delete(format!("{PODS}/p")).body("").unwrap();
    assert_eq!(client::ask(&emulator, Way::Http1, delete).await.status(), 200);
    let mut watch = Watch::of(&emulator, PODS, "");
    watch.until("deletionTimestamp");
    emulator.clock().advance("1m".parse().unwrap()).unwrap();
    watch.until("DELETED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_sends_watchers_back_to_the_start() {
    let emulator = Emulator::start().await.unwrap();
    let mut watch = Watch::begin(&emulator, "");
    watch.until("kube-root-ca.crt");
    emulator.world().reset();
    let told = watch.until("\r\n0\r\n\r\n");
    assert!(told.contains(r#""type":"ERROR""#), "{told}");
    assert!(told.contains(r#""reason":"Expired","code":410"#), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_ends_watches() {
    let emulator = Emulator::start().await.unwrap();
    let mut watch = Watch::begin(&emulator, "");
    watch.until("kube-root-ca.crt");
    drop(emulator);
    let mut rest = Vec::new();
    // Closed or reset, but not left open.
    let _ = watch.0.read_to_end(&mut rest);
}

#[tokio::test]
async fn a_watch_goes_over_a_web_socket() {
    let emulator = Emulator::start().await.unwrap();
    let mut stream = TcpStream::connect(emulator.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!(
        "GET {CONFIG_MAPS}?watch=true HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://a\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let read = |stream: &mut TcpStream, wanted: &[u8]| {
        let (mut all, mut piece) = (Vec::new(), [0; 4096]);
        while !all.windows(wanted.len()).any(|window| window == wanted) {
            let length = stream.read(&mut piece).unwrap();
            assert!(length > 0, "it has not come, but {all:?}");
            all.extend_from_slice(&piece[..length]);
        }
        all
    };
    let answer = read(&mut stream, b"\r\n\r\n");
    let answer = String::from_utf8_lossy(&answer).to_lowercase();
    assert!(answer.starts_with("http/1.1 101 "), "{answer}");
    assert!(answer.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{answer}");
    create(&emulator, "told").await;
    read(&mut stream, b"\"name\":\"told\"");
    // A ping is answered, and a close frame ends it.
    stream.write_all(&[0x89, 0x81, 0, 0, 0, 0, b'a']).unwrap();
    read(&mut stream, &[0x8a, 1, b'a']);
    stream.write_all(&[0x88, 0x80, 0, 0, 0, 0]).unwrap();
    read(&mut stream, &[0x88, 2, 0x03, 0xe8]);
    assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0);
}

#[tokio::test]
async fn a_web_socket_wants_an_origin() {
    let emulator = Emulator::start().await.unwrap();
    let request = Request::get(format!("{CONFIG_MAPS}?watch=true"))
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let response = client::ask(&emulator, Way::Http1, request.body("").unwrap()).await;
    assert_eq!(response.status(), 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_ends_with_the_clients_half() {
    let emulator = Emulator::start().await.unwrap();
    let mut watch = Watch::begin(&emulator, "");
    // What comes behind the watch is answered after it, and hides no end.
    watch.0.write_all(b"GET /version HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    watch.until("kube-root-ca.crt");
    watch.0.shutdown(Shutdown::Write).unwrap();
    let mut rest = String::new();
    watch.0.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("0\r\n\r\nHTTP/1.1 200 OK\r\n"), "{rest}");
}

#[tokio::test]
async fn a_watch_over_tls_ends_with_the_clients_half() {
    let emulator = Emulator::start().await.unwrap();
    let stream = tokio::net::TcpStream::connect(emulator.address()).await.unwrap();
    let mut stream = client::tls(&emulator, stream, b"http/1.1").await;
    let head = format!("GET {CONFIG_MAPS}?watch=true HTTP/1.1\r\nHost: a\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut all = String::new();
    let read = timeout(Duration::from_secs(20), stream.read_to_string(&mut all));
    read.await.expect("the watch ends").unwrap();
    assert!(all.contains("kube-root-ca.crt") && all.ends_with("\r\n0\r\n\r\n"), "{all}");
}
