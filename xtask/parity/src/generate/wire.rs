//! Requests whose bytes are odd: what HTTP forbids, and what it allows but few send.

use crate::{
    random::Random,
    request::{Body, Request},
};

/// The pieces of a request, each of which may be odd.
struct Pieces {
    line: String,
    headers: Vec<String>,
    end: String,
    body: String,
    line_end: &'static str,
}

const LINES: &[&str] = &[
    "GET /api HTTP/1.0",
    "GET /api HTTP/1.2",
    "GET /api HTTP/2.0",
    "GET /api HTTP/0.9",
    "GET /api HTTP/3",
    "GET /api http/1.1",
    "GET /api HTTP/1.10",
    "GET /api HTTP/1",
    "GET /api HTTP/1.1 ",
    "GET /api",
    "GET",
    "",
    " GET /api HTTP/1.1",
    "GET  /api HTTP/1.1",
    "GET /api  HTTP/1.1",
    "GET\t/api HTTP/1.1",
    "GET /a b HTTP/1.1",
    "GET api HTTP/1.1",
    "GET  HTTP/1.1",
    "GET * HTTP/1.1",
    "OPTIONS * HTTP/1.1",
    "CONNECT {{address}} HTTP/1.1",
    "CONNECT /api HTTP/1.1",
    "GET https://{{address}}/api HTTP/1.1",
    "GET http://other.example/api HTTP/1.1",
    "GET //api HTTP/1.1",
    "GET /%zz HTTP/1.1",
    "GET /api?%zz HTTP/1.1",
    "GET /api?a;b HTTP/1.1",
    "GET /api#x HTTP/1.1",
    "GET /a\u{7f} HTTP/1.1",
    "GET /a\u{1}b HTTP/1.1",
    "GET /\u{e9} HTTP/1.1",
    "GET /\u{20ac} HTTP/1.1",
    "GET /a\"b HTTP/1.1",
    "GET /a<b>{c}|^`\\ HTTP/1.1",
    "GET /api?a\"b<>{}|^` HTTP/1.1",
    "GET /[x] HTTP/1.1",
    "GET :80 HTTP/1.1",
    "GET ?x HTTP/1.1",
    "get /api HTTP/1.1",
    "G@T /api HTTP/1.1",
    "G\u{e9}T /api HTTP/1.1",
    "GET: /api HTTP/1.1",
    "PRI * HTTP/2.0",
    "HELLO",
    "\u{16}\u{3}\u{1}",
];

const HEADERS: &[&str] = &[
    "X-A: 1\r\n  folded",
    "X-A: 1\r\n\tfolded",
    "X-A",
    "X-A : 1",
    " X-A: 1",
    ": 1",
    "X A: 1",
    "X\u{e9}: 1",
    "X(A): 1",
    "X-A: \u{0}",
    "X-A: \u{1}",
    "X-A: \u{7f}",
    "X-A: a\rb",
    "X-A:",
    "X-A:1",
    "X-A: \u{e9}\u{ff}",
    "Host: second.example",
    "Host: a b",
    "Content-Length: 2",
    "Content-Length: 3",
    "Content-Length: abc",
    "Content-Length: -1",
    "Content-Length: +2",
    "Content-Length: 2, 2",
    "Content-Length:",
    "Content-Length: 99999999999999999999",
    "Content-Length: 0x2",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: identity",
    "Transfer-Encoding: Chunked",
    "Transfer-Encoding: chunked, chunked",
    "Transfer-Encoding: gzip",
    "Transfer-Encoding:",
    "Transfer-Encoding: \u{b}chunked",
    "Expect: 100-continue",
    "Expect: 100-Continue",
    "Expect: 200-ok",
    "Expect:",
    "Connection: close",
    "Connection: keep-alive, close",
    "Connection: upgrade\r\nUpgrade: h2c",
    "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Trailer: X-T",
    "Trailer: Content-Length",
    "Content-Type: application/json",
    "Accept: application/yaml",
    "Authorization: Bearer nobody-token",
    "Authorization: Bearer\tadmin-token",
    "Proxy-Connection: x",
    "Keep-Alive: x",
    "TE: trailers",
];

const BODIES: &[&str] = &[
    "{}",
    "",
    "{",
    "2\r\n{}\r\n0\r\n\r\n",
    "2;a=b\r\n{}\r\n0\r\n\r\n",
    "2\r\n{}\r\n0\r\nX-T: 1\r\n\r\n",
    "2\r\n{}\r\n",
    "02\r\n{}\r\n00\r\n\r\n",
    "2\n{}\n0\n\n",
    "x\r\n{}\r\n0\r\n\r\n",
    "-2\r\n{}\r\n0\r\n\r\n",
    "3\r\n{}\r\n0\r\n\r\n",
    "ffffffffffffffffff\r\n{}\r\n",
    "2 \r\n{}\r\n0\r\n\r\n",
    "\r\n",
    "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
];

/// A request that is odd in one place or two.
pub(super) fn request(random: &mut Random) -> Request {
    let posts = random.chance(50);
    let mut pieces = plain(posts);
    let mut places = vec![random.below(12)];
    // A server that refuses at once and is still being sent to may break off.
    if places != [10] && random.chance(25) {
        places.push(random.below(10));
    }
    for place in places {
        twist(random, &mut pieces, place);
    }
    let Pieces { line, headers, end, body, line_end } = pieces;
    let headers: String = headers.iter().map(|header| format!("{header}{line_end}")).collect();
    let text = format!("{line}{line_end}{headers}{end}{body}");
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
    Pieces {
        line: line.to_owned(),
        headers,
        end: "\r\n".to_owned(),
        body: body.to_owned(),
        line_end: "\r\n",
    }
}

fn twist(random: &mut Random, pieces: &mut Pieces, place: usize) {
    match place {
        0..3 => pieces.line = random.text(LINES),
        3..6 => {
            let at = random.below(pieces.headers.len() + 1);
            pieces.headers.insert(at, random.text(HEADERS));
        }
        6 => {
            let last = pieces.headers.len() - 1;
            pieces.headers[last] = random.text(HEADERS);
        }
        7 => {
            pieces.headers.retain(|header| !header.starts_with("Content-Length"));
            pieces.headers.push(random.text(&[
                "Transfer-Encoding: chunked",
                "Transfer-Encoding: chunked",
                "Transfer-Encoding: CHUNKED",
                "Content-Length: 1",
                "Content-Length: 4",
                "Transfer-Encoding: chunked\r\nContent-Length: 2",
            ]));
            pieces.body = random.text(BODIES);
        }
        8 => {
            pieces.headers[0] = random.text(&[
                "X-Host: none",
                "Host:",
                "Host: a b",
                "Host: a/b",
                "Host: \u{e9}",
                "Host: [::1",
                "host: {{address}}",
                "Host: a,b",
                "Host: user@a",
            ]);
        }
        9 => pieces.line_end = random.pick(&["\n", "\r\r\n", "\r"]),
        10 => match random.below(4) {
            0 => pieces.headers.push(format!("X-Long: {}", "x".repeat(1 << 20))),
            1 => pieces.headers.push(format!("X-Long: {}", "x".repeat(100_000))),
            2 => pieces.headers.extend((0..150).map(|it| format!("X-{it}: {it}"))),
            _ => pieces.line = format!("GET /{} HTTP/1.1", "x".repeat(9000)),
        },
        _ => pieces.end = random.text(&["", "\n", "\r\n\r\n", "\r", "x\r\n\r\n"]),
    }
}
