//! One port: http and https, HTTP/1.1 and HTTP/2.

use {
    crate::client::{self, Way},
    bytes::Bytes,
    http::{Method, Request, Version},
    rstest::rstest,
    std::{io::Write, net::TcpStream},
    token_emulator::Emulator,
};

#[rstest]
#[case(Way::Http1, Version::HTTP_11)]
#[case(Way::Http2, Version::HTTP_2)]
#[case(Way::TlsHttp1, Version::HTTP_11)]
#[case(Way::TlsHttp2, Version::HTTP_2)]
#[tokio::test]
async fn every_way_in_is_answered(#[case] way: Way, #[case] version: Version) {
    let emulator = Emulator::start().await.unwrap();
    let request = Request::post("/_emulator/v1/clock").body(r#"{"freeze":true}"#).unwrap();
    let response = client::ask(&emulator, way, request).await;
    assert_eq!((response.status().as_u16(), response.version()), (200, version));
    assert!(response.headers().contains_key("date"));
    assert!(response.body().ends_with(b"}\n"));
    assert!(emulator.clock().is_frozen());
}

#[tokio::test]
async fn a_short_body_has_a_length_and_a_long_one_has_chunks() {
    let emulator = Emulator::start().await.unwrap();
    let get = |path| client::ask(&emulator, Way::Http1, Request::get(path).body("").unwrap());
    let short = get("/version").await;
    assert_eq!(short.headers()["content-length"], short.body().len().to_string());
    let long = get("/api/v1").await;
    assert!(long.body().len() > 2048);
    assert_eq!(long.headers()["transfer-encoding"], "chunked");
    assert!(!long.headers().contains_key("content-length"));
}

#[tokio::test]
async fn a_head_request_gets_no_body() {
    let emulator = Emulator::start().await.unwrap();
    for way in [Way::Http1, Way::Http2] {
        let mut request = Request::get("/_emulator/v1/health").body(Bytes::new()).unwrap();
        *request.method_mut() = Method::HEAD;
        let response = client::ask(&emulator, way, request).await;
        assert_eq!((response.status().as_u16(), response.body().len()), (200, 0));
        assert_ne!(response.headers()["content-length"], "0");
    }
}

#[tokio::test]
async fn requests_on_one_connection_are_answered_in_turn() {
    let emulator = Emulator::start().await.unwrap();
    let request = "GET /_emulator/v1/health HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3);
    let answer = String::from_utf8(client::send(&emulator, request.as_bytes())).unwrap();
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 3, "{answer}");
}

#[tokio::test]
async fn the_certificate_is_good_for_the_names_of_a_cluster() {
    let emulator = Emulator::start().await.unwrap();
    let stream = tokio::net::TcpStream::connect(emulator.address()).await.unwrap();
    // The client checks it for kubernetes.default.svc.
    client::tls(&emulator, stream, b"h2").await;
}

#[tokio::test]
async fn a_handshake_that_fails_hurts_nobody_else() {
    let emulator = Emulator::start().await.unwrap();
    let answer = client::send(&emulator, b"\x16\x03\x01\x00\x04\x00\x00\x00\x00");
    // An alert record: the client is told in its own words.
    assert_eq!(answer.first(), Some(&0x15));
    client::send(&emulator, b"\x16");
    client::assert_serves(&emulator);
}

#[tokio::test]
async fn clients_that_say_nothing_hold_nobody_up() {
    let emulator = Emulator::start().await.unwrap();
    let silent: Vec<_> =
        [&b""[..], b"\x16", b"P", b"GET / HT", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
            .into_iter()
            .map(|bytes| {
                let mut stream = TcpStream::connect(emulator.address()).unwrap();
                stream.write_all(bytes).unwrap();
                stream
            })
            .collect();
    client::assert_serves(&emulator);
    drop(silent);
}
