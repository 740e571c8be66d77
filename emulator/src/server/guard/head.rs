//! The head of a request: its line and its headers, as Go reads them.
//!
//! Source: go `net/http/request.go`, `net/http/transfer.go`, `net/textproto/reader.go`.

use {bytes::BytesMut, std::borrow::Cow};

/// Why a request is refused before anybody looks at what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is malformed, and no more is said.
    Bad,
    /// It is malformed in this way.
    Malformed(&'static str),
    /// Its head is too large.
    TooLarge,
    /// Its body is encoded in a way that nobody knows.
    Encoding,
    /// Its version of HTTP is none that is spoken.
    Version,
}

impl Refusal {
    /// The whole answer, in Go's words; the connection ends with it.
    pub(super) fn answer(self) -> String {
        let line: Cow<'_, str> = match self {
            Self::Bad => "400 Bad Request".into(),
            Self::Malformed(why) => format!("400 Bad Request: {why}").into(),
            Self::TooLarge => "431 Request Header Fields Too Large".into(),
            Self::Encoding => "501 Not Implemented".into(),
            Self::Version => "505 HTTP Version Not Supported: unsupported protocol version".into(),
        };
        let body = if self == Self::Encoding { "Unsupported transfer encoding" } else { &*line };
        format!(
            "HTTP/1.1 {line}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n{body}"
        )
    }
}

/// Where the body of a request ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// After so many bytes.
    Length(u64),
    /// Where it says so itself.
    Chunked,
    /// What follows may be no longer HTTP.
    Through,
}

/// What has to be known of a head beyond it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Where the body ends.
    pub(super) framing: Framing,
    /// Whether it is a POST.
    pub(super) posts: bool,
    /// How many headers it has.
    pub(super) headers: usize,
}

/// The length of the head at the start of these bytes; `None` when it has not ended.
pub(super) fn length(bytes: &[u8]) -> Option<usize> {
    let mut start = 0;
    let mut count = 0;
    while let Some(length) = bytes[start..].iter().position(|byte| *byte == b'\n') {
        let line = &bytes[start..start + length];
        start += length + 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        // A line that makes no sense ends everything.
        if line.is_empty() || is_refused(count, line, bytes.get(start)) {
            return Some(start);
        }
        count += 1;
    }
    None
}

/// Whether a line is refused before the head has ended. What may go on on the next line is known
/// once that begins.
fn is_refused(count: usize, line: &[u8], next: Option<&u8>) -> bool {
    match count {
        0 => Line::read(line).is_err(),
        _ if line.first().is_some_and(is_blank) => count == 1,
        _ if !line.contains(&b':') => true,
        _ => next.is_some_and(|next| !is_blank(next)) && header(line).is_none(),
    }
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Reads a head, and writes it as it can be read in one way only.
pub(super) fn read(bytes: &[u8], output: &mut BytesMut) -> Result<Head, Refusal> {
    let mut lines =
        bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let line = Line::read(lines.next().unwrap_or_default())?;
    let headers = headers(lines)?;
    let named = |name: &'static str| {
        headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name.as_bytes()))
    };
    if named("host").count() > 1 {
        return Err(Refusal::Bad);
    }
    let framing = framing(&line, &headers)?;
    // Of the others Go lets this one through, which asks for HTTP/2.
    let asks = line.method == b"PRI" && line.target == b"*" && (line.major, line.minor) == (2, 0);
    if line.major != 1 && !asks {
        return Err(Refusal::Version);
    }
    match named("host").next() {
        None if (line.major, line.minor) >= (1, 1) && line.method != b"CONNECT" => {
            return Err(Refusal::Malformed("missing required Host header"));
        }
        Some((_, host)) if !host.iter().all(|byte| is_host(*byte)) => {
            return Err(Refusal::Malformed("malformed Host header"));
        }
        _ => {}
    }
    if headers.iter().any(|(name, _)| name.contains(&b' ')) {
        return Err(Refusal::Malformed("invalid header name"));
    }
    let upgrades = line.method == b"GET" && named("upgrade").next().is_some();
    write(&line, &headers, &framing, output);
    let framing =
        if upgrades && framing == Framing::Length(0) { Framing::Through } else { framing };
    Ok(Head { framing, posts: line.method == b"POST", headers: headers.len() })
}

struct Line<'a> {
    method: &'a [u8],
    target: &'a [u8],
    major: u8,
    minor: u8,
}

