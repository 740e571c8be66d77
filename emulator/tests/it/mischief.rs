//! Answers that come late, in part or not at all, on order.

use {
    crate::client::{Way, ask, get, post, tls},
    http::Request,
    http_body_util::BodyExt,
    rstest::rstest,
    serde_json::json,
    std::io::{ErrorKind, Read, Write},
    token_emulator::Emulator,
};

const DOCUMENT: &str = "/openid/v1/jwks";

async fn order(emulator: &Emulator, fault: serde_json::Value) {
    let (status, answer) = post(emulator, "/_emulator/v1/faults", &fault.to_string()).await;
    assert_eq!(status, 200, "{answer}");
}

/// What came over a connection of its own, and whether it ended with a reset.
fn read(emulator: &Emulator, request: &str) -> (String, bool) {
    let mut stream = std::net::TcpStream::connect(emulator.address()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return (String::from_utf8(answer).unwrap(), false),
            Ok(length) => answer.extend_from_slice(&piece[..length]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                return (String::from_utf8(answer).unwrap(), true);
            }
            Err(error) => panic!("{error}"),
        }
    }
}

fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")
}

#[rstest]
#[case(DOCUMENT)]
#[case("/v1/projects/p/locations/l/attachedClusters")]
#[tokio::test]
async fn a_reset_ends_the_connection_without_an_answer(#[case] path: &str) {
    let emulator = Emulator::start().await.unwrap();
    order(&emulator, json!({"reset": true, "path": path})).await;
    assert_eq!(get(&emulator, "/version").await.0, 200);
    assert_eq!(read(&emulator, &request(path)), (String::new(), true));
    assert_eq!(get(&emulator, path).await.0, 200);
    let (_, journal) = get(&emulator, "/_emulator/v1/journal").await;
    let entry = &journal["entries"][1];
    assert_eq!((&entry["status"], &entry["fault"]), (&json!(null), &json!("reset")));
    assert_eq!(journal["entries"][2].get("fault"), None);
}

#[tokio::test]
async fn a_reset_over_http2_leaves_the_other_streams() {
    let emulator = Emulator::start().await.unwrap();
    order(&emulator, json!({"reset": true, "path": DOCUMENT})).await;
    let stream = tokio::net::TcpStream::connect(emulator.address()).await.unwrap();
    let stream = tls(&emulator, stream, b"h2").await;
    let executor = hyper_util::rt::TokioExecutor::new();
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(executor, io).await.unwrap();
    tokio::spawn(connection);
    let ask = |path: &str| {
        let body = http_body_util::Empty::<bytes::Bytes>::new();
        Request::get(format!("https://a{path}")).body(body).unwrap()
    };
    assert!(sender.send_request(ask(DOCUMENT)).await.is_err());
    assert_eq!(sender.send_request(ask("/version")).await.unwrap().status(), 200);
    assert_eq!(sender.send_request(ask(DOCUMENT)).await.unwrap().status(), 200);
}

#[rstest]
#[case(DOCUMENT, 20, "content-length")]
#[case(DOCUMENT, 0, "content-length")]
#[case("/api/v1", 3000, "transfer-encoding: chunked")]
#[case("/v1/projects/p/locations/l/attachedServerConfig", 9, "transfer-encoding: chunked")]
#[tokio::test]
async fn an_answer_is_cut_after_its_first_bytes(
    #[case] path: &str,
    #[case] bytes: usize,
    #[case] framing: &str,
) {
    let emulator = Emulator::start().await.unwrap();
    let whole = ask(&emulator, Way::Http1, Request::get(path).body("").unwrap()).await.into_body();
    order(&emulator, json!({"truncate": bytes})).await;
    let (answer, reset) = read(&emulator, &request(path));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK") && head.to_lowercase().contains(framing), "{head}");
    let whole = std::str::from_utf8(&whole[..bytes]).unwrap();
    assert!(body.contains(whole) && body.len() < bytes + 16 && !reset, "{body}");
    assert!(!body.ends_with("0\r\n\r\n"));
    let (_, journal) = get(&emulator, "/_emulator/v1/journal").await;
    let entry = &journal["entries"][1];
    assert_eq!((&entry["status"], &entry["fault"]), (&json!(200), &json!("truncate")));
}

#[tokio::test]
async fn an_answer_that_fits_is_whole() {
    let emulator = Emulator::start().await.unwrap();
    order(&emulator, json!({"truncate": 100_000})).await;
    let (status, keys) = get(&emulator, DOCUMENT).await;
    assert_eq!((status, keys["keys"].as_array().unwrap().len()), (200, 1));
}

#[tokio::test]
async fn an_error_and_a_watch_are_cut_too() {
    let emulator = Emulator::start().await.unwrap();
    order(&emulator, json!({"code": 503, "truncate": 5})).await;
    let (answer, _) = read(&emulator, &request(DOCUMENT));
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.ends_with("\r\n\r\n{\"kin"), "{answer}");
    order(&emulator, json!({"truncate": 5})).await;
    let (answer, _) = read(&emulator, &request("/api/v1/namespaces?watch=1"));
    assert!(answer.contains("{\"typ") && !answer.contains("ADDED"), "{answer}");
}

#[tokio::test]
async fn a_delay_is_in_real_time_whatever_the_clock_does() {
    let emulator = Emulator::start().await.unwrap();
    emulator.clock().freeze();
    order(&emulator, json!({"delay": "300ms", "path": DOCUMENT})).await;
    order(&emulator, json!({"delay": "1ms", "code": 429, "retry_after": 3})).await;
    let start = std::time::Instant::now();
    // The others do not wait for it.
    let (late, (soon, _)) = tokio::join!(get(&emulator, DOCUMENT), async {
        let answer = ask(&emulator, Way::Http1, Request::get("/version").body("").unwrap()).await;
        (answer.status().as_u16(), answer.headers()["retry-after"].clone())
    });
    assert_eq!((late.0, soon), (200, 429));
    assert!(start.elapsed().as_millis() >= 300);
    let (_, journal) = get(&emulator, "/_emulator/v1/journal").await;
    let faults: Vec<_> =
        journal["entries"].as_array().unwrap().iter().map(|it| &it["fault"]).collect();
    assert_eq!(faults, [&json!("delay, code"), &json!("delay")]);
}

#[tokio::test]
async fn grpc_is_cut_before_its_trailers() {
    let emulator = Emulator::start().await.unwrap();
    order(&emulator, json!({"truncate": 3, "method": "GetAttachedServerConfig"})).await;
    let path = "/google.cloud.gkemulticloud.v1.AttachedClusters/GetAttachedServerConfig";
    let stream = tokio::net::TcpStream::connect(emulator.address()).await.unwrap();
    let executor = hyper_util::rt::TokioExecutor::new();
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(executor, io).await.unwrap();
    tokio::spawn(connection);
    let name = b"projects/p/locations/l/attachedServerConfig";
    let mut body = vec![0, 0, 0, 0, 2 + name.len() as u8, 10, name.len() as u8];
    body.extend_from_slice(name);
    let request = Request::post(format!("{}{path}", emulator.url()))
        .header("content-type", "application/grpc")
        .body(http_body_util::Full::new(bytes::Bytes::from(body)));
    let answer = sender.send_request(request.unwrap()).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.into_body().collect().await.is_err());
}
