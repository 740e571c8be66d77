//! Pages in browsers: those of other sites get at nothing, unless their origin is allowed. How a
//! real browser sees it is in `cargo xtask browser`.

use {
    crate::client::{Way, ask, get},
    bytes::Bytes,
    http::{HeaderMap, Method, Request, Response},
    rstest::rstest,
    serde_json::{Value, json},
    token_emulator::{Config, Emulator},
};

const NAMESPACES: &str = "/api/v1/namespaces";
const CLUSTERS: &str = "/v1/projects/p/locations/us-west1/attachedClusters";
const CLOCK: &str = "/_emulator/v1/clock";
const WATCH: &str = "/api/v1/secrets?watch=true";
const PAGE: &str = "http://page.example:3000";

/// One request of each API, with what a page can do without asking for it first.
const REQUESTS: [(Method, &str, &str); 6] = [
    (Method::GET, NAMESPACES, ""),
    (Method::POST, NAMESPACES, r#"{"metadata": {"name": "from-a-page"}}"#),
    (Method::GET, CLUSTERS, ""),
    (Method::POST, CLUSTERS, "{}"),
    (Method::GET, CLOCK, ""),
    (Method::POST, CLOCK, r#"{"advance": "1h"}"#),
];

/// Sends a request with these headers, over plain HTTP/1.1 where nothing else is said.
async fn send_over(
    way: Way,
    emulator: &Emulator,
    (method, path, body): &(Method, &str, &str),
    headers: &[(&str, &str)],
) -> Response<Bytes> {
    let mut request = Request::builder().method(method).uri(*path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = Bytes::copy_from_slice(body.as_bytes());
    ask(emulator, way, request.body(body).unwrap()).await
}

async fn send(
    emulator: &Emulator,
    request: &(Method, &str, &str),
    headers: &[(&str, &str)],
) -> Response<Bytes> {
    send_over(Way::Http1, emulator, request, headers).await
}

fn handshake<'a>(headers: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    [&usual[..], headers].concat()
}

async fn allowing(origins: &[&str]) -> Emulator {
    let allow_origin = origins.iter().map(|origin| origin.parse().unwrap()).collect();
    let listen = "127.0.0.1:0".parse().unwrap();
    Emulator::start_with(Config { listen, allow_origin, ..Config::default() }).await.unwrap()
}

fn json_of(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

#[rstest]
#[tokio::test]
async fn a_page_of_another_site_gets_at_nothing(
    #[values("cross-site", "same-site", "Cross-Site")] site: &str,
    #[values(Way::Http1, Way::Http2, Way::TlsHttp1, Way::TlsHttp2)] way: Way,
) {
    let emulator = Emulator::start().await.unwrap();
    emulator.clock().freeze();
    let before = emulator.clock().now();
    for request in &REQUESTS {
        let marks = [("sec-fetch-site", site), ("sec-fetch-mode", "no-cors"), ("origin", PAGE)];
        let response = send_over(way, &emulator, request, &marks).await;
        assert_eq!(response.status(), 403, "{request:?}");
        // A link that is clicked has no origin.
        let marks = [("sec-fetch-site", site), ("sec-fetch-mode", "navigate")];
        let response = send_over(way, &emulator, request, &marks).await;
        assert_eq!(response.status(), 403, "{request:?}");
    }
    assert_eq!(emulator.clock().now(), before);
    assert_eq!(get(&emulator, "/_emulator/v1/journal").await.1, json!({"entries": []}));
    assert_eq!(get(&emulator, "/api/v1/namespaces/from-a-page").await.0, 404);
}

#[tokio::test]
async fn each_api_says_in_its_words_how_a_page_would_be_allowed() {
    let emulator = Emulator::start().await.unwrap();
    let marks = [("sec-fetch-site", "cross-site"), ("origin", "http://PAGE.example:80")];
    let said = "the request comes from a page of another site, http://page.example; start the \
                server with --allow-origin http://page.example to allow it";
    let refused = async |path| json_of(&send(&emulator, &(Method::GET, path, ""), &marks).await);
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                        "message": said, "reason": "Forbidden", "code": 403});
    assert_eq!(refused(NAMESPACES).await, status);
    let error = json!({"code": 403, "message": said, "status": "PERMISSION_DENIED"});
    assert_eq!(refused(CLUSTERS).await, json!({"error": error}));
    assert_eq!(refused(CLOCK).await, json!({"error": said}));
}

#[tokio::test]
async fn grpc_has_its_own_words_for_a_page() {
    let emulator = Emulator::start().await.unwrap();
    let method = "/google.cloud.gkemulticloud.v1.AttachedClusters/ListAttachedClusters";
    let marks = [("sec-fetch-site", "same-site"), ("content-type", "application/grpc")];
    let call = (Method::POST, method, "");
    for way in [Way::Http1, Way::Http2] {
        let refused = send_over(way, &emulator, &call, &marks).await;
        let (status, headers) = (refused.status(), refused.headers());
        assert_eq!((status.as_u16(), headers["grpc-status"].to_str().unwrap()), (200, "7"));
        let message = headers["grpc-message"].to_str().unwrap();
        assert!(message.contains("--allow-origin"), "{message}");
    }
}

#[tokio::test]
async fn a_fault_is_not_used_up_by_a_page_that_may_not_ask() {
    let emulator = Emulator::start().await.unwrap();
    emulator.faults().order(&json!({"code": 503})).unwrap();
    let marks = [("sec-fetch-site", "cross-site")];
    assert_eq!(send(&emulator, &REQUESTS[0], &marks).await.status(), 403);
    assert_eq!(send(&emulator, &REQUESTS[0], &[]).await.status(), 503);
}

#[rstest]
#[case::typed_into_the_address_bar(&[("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")])]
#[case::of_its_own_page(&[("sec-fetch-site", "same-origin"), ("origin", "http://localhost:1")])]
#[case::through_a_proxy_of_a_page(&[("sec-fetch-site", "same-origin"), ("origin", PAGE)])]
#[case::no_browser(&[])]
#[tokio::test]
async fn what_no_page_of_another_site_asks_is_answered(#[case] marks: &[(&str, &str)]) {
    let emulator = Emulator::start().await.unwrap();
    for request in REQUESTS.iter().filter(|(method, ..)| method == Method::GET) {
        assert_eq!(send(&emulator, request, marks).await.status(), 200, "{request:?}");
    }
}

#[rstest]
#[case(PAGE)]
#[case("null")]
#[case("http://localhost:3000")]
#[case("https://localhost")]
#[case("http://localhost.page.example")]
#[case("chrome-extension://abc")]
#[case("nonsense")]
#[case("")]
#[tokio::test]
async fn an_origin_alone_decides_for_the_controls_and_for_web_sockets(#[case] origin: &str) {
    let emulator = Emulator::start().await.unwrap();
    let origin = [("origin", origin)];
    for request in &REQUESTS {
        let response = send(&emulator, request, &origin).await;
        let is_control = request.1 == CLOCK;
        assert_eq!(response.status() == 403, is_control, "{request:?}");
    }
    let watch = (Method::GET, WATCH, "");
    let response = send(&emulator, &watch, &handshake(&origin)).await;
    assert_eq!(response.status(), 403);
    assert!(json_of(&response)["message"].as_str().unwrap().contains("page of another site"));
}

#[rstest]
#[case("0.0.0.0:8693")]
#[case("[::]:8693")]
#[case("[::ffff:127.0.0.1]:8693")]
#[case("[::ffff:7f00:1]")]
#[tokio::test]
async fn an_origin_decides_where_a_browser_does_not_know_this_machine(#[case] host: &str) {
    let emulator = allowing(&[PAGE]).await;
    let own = format!("http://{host}");
    for request in REQUESTS.iter().filter(|(method, ..)| method == Method::GET) {
        let foreign = [("host", host), ("origin", "http://other.example")];
        assert_eq!(send(&emulator, request, &foreign).await.status(), 403, "{request:?}");
        for origin in [PAGE, &own] {
            let response = send(&emulator, request, &[("host", host), ("origin", origin)]).await;
            assert_eq!(response.status(), 200, "{request:?} {origin}");
        }
        // What comes without an origin may be loaded by a page, which is not to get it.
        let response = send(&emulator, request, &[("host", host)]).await;
        assert_eq!(response.status(), 200, "{request:?}");
        let policy = response.headers().get("cross-origin-resource-policy").unwrap();
        assert_eq!(policy, "same-origin", "{request:?}");
    }
}

#[tokio::test]
async fn two_origins_are_none() {
    let emulator = allowing(&[PAGE]).await;
    let both = [("origin", PAGE), ("origin", "http://localhost")];
    assert_eq!(send(&emulator, &REQUESTS[4], &both).await.status(), 403);
}

#[rstest]
#[case::localhost("http://localhost:8693", "localhost:8693")]
#[case::its_case("http://localhost:8693", "LOCALHOST:8693")]
#[case::usual_port("http://emulator", "emulator")]
#[case::usual_port_that_is_named("http://emulator", "emulator:80")]
#[case::https_on_the_same_port("https://localhost:8693", "localhost:8693")]
#[case::ipv6("http://[::1]:8693", "[::1]:8693")]
#[tokio::test]
async fn a_page_of_the_emulator_itself_may_ask(#[case] origin: &str, #[case] host: &str) {
    let emulator = Emulator::start().await.unwrap();
    let own = [("origin", origin), ("host", host)];
    assert_eq!(send(&emulator, &REQUESTS[4], &own).await.status(), 200);
    assert_eq!(send(&emulator, &(Method::GET, WATCH, ""), &handshake(&own)).await.status(), 101);
}

#[rstest]
#[case("http://page.example:3000", &["http://page.example:3000"])]
#[case("http://page.example:3000", &["https://other.example", "HTTP://Page.Example:3000/"])]
#[case("http://page.example", &["http://page.example:80"])]
#[case("null", &["null"])]
#[tokio::test]
async fn a_page_that_is_allowed_may_ask_each_api(#[case] origin: &str, #[case] allowed: &[&str]) {
    let emulator = allowing(allowed).await;
    let marks = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors"), ("origin", origin)];
    for request in REQUESTS.iter().filter(|(method, ..)| method == Method::GET) {
        let response = send(&emulator, request, &marks).await;
        assert_eq!(response.status(), 200, "{request:?}");
        assert_eq!(response.headers()["access-control-allow-origin"], origin, "{request:?}");
        let vary = response.headers().get_all("vary").iter();
        assert_eq!(vary.filter(|value| *value == "Origin").count(), 1, "{request:?}");
        // Errors are read, too.
        let missing = (Method::GET, &*format!("{}/missing", request.1), "");
        let response = send(&emulator, &missing, &marks).await;
        assert_eq!(response.headers()["access-control-allow-origin"], origin, "{missing:?}");
    }
    let watch = (Method::GET, WATCH, "");
    let response = send(&emulator, &watch, &handshake(&[("origin", origin)])).await;
    // Go's WebSocket has no use for an origin that is no URL.
    assert_eq!(response.status(), if origin == "null" { 403 } else { 101 });
}

#[tokio::test]
async fn a_page_that_is_allowed_is_told_what_it_may_send() {
    let emulator = allowing(&[PAGE]).await;
    let asked = [
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "authorization,impersonate-user"),
        ("access-control-request-private-network", "true"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "cors"),
    ];
    for (_, path, _) in REQUESTS {
        let preflight = (Method::OPTIONS, path, "");
        let marks = [&asked[..], &[("origin", PAGE)]].concat();
        let allowed = send(&emulator, &preflight, &marks).await;
        let shown = |headers: &HeaderMap, name: &str| headers[name].to_str().unwrap().to_owned();
        // Google's own answer is as it was.
        let is_google = path == CLUSTERS;
        assert_eq!(allowed.status(), if is_google { 200 } else { 204 }, "{path}");
        let headers = allowed.headers();
        assert_eq!(shown(headers, "access-control-allow-origin"), PAGE);
        let allowed_headers = shown(headers, "access-control-allow-headers");
        assert_eq!(allowed_headers, "authorization,impersonate-user");
        assert!(shown(headers, "access-control-allow-methods").contains("DELETE"));
        if !is_google {
            assert_eq!(shown(headers, "access-control-allow-private-network"), "true");
        }
        let marks = [&asked[..], &[("origin", "http://other.example")]].concat();
        assert_eq!(send(&emulator, &preflight, &marks).await.status(), 403, "{path}");
    }
}

#[tokio::test]
async fn what_no_page_asks_has_no_headers_for_pages() {
    let emulator = allowing(&[PAGE]).await;
    for marks in [&[][..], &[("origin", "http://localhost")]] {
        let response = send(&emulator, &REQUESTS[0], marks).await;
        let names: Vec<_> = response.headers().keys().map(|name| name.as_str()).collect();
        assert!(!names.iter().any(|it| it.starts_with("access-control-")), "{names:?}");
    }
}