impl<'a> Line<'a> {
    fn read(line: &'a [u8]) -> Result<Self, Refusal> {
        let mut parts = line.splitn(3, |byte| *byte == b' ');
        let (Some(method), Some(target), Some(version)) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::Bad);
        };
        let &[b'H', b'T', b'T', b'P', b'/', major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9'] =
            version
        else {
            return Err(Refusal::Bad);
        };
        if method.is_empty()
            || !method.iter().all(|byte| is_token(*byte))
            || !is_target(method, target)
        {
            return Err(Refusal::Bad);
        }
        Ok(Self { method, target, major: major - b'0', minor: minor - b'0' })
    }
}

/// Whether Go can make a URL of it. Source: go `net/url/url.go`, `parse`.
fn is_target(method: &[u8], target: &[u8]) -> bool {
    if target.is_empty() || target.iter().any(|byte| *byte < 0x20 || *byte == 0x7f) {
        return false;
    }
    let has_scheme = || {
        let colon = target.iter().position(|byte| *byte == b':');
        colon.is_some_and(|at| at > 0 && target[..at].iter().all(u8::is_ascii_alphanumeric))
    };
    let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
    let mut escapes = path.split(|byte| *byte == b'%').skip(1);
    let digits = |escape: &[u8]| {
        escape.get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if !escapes.all(digits) {
        return false;
    }
    target == b"*" || target[0] == b'/' || method == b"CONNECT" || has_scheme()
}

type Header<'a> = (&'a [u8], Cow<'a, [u8]>);

fn headers<'a>(mut lines: impl Iterator<Item = &'a [u8]>) -> Result<Vec<Header<'a>>, Refusal> {
    let mut headers: Vec<Header<'a>> = Vec::new();
    while let Some(line) = lines.next().filter(|line| !line.is_empty()) {
        if line.first().is_some_and(is_blank) {
            // It goes on with the header before, if there is one.
            let (_, value) = headers.last_mut().ok_or(Refusal::Bad)?;
            let value = value.to_mut();
            value.push(b' ');
            value.extend_from_slice(trim(line));
            continue;
        }
        let (name, value) = header(line).ok_or(Refusal::Bad)?;
        headers.push((name, value.into()));
    }
    // What has gone on was added unseen.
    let folded = |value: &Cow<'_, [u8]>| matches!(value, Cow::Owned(_));
    let plain = |(_, value): &Header<'_>| !folded(value) || value.iter().all(is_plain);
    if headers.iter().all(plain) { Ok(headers) } else { Err(Refusal::Bad) }
}

/// Name and value of a header; `None` when it cannot be one.
fn header(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (&line[..colon], trim(&line[colon + 1..]));
    let named = !name.is_empty() && name.iter().all(|byte| is_token(*byte) || *byte == b' ');
    (named && value.iter().all(is_plain)).then_some((name, value))
}

pub(super) fn is_plain(byte: &u8) -> bool {
    *byte == b'\t' || (*byte >= 0x20 && *byte != 0x7f)
}

fn framing(line: &Line<'_>, headers: &[Header<'_>]) -> Result<Framing, Refusal> {
    let values = |name: &str| {
        let named = headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()));
        named.map(|(_, value)| trim(value)).collect::<Vec<_>>()
    };
    let encodings = values("transfer-encoding");
    let mut chunked = false;
    if !encodings.is_empty() && (line.major, line.minor) >= (1, 1) {
        let [encoding] = encodings.as_slice() else { return Err(Refusal::Encoding) };
        if !encoding.eq_ignore_ascii_case(b"chunked") {
            return Err(Refusal::Encoding);
        }
        chunked = true;
    }
    let lengths = values("content-length");
    if lengths.iter().any(|length| *length != lengths[0]) {
        return Err(Refusal::Bad);
    }
    let length = lengths.first().map(|length| number(length).ok_or(Refusal::Bad)).transpose()?;
    if !chunked {
        return Ok(Framing::Length(length.unwrap_or(0)));
    }
    let trailers = values("trailer");
    let mut trailers = trailers.iter().flat_map(|value| value.split(|byte| *byte == b','));
    let forbidden = |name: &[u8]| {
        ["transfer-encoding", "trailer", "content-length"]
            .iter()
            .any(|known| trim(name).eq_ignore_ascii_case(known.as_bytes()))
    };
    if trailers.any(forbidden) { Err(Refusal::Bad) } else { Ok(Framing::Chunked) }
}

fn is_length(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"content-length")
}

fn number(digits: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(digits).ok()?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|number| plain && *number <= i64::MAX.cast_unsigned())
}

