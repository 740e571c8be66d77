//! Heads that can be read in one way only as they stand, which nearly all are: found in one pass
//! over their bytes, and handed on as they came.
//!
//! Whatever is the least out of the ordinary is left to [`super::head`].

use super::head::{Framing, Head, alphanumeric_and, is_host, is_plain, is_token};

/// The head at the start of these bytes and how long it is; `None` unless all of it has come and
/// all of it is plain.
pub(super) fn read(bytes: &[u8]) -> Option<(usize, Head)> {
    let (posts, mut at) = line(bytes)?;
    let (mut host, mut length, mut headers) = (false, None, 0);
    while bytes.get(at)? != &b'\r' {
        let (name, value, next) = header(bytes, at)?;
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => {
                if host || !value.iter().all(|byte| is_host(*byte)) {
                    return None;
                }
                host = true;
            }
            14 if name.eq_ignore_ascii_case(b"content-length") => {
                if length.is_some() {
                    return None;
                }
                length = Some(number(value)?);
            }
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => return None,
            7 if name.eq_ignore_ascii_case(b"upgrade") => return None,
            _ => {}
        }
        headers += 1;
        at = next;
    }
    let whole = host && bytes.get(at + 1) == Some(&b'\n');
    let framing = Framing::Length(length.unwrap_or(0));
    whole.then_some((at + 2, Head { framing, posts, headers }))
}

/// Whether the line that a request begins with says POST, and where the next one begins.
fn line(bytes: &[u8]) -> Option<(bool, usize)> {
    let method = bytes.iter().position(|byte| !byte.is_ascii_uppercase())?;
    let target = bytes.get(method..)?.strip_prefix(b" ")?;
    let length = target.iter().position(|byte| !is_of_target(*byte))?;
    let ends = method > 0 && target[0] == b'/' && target[length..].starts_with(b" HTTP/1.1\r\n");
    ends.then(|| (&bytes[..method] == b"POST", method + 1 + length + b" HTTP/1.1\r\n".len()))
}

/// Name and value of the header that begins there, and where the next line does.
fn header(bytes: &[u8], at: usize) -> Option<(&[u8], &[u8], usize)> {
    let line = bytes.get(at..)?;
    let colon = line.iter().position(|byte| !is_token(*byte))?;
    let rest = line[colon..].strip_prefix(b": ")?;
    let length = rest.iter().position(|byte| !is_plain(byte))?;
    let (value, end) = rest.split_at(length);
    let trimmed = value.trim_ascii().len() == length && length > 0;
    let named = colon > 0 && end.starts_with(b"\r\n");
    (named && trimmed).then_some((&line[..colon], value, at + colon + 2 + length + 2))
}

fn number(digits: &[u8]) -> Option<u64> {
    // So many digits are no overflow.
    if digits.len() > 18 {
        return None;
    }
    digits.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + u64::from(byte - b'0'))
    })
}

/// What stands for itself in a target, and needs no second look.
fn is_of_target(byte: u8) -> bool {
    static TABLE: [bool; 256] = alphanumeric_and(b"/-._~?=&,:;@!$'()*+");
    TABLE[usize::from(byte)]
}

#[cfg(test)]
mod tests {
    use {
        super::{super::head, *},
        bytes::BytesMut,
        proptest::prelude::*,
    };

    /// Pieces of heads, so that what is put together of them is plain now and then.
    const PIECES: &[&str] = &[
        "GET ",
        "POST ",
        "get ",
        "/",
        "/api/v1?a=b",
        "/%20",
        "/a b",
        "/\"",
        "*",
        " HTTP/1.1\r\n",
        " HTTP/1.0\r\n",
        " HTTP/1.1\n",
        "Host: a\r\n",
        "host: 127.0.0.1:80\r\n",
        "Host: a b\r\n",
        "Host:a\r\n",
        "Content-Length: 2\r\n",
        "content-length: 002\r\n",
        "Content-Length: 2 \r\n",
        "Content-Length: +2\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "X: \t1\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Upgrade: websocket\r\n",
        "X: b\r\n",
        "X : b\r\n",
        "X: \r\n",
        " folded\r\n",
        "X: \u{20ac}\r\n",
        "X: \u{1}\r\n",
        "no colon\r\n",
        "X: b\n",
        ": b\r\n",
        "\r\n",
        "\n",
        "\r\n\r\n",
    ];

    /// What a head comes to, in the form in which it is handed on, lengths written alike.
    fn through(bytes: &[u8]) -> Option<(usize, Head, Vec<String>)> {
        let length = head::length(bytes)?;
        let mut output = BytesMut::new();
        let head = head::read(&bytes[..length], &mut output).ok()?;
        Some((length, head, lines(&output)))
    }

    // The order of headers of different names says nothing.
    fn lines(bytes: &[u8]) -> Vec<String> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let mut lines: Vec<_> = text.lines().map(str::to_lowercase).collect();
        for line in &mut lines {
            if let Some(digits) = line.strip_prefix("content-length: ") {
                *line = format!("content-length: {}", digits.parse::<u64>().unwrap());
            }
        }
        lines[1..].sort();
        lines
    }

    fn check(text: &str) {
        let bytes = text.as_bytes();
        if let Some((length, head)) = read(bytes) {
            let found = Some((length, head, lines(&bytes[..length])));
            assert_eq!(found, through(bytes), "{text:?}");
        }
    }

    #[test]
    fn what_clients_send_is_plain() {
        let sent =
            "POST /api/v1 HTTP/1.1\r\nHost: a:1\r\nAccept: */*\r\nContent-Length: 2\r\n\r\n{}";
        let head = Head { framing: Framing::Length(2), posts: true, headers: 3 };
        assert_eq!(read(sent.as_bytes()), Some((sent.len() - 2, head)));
        check(sent);
        for end in 0..sent.len() - 2 {
            assert_eq!(read(&sent.as_bytes()[..end]), None);
        }
    }

    proptest! {
        #[test]
        fn what_is_plain_is_read_in_full_as_the_same(
            pieces in prop::collection::vec(prop::sample::select(PIECES), 0..8),
            cut in any::<prop::sample::Index>(),
        ) {
            let text = format!("GET /a HTTP/1.1\r\nHost: a\r\n{}\r\n", pieces.concat());
            check(&text);
            check(&pieces.concat());
            let at = text.floor_char_boundary(cut.index(text.len()));
            check(&text[..at]);
        }
    }
}
