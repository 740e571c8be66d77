//! Requests whose bytes are odd: what HTTP allows but few send.

use crate::{
    random::Random,
    request::{Body, Request},
};

/// The pieces of a request, each of which may be odd.
struct Pieces {
    line: String,
    headers: Vec<String>,
    body: String,
    line_end: &'static str,
}

const LINES: &[&str] = &[
    "GET /api HTTP/1.0",
    "GET * HTTP/1.1",
    "OPTIONS * HTTP/1.1",
    "OPTIONS /api HTTP/1.1",
    "HEAD /api HTTP/1.1",
    "TRACE /api HTTP/1.1",
    "get /api HTTP/1.1",
    "G.E_T /api HTTP/1.1",
    "GET https://{{address}}/api HTTP/1.1",
    "GET http://other.example/api HTTP/1.1",
    "GET //api HTTP/1.1",
    "GET /api/ HTTP/1.1",
    "GET /api/../version HTTP/1.1",
    "GET /api/%2e%2e/version HTTP/1.1",
    "GET /%61pi HTTP/1.1",
    "GET /%zz HTTP/1.1",
    "GET /api%2 HTTP/1.1",
    "GET /api? HTTP/1.1",
    "GET /api?? HTTP/1.1",
    "GET /api?%zz HTTP/1.1",
    "GET /api?a;b HTTP/1.1",
    // What is not ASCII is written byte by byte: a euro sign.
    "GET /\u{e2}\u{82}\u{ac} HTTP/1.1",
    "GET /api?\u{e2}\u{82}\u{ac} HTTP/1.1",
    "GET /a\"b HTTP/1.1",
    "GET /a{c}|^\\ HTTP/1.1",
    "GET /api?a{}|^`\\ HTTP/1.1",
    "GET /[x] HTTP/1.1",
];

const HEADERS: &[&str] = &[
    "X-A:",
    "X-A:1",
    "X-A: \t1 \t",
    "X-A: \u{e9}\u{ff}",
    "x-!#$%&'*+.^_`|~: 1",
    "Expect: 100-continue",
    "Expect: 100-Continue",
    "Expect: 200-ok",
    "Expect:",
    "Connection: close",
    "Connection: keep-alive, close",
    "Connection: upgrade\r\nUpgrade: h2c",
    "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Trailer: X-T",
    "Content-Type: application/json",
    "Accept: application/yaml",
    "Accept-Encoding: gzip",
    "Accept-Encoding: gzip;q=0, *",
    "Accept-Encoding: identity",
    "Authorization: Bearer nobody-token",
    "Authorization: Bearer\tadmin-token",
    "Proxy-Connection: x",
    "Keep-Alive: x",
    "TE: trailers",
];

/// Bodies beside what says where they end.
const BODIES: &[(&str, &str)] = &[
    ("Content-Length: 2", "{}"),
    ("Content-Length: 2\r\nContent-Length: 2", "{}"),
    ("content-length: 002", "{}"),
    ("Content-Length: 1", "{"),
    ("Content-Length: 0", ""),
    ("Transfer-Encoding: chunked", "2\r\n{}\r\n0\r\n\r\n"),
    ("Transfer-Encoding: CHUNKED", "2\r\n{}\r\n0\r\n\r\n"),
    ("Transfer-Encoding: chunked", "2;a=b\r\n{}\r\n0\r\n\r\n"),
    ("Transfer-Encoding: chunked", "2\r\n{}\r\n0\r\nX-T: 1\r\n\r\n"),
    ("Transfer-Encoding: chunked", "02\r\n{}\r\n00\r\n\r\n"),
    ("Transfer-Encoding: chunked", "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"),
    ("Transfer-Encoding: chunked", "0\r\n\r\n"),
    ("Transfer-Encoding: chunked\r\nContent-Length: 2", "2\r\n{}\r\n0\r\n\r\n"),
];

/// A request that is odd in one place or two.
pub(super) fn request(random: &mut Random) -> Request {
    let posts = random.chance(50);
    let mut pieces = plain(posts);
    for _ in 0..=usize::from(random.chance(25)) {
        twist(random, &mut pieces);
    }
    let Pieces { line, headers, body, line_end } = pieces;
    let headers: String = headers.iter().map(|header| format!("{header}{line_end}")).collect();
    let text = format!("{line}{line_end}{headers}{line_end}{body}");
    let method = if line.starts_with("HEAD") { "HEAD" } else { "GET" };
    let mut request = Request::new(method, "/wire");
    request.headers.clear();
    request.body = Body::Wire(text);
    request
}

fn plain(posts: bool) -> Pieces {
    let mut headers = vec![
        "Host: {{address}}".to_owned(),
        "Authorization: Bearer admin-token".to_owned(),
        "User-Agent: wire".to_owned(),
    ];
    let (line, body) = if posts {
        headers.push("Content-Length: 2".to_owned());
        ("POST /apis/authentication.k8s.io/v1/selfsubjectreviews HTTP/1.1", "{}")
    } else {
        ("GET /api HTTP/1.1", "")
    };
    Pieces { line: line.to_owned(), headers, body: body.to_owned(), line_end: "\r\n" }
}

fn twist(random: &mut Random, pieces: &mut Pieces) {
    match random.below(10) {
        0..3 => pieces.line = random.text(LINES),
        3..6 => {
            let at = random.below(pieces.headers.len() + 1);
            pieces.headers.insert(at, random.text(HEADERS));
        }
        6 => {
            let framing = ["content-length", "transfer-encoding"];
            let frames = |header: &String| {
                let header = header.to_lowercase();
                framing.iter().any(|name| header.starts_with(name))
            };
            pieces.headers.retain(|header| !frames(header));
            let (framing, body) = BODIES[random.below(BODIES.len())];
            pieces.headers.push(framing.to_owned());
            pieces.body = body.to_owned();
        }
        7 => {
            pieces.headers.retain(|header| !header.to_lowercase().starts_with("host:"));
            let hosts = ["Host:", "host: {{address}}", "Host: a:1", "Host: [::1]"];
            pieces.headers.push(random.text(&hosts));
        }
        8 => pieces.line_end = "\n",
        _ => match random.below(3) {
            0 => pieces.headers.push(format!("X-Long: {}", "x".repeat(100_000))),
            1 => pieces.headers.extend((0..150).map(|it| format!("X-{it}: {it}"))),
            _ => pieces.line = format!("GET /{} HTTP/1.1", "x".repeat(9000)),
        },
    }
}