fn write(line: &Line<'_>, headers: &[Header<'_>], framing: &Framing, output: &mut BytesMut) {
    output.extend_from_slice(line.method);
    output.extend_from_slice(b" ");
    write_target(line.target, output);
    output.extend_from_slice(if (line.major, line.minor) == (1, 0) {
        b" HTTP/1.0\r\n"
    } else {
        b" HTTP/1.1\r\n"
    });
    for (name, value) in headers {
        let framing = ["content-length", "transfer-encoding"];
        if framing.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes())) {
            continue;
        }
        output.extend_from_slice(name);
        output.extend_from_slice(b": ");
        output.extend_from_slice(value);
        output.extend_from_slice(b"\r\n");
    }
    match framing {
        Framing::Chunked => output.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
        Framing::Length(0) if !headers.iter().any(|(name, _)| is_length(name)) => {}
        Framing::Through => {}
        Framing::Length(length) => {
            output.extend_from_slice(format!("Content-Length: {length}\r\n").as_bytes());
        }
    }
    output.extend_from_slice(b"\r\n");
}

/// Writes a target with what a URL may not hold as it is escaped, which is the same to Go.
fn write_target(target: &[u8], output: &mut BytesMut) {
    let is_escaped = |byte: &u8| matches!(byte, b'"' | b'#' | b'<' | b'>' | b'`' | 0x80..);
    let mut rest = target;
    while let Some(at) = rest.iter().position(is_escaped) {
        output.extend_from_slice(&rest[..at]);
        output.extend_from_slice(format!("%{:02X}", rest[at]).as_bytes());
        rest = &rest[at + 1..];
    }
    output.extend_from_slice(rest);
}

fn trim(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| !is_blank(byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !is_blank(byte)).map_or(start, |at| at + 1);
    &bytes[start..end]
}

/// Letters, digits and some signs, by their bytes: every byte of every head is looked up.
pub(super) const fn alphanumeric_and(signs: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    let mut at = 0;
    while at < signs.len() {
        table[signs[at] as usize] = true;
        at += 1;
    }
    table
}

pub(super) fn is_token(byte: u8) -> bool {
    static TABLE: [bool; 256] = alphanumeric_and(b"!#$%&'*+-.^_`|~");
    TABLE[usize::from(byte)]
}

/// Source: golang.org/x/net `http/httpguts`, `validHostByte`.
pub(super) fn is_host(byte: u8) -> bool {
    static TABLE: [bool; 256] = alphanumeric_and(b"!$%&()*+,-.:;='[]_~");
    TABLE[usize::from(byte)]
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    fn check(sent: &str) -> Result<(String, Framing), Refusal> {
        let mut output = BytesMut::new();
        let length = length(sent.as_bytes()).unwrap();
        let head = read(&sent.as_bytes()[..length], &mut output)?;
        assert_eq!(length, sent.len());
        Ok((String::from_utf8(output.to_vec()).unwrap(), head.framing))
    }

    #[rstest]
    #[case("GET\r\n", Refusal::Bad)]
    #[case("GET /\r\n\r\n", Refusal::Bad)]
    #[case("GET / HTTP/1.1 \r\n\r\n", Refusal::Bad)]
    #[case("GET /%zz HTTP/1.1\r\nHost: a b\r\n\r\n", Refusal::Bad)]
    #[case("GET api HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Bad)]
    #[case("GET / HTTP/2.0\r\nHost: a\r\n\r\n", Refusal::Version)]
    #[case("GET / HTTP/1.1\r\n\r\n", Refusal::Malformed("missing required Host header"))]
    #[case("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", Refusal::Malformed("malformed Host header"))]
    #[case("GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n", Refusal::Malformed("invalid header name"))]
    #[case("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", Refusal::Bad)]
    #[case("GET / HTTP/1.1\r\n Host: a\r\n\r\n", Refusal::Bad)]
    #[case("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", Refusal::Encoding)]
    #[case("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\n", Refusal::Bad)]
    #[case("GET / HTTP/1.1\r\nHost: a\r\nX-A: \u{1}\r\nno end", Refusal::Bad)]
    #[case("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n", Refusal::Bad)]
    fn what_go_refuses_is_refused(#[case] sent: &str, #[case] expected: Refusal) {
        assert_eq!(check(sent), Err(expected));
    }

    #[rstest]
    #[case("GET / HTTP/1.0\n\n", "GET / HTTP/1.0\r\n\r\n", Framing::Length(0))]
    #[case(
        "GET /a<b#c HTTP/1.9\r\nHost: a\r\nX-A: b \r\n\tc\r\n\r\n",
        "GET /a%3Cb%23c HTTP/1.1\r\nHost: a\r\nX-A: b c\r\n\r\n",
        Framing::Length(0)
    )]
    #[case(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n",
        Framing::Length(2)
    )]
    #[case(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: Chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        Framing::Chunked
    )]
    fn what_go_takes_leaves_nothing_open(
        #[case] sent: &str,
        #[case] written: &str,
        #[case] framing: Framing,
    ) {
        assert_eq!(check(sent), Ok((written.to_owned(), framing)));
    }
}
