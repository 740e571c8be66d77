//! What clients may send over HTTP/1.1 and HTTP/1.0, and what is refused before an API sees it.

use {
    crate::client,
    rstest::rstest,
    std::{
        io::{Error, ErrorKind, Read, Write},
        net::TcpStream,
        time::Duration,
    },
    token_emulator::Emulator,
};

const GOOD: &str = "GET /version HTTP/1.1\r\nHost: a\r\n\r\n";

/// All that comes back for what was sent, as text. The client's half is closed.
fn send(emulator: &Emulator, text: impl AsRef<[u8]>) -> String {
    String::from_utf8(client::send(emulator, text.as_ref())).unwrap()
}

/// The same, where the client goes on to listen. A client that is slow to send what is refused may
/// have its answer and then a reset.
fn ask(emulator: &Emulator, text: impl AsRef<[u8]>) -> String {
    let mut stream = TcpStream::connect(emulator.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let written = stream.write_all(text.as_ref());
    let mut answer = Vec::new();
    for end in [written, stream.read_to_end(&mut answer).map(drop)] {
        let has_hung_up = |error: &Error| {
            matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
        };
        assert!(end.as_ref().err().is_none_or(has_hung_up), "{end:?}");
    }
    String::from_utf8(answer).unwrap()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("")
}

#[rstest]
#[case(&[0, 99, 100, 0, 511, 0], 6)]
#[case(&[511, 512], 1)]
#[case(&[0, 100, 512], 2)]
#[tokio::test]
async fn a_kept_connection_takes_many_headers(#[case] counts: &[usize], #[case] answered: usize) {
    let emulator = Emulator::start().await.unwrap();
    for line_end in ["\r\n", "\n"] {
        let request = |count: &usize| {
            let headers = "X: y\n".repeat(*count);
            format!("GET /version HTTP/1.1\nHost: a\n{headers}\n").replace('\n', line_end)
        };
        let sent: String = counts.iter().map(request).collect();
        let answer = send(&emulator, sent);
        assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), answered, "{answer}");
        let refused = usize::from(answered < counts.len());
        assert_eq!(answer.matches("HTTP/1.1 431 ").count(), refused, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_groups_are_impersonated_and_no_more() {
    let emulator = Emulator::start().await.unwrap();
    let request = |groups: usize| {
        let groups: String =
            (0..groups).map(|it| format!("Impersonate-Group: a-group-{it}.example\r\n")).collect();
        format!(
            "POST /apis/authentication.k8s.io/v1/selfsubjectreviews HTTP/1.1\r\nHost: a\r\n\
             Connection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\
             Impersonate-User: someone\r\n{groups}\r\n{{}}"
        )
    };
    let answer = ask(&emulator, request(507));
    assert_eq!((status(&answer), answer.matches("a-group-").count()), ("201", 507), "{answer}");
    // What is left unread of the request does not end the connection before its answer is read.
    for groups in [508, 2000] {
        let answer = ask(&emulator, request(groups));
        assert_eq!(status(&answer), "431", "{answer}");
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn a_head_of_more_than_a_mebibyte_is_too_large() {
    let emulator = Emulator::start().await.unwrap();
    let sent = |length| format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(length));
    assert_eq!(status(&send(&emulator, sent(1 << 20))), "200");
    assert_eq!(status(&send(&emulator, sent((1 << 20) + 8192))), "431");
}

#[tokio::test]
async fn a_target_of_more_than_64_kibibytes_is_too_long() {
    let emulator = Emulator::start().await.unwrap();
    let sent = |length| format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(length));
    assert_eq!(status(&send(&emulator, sent(65_533))), "404");
    assert_eq!(status(&send(&emulator, sent(65_534))), "414");
}

/// The printable bytes of ASCII that are refused when they stand at `{}` as they are.
fn refused(emulator: &Emulator, target: &str) -> String {
    let is_refused = |byte: &char| {
        let target = target.replace("{}", &byte.to_string());
        let answer = send(emulator, format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"));
        answer.starts_with("HTTP/1.1 400 Bad Request\r\n") && answer.ends_with("\r\n\r\n")
    };
    ('!'..='~').filter(is_refused).collect()
}

#[tokio::test]
async fn odd_bytes_in_a_target_need_no_escapes() {
    let emulator = Emulator::start().await.unwrap();
    // An escape is checked where it is decoded, and not here.
    assert_eq!(refused(&emulator, "/version/a{}b"), "<>`");
    assert_eq!(refused(&emulator, "/version?a{}b"), "\"<>");
    let path = "/odd/\"{}|^\\[]~'\u{e9}\u{20ac}";
    let query = "`{}|^\\[]~'\u{e9}\u{20ac}";
    let answer = send(&emulator, format!("GET {path}?{query} HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_eq!(status(&answer), "404");
    let (_, journal) = client::get(&emulator, "/_emulator/v1/journal").await;
    assert_eq!(journal["entries"].as_array().unwrap().last().unwrap()["path"], path);
}

#[tokio::test]
async fn a_target_is_utf8() {
    let emulator = Emulator::start().await.unwrap();
    for target in [&b"/a\xe9b"[..], b"/?a\xe9b", b"/\x7f", b"/\x01"] {
        let sent = [b"GET ", target, b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
        assert_eq!(status(&send(&emulator, sent)), "400");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http_1_0_needs_no_host() {
    let emulator = Emulator::start().await.unwrap();
    let answer = ask(&emulator, "GET /version HTTP/1.0\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n") && answer.ends_with('}'), "{answer}");
    let kept = "GET /version HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    let answer = ask(&emulator, format!("{kept}GET /version HTTP/1.0\r\n\r\n"));
    assert_eq!(answer.matches("HTTP/1.0 200 OK\r\n").count(), 2, "{answer}");
    // No chunks: a watch ends with its connection, here as soon as the client's half has ended.
    let answer = send(&emulator, "GET /api/v1/namespaces?watch=1 HTTP/1.0\r\n\r\n");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(!head.to_lowercase().contains("transfer-encoding"), "{head}");
    assert!(body.starts_with("{\"type\":\"ADDED\"") && body.ends_with("}\n"), "{body}");
}

#[tokio::test]
async fn a_body_is_waited_for_when_the_client_asks_first() {
    let emulator = Emulator::start().await.unwrap();
    let request = "POST /_emulator/v1/clock HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\
        Content-Length: 15\r\n\r\n{\"freeze\":true}";
    let answer = send(&emulator, request);
    assert!(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), "{answer}");
}

#[rstest]
#[case("GET /version", "application/json", "HTTP/1.1 200 OK\r\n")]
#[case("HEAD /_emulator/v1/health", "application/json", "HTTP/1.1 200 OK\r\n")]
#[case("POST /a.Service/Method", "application/grpc", "HTTP/1.1 200 OK\r\n")]
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_no_answer_depends_on_is_not_asked_for(
    #[case] line: &str,
    #[case] content_type: &str,
    #[case] expected: &str,
) {
    let emulator = Emulator::start().await.unwrap();
    let answer = ask(
        &emulator,
        format!(
            "{line} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 15\r\n\
             Content-Type: {content_type}\r\n\r\n"
        ),
    );
    assert!(answer.starts_with(expected), "{answer}");
}

#[rstest]
#[case("GET /nothing", "", "404")]
#[case("PUT /version", "{}", "405")]
#[case("POST /api/v1/namespaces", "{", "400")]
#[case("POST /api/v1/namespaces", &"x".repeat((3 << 20) + 1), "413")]
#[case("POST /v1/projects/p/locations/l/attachedClusters", "{", "400")]
#[case("GET /v1/projects/p/locations/l/attachedClusters/a", "", "404")]
#[case("POST /_emulator/v1/clock", "{", "400")]
#[tokio::test]
async fn a_connection_is_kept_after_an_error(
    #[case] line: &str,
    #[case] body: &str,
    #[case] expected: &str,
) {
    let emulator = Emulator::start().await.unwrap();
    let length = body.len();
    let answer = send(
        &emulator,
        format!(
            "{line} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}{GOOD}"
        ),
    );
    assert_eq!(status(&answer), expected, "{answer}");
    let (_, next) = answer.rsplit_once("HTTP/1.1 ").unwrap();
    assert!(next.starts_with("200 OK\r\n") && next.contains("gitVersion"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_has_closed_its_half_gets_its_answer_whole() {
    let emulator = Emulator::start().await.unwrap();
    let request = "GET /openapi/v2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let [heard, kept] = [send(&emulator, request), ask(&emulator, request)];
    let body = |answer: &str| answer.split_once("\r\n\r\n").unwrap().1.len();
    assert!(body(&kept) > 1 << 20);
    assert_eq!(body(&heard), body(&kept));
}

#[rstest]
#[case("/api/v1/namespaces", "500", "\"message\":\"the body of the request could not be read\"")]
#[case("/v1/projects/p/locations/l/attachedClusters", "400", "The request's body could not be")]
#[case("/_emulator/v1/state", "400", "{\"error\":\"the body of the request could not be read\"}")]
#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_and_ends_the_connection(
    #[case] path: &str,
    #[case] expected: &str,
    #[case] message: &str,
) {
    let emulator = Emulator::start().await.unwrap();
    for (framing, body) in [
        ("Content-Length: 9", "{}"),
        ("Transfer-Encoding: chunked", "2\r\n{}\r\n"),
        ("Transfer-Encoding: chunked", "zz\r\n{}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", "1\r\n{}\r\n0\r\n\r\n"),
    ] {
        let answer = send(
            &emulator,
            format!(
                "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
                 {framing}\r\n\r\n{body}"
            ),
        );
        assert_eq!(status(&answer), expected, "{answer}");
        assert!(answer.contains(message) && answer.matches("HTTP/1.1").count() == 1, "{answer}");
    }
}

#[rstest]
#[case("GET\r\n\r\n", "400 Bad Request")]
#[case("HELLO\r\n\r\n", "400 Bad Request")]
#[case("G@T /api HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request")]
#[case("GET  /api HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request")]
#[case("GET /api HTTP/3.0\r\nHost: a\r\n\r\n", "400 Bad Request")]
#[case("GET /api HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n folded\r\n\r\n", "400 Bad Request")]
#[case("GET /api HTTP/1.1\r\nHost: a\r\nX-A\r\n\r\n", "400 Bad Request")]
#[case("GET /api HTTP/1.1\r\nHost: a\r\nX-A: \u{1}\r\n\r\n", "400 Bad Request")]
#[case("GET /api HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", "400 Bad Request")]
#[case("GET /api HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "400 Bad Request")]
#[tokio::test]
async fn a_malformed_head_is_refused_after_what_came_before(
    #[case] sent: &str,
    #[case] expected: &str,
) {
    let emulator = Emulator::start().await.unwrap();
    let refused = |answer: &str| {
        let (line, headers) = answer.split_once("\r\n").unwrap();
        line == format!("HTTP/1.1 {expected}")
            && headers.to_lowercase().contains("connection: close\r\n")
            && headers.ends_with("\r\n\r\n")
    };
    let answer = send(&emulator, sent);
    assert!(refused(&answer), "{answer}");
    let answer = send(&emulator, format!("{GOOD}{sent}"));
    let at = answer.rfind("HTTP/1.1 ").unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && refused(&answer[at..]), "{answer}");
}
