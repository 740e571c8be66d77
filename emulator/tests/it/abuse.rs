//! Bytes that no client means: an error or a closed connection, and the next request is served.

use {
    crate::client::{self, Way, ask, get, post},
    http::Request,
    rstest::rstest,
    token_emulator::Emulator,
};

const GOOD: &str = "POST /_emulator/v1/clock HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\
    \r\nContent-Length: 15\r\n\r\n{\"freeze\":true}";

/// Bytes that look random and repeat (xorshift).
struct Noise(u64);

impl Noise {
    fn byte(&mut self) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.to_le_bytes()[3]
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.byte()).collect()
    }
}

#[tokio::test]
async fn noise_is_survived() {
    let emulator = Emulator::start().await.unwrap();
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    for length in 1..150 {
        client::send(&emulator, &noise.bytes(length));
        let tls = [&b"\x16\x03\x01"[..], &noise.bytes(length)].concat();
        client::send(&emulator, &tls);
    }
    client::assert_serves(&emulator);
}

#[tokio::test]
async fn noise_behind_the_http2_preface_is_survived() {
    let emulator = Emulator::start().await.unwrap();
    let mut noise = Noise(7);
    for length in 0..50 {
        let noise = noise.bytes(length);
        client::send(&emulator, &[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &*noise].concat());
    }
    client::send(&emulator, b"PRI * HT");
    client::assert_serves(&emulator);
}

#[tokio::test]
async fn noise_in_each_part_of_a_request_is_survived() {
    let emulator = Emulator::start().await.unwrap();
    let mut noise = Noise(42);
    for (path, content_type) in [
        ("/api/v1/namespaces/default/serviceaccounts/default/token", "application/json"),
        ("/apis/authentication.k8s.io/v1/tokenreviews", "application/vnd.kubernetes.protobuf"),
        ("/v1/projects/p/locations/l/attachedClusters", "application/json"),
        (
            "/google.cloud.gkemulticloud.v1.AttachedClusters/ListAttachedClusters",
            "application/grpc",
        ),
        ("/_emulator/v1/clock", "application/json"),
    ] {
        for length in [1, 5, 17, 300] {
            let request = Request::post(path).header("content-type", content_type);
            let request = request.body(noise.bytes(length)).unwrap();
            let response = client::ask(&emulator, Way::Http2, request).await;
            assert_ne!(response.status(), 500, "{path}");
            // A crash under gRPC is an HTTP success, and told from a message that cannot be read
            // by its words alone.
            let message = response.headers().get("grpc-message");
            assert!(message.is_none_or(|it| it != "Internal error encountered."), "{path}");
        }
        let garbled: String = noise.bytes(60).iter().map(|byte| format!("%{byte:02X}")).collect();
        for path in [format!("{path}/{garbled}"), format!("{path}?{garbled}={garbled}")] {
            let response =
                client::ask(&emulator, Way::Http1, Request::get(path).body("").unwrap()).await;
            assert_ne!(response.status(), 500);
        }
    }
    client::assert_serves(&emulator);
}

#[tokio::test]
async fn a_request_may_break_off_anywhere() {
    let emulator = Emulator::start().await.unwrap();
    for end in (0..GOOD.len()).step_by(3) {
        let answer = client::send(&emulator, &GOOD.as_bytes()[..end]);
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "answered {:?}", &GOOD[..end]);
    }
    assert!(!emulator.clock().is_frozen());
    client::assert_serves(&emulator);
}

#[rstest]
#[case::headers(format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(4 << 20)))]
#[case::many_headers(format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(700_000)))]
#[case::path(format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(4 << 20)))]
#[case::no_end("x".repeat(4 << 20))]
#[tokio::test]
async fn a_flood_of_head_is_refused(#[case] flood: String) {
    let emulator = Emulator::start().await.unwrap();
    let answer = client::send(&emulator, flood.as_bytes());
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"));
    client::assert_serves(&emulator);
}

#[rstest]
#[case(Way::Http1, 4 << 20)]
#[case(Way::Http1, 20 << 20)]
#[case(Way::Http2, 4 << 20)]
#[case(Way::Http2, 20 << 20)]
#[case(Way::TlsHttp2, 20 << 20)]
#[tokio::test]
async fn a_flood_of_body_is_answered(#[case] way: Way, #[case] length: usize) {
    let emulator = Emulator::start().await.unwrap();
    for path in ["/_emulator/v1/clock", "/api/v1/namespaces", "/v1/projects/p/locations/l/x"] {
        let request = Request::post(path).header("content-type", "application/json");
        let request = request.body(vec![b'x'; length]).unwrap();
        let response = client::ask(&emulator, way, request).await;
        assert!(response.status().is_client_error(), "{path}: {}", response.status());
    }
    client::assert_serves(&emulator);
}

#[tokio::test]
async fn a_generation_begins_again_behind_the_last() {
    let emulator = Emulator::start().await.unwrap();
    let maps = "/api/v1/namespaces/default/configmaps";
    let map = r#"{"metadata":{"name":"a","generation":9223372036854775807,"finalizers":["a.example/b"]}}"#;
    assert_eq!(post(&emulator, maps, map).await.0, 201);
    let request = Request::delete(format!("{maps}/a")).body("").unwrap();
    let response = ask(&emulator, Way::Http1, request).await;
    assert_eq!(response.status(), 200);
    assert_eq!(get(&emulator, &format!("{maps}/a")).await.1["metadata"]["generation"], i64::MIN);
}
