//! An answer as it stands on the wire: where it ends, and what is in it.

use crate::Result;

/// Where the head of an answer ends, and how its body is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
}

/// The length of the answer at the start of a buffer; `None` while it has not all arrived.
pub(crate) fn length(buffer: &[u8]) -> Option<usize> {
    let body = head(buffer)? + 4;
    match framing(&buffer[..body]) {
        Framing::Length(length) => (buffer.len() >= body + length).then_some(body + length),
        // Requests are not pipelined, so that nothing follows the last chunk.
        Framing::Chunked => buffer[body - 2..].ends_with(b"\r\n0\r\n\r\n").then_some(buffer.len()),
    }
}

/// The status of the answer at the start of a buffer.
pub(crate) fn status(buffer: &[u8]) -> u16 {
    let digits = buffer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// The answer's parts, framing taken off.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// The headers but those that a server adds by itself.
    pub(crate) headers: Vec<(String, String)>,
    /// Whether the body came in chunks.
    pub(crate) chunked: bool,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Takes a whole answer apart.
    pub(crate) fn parse(wire: &[u8]) -> Result<Self> {
        let end = head(wire).ok_or("an answer without an end of its head")?;
        let (lines, body) = (std::str::from_utf8(&wire[..end])?, &wire[end + 4..]);
        let mut headers = Vec::new();
        for line in lines.lines().skip(1) {
            let (name, value) = line.split_once(": ").ok_or("a header without a colon")?;
            let name = name.to_ascii_lowercase();
            if !["date", "content-length", "transfer-encoding"].contains(&name.as_str()) {
                headers.push((name, value.to_owned()));
            }
        }
        let chunked = framing(&wire[..end + 4]) == Framing::Chunked;
        let body = if chunked { joined(body)? } else { body.to_owned() };
        Ok(Self { status: status(wire), headers, chunked, body })
    }
}

fn head(buffer: &[u8]) -> Option<usize> {
    buffer.windows(4).position(|window| window == b"\r\n\r\n")
}

fn framing(head: &[u8]) -> Framing {
    for line in head.split(|&byte| byte == b'\n') {
        if let Some(value) = value(line, b"content-length:") {
            let digits = std::str::from_utf8(value).unwrap_or("").trim();
            return Framing::Length(digits.parse().unwrap_or(0));
        } else if value(line, b"transfer-encoding:").is_some() {
            return Framing::Chunked;
        }
    }
    Framing::Length(0)
}

fn value<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = line.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then_some(rest)
}

fn joined(mut chunks: &[u8]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = chunks.windows(2).position(|window| window == b"\r\n").ok_or("half a chunk")?;
        let size = usize::from_str_radix(std::str::from_utf8(&chunks[..end])?, 16)?;
        if size == 0 {
            return Ok(body);
        }
        body.extend(chunks.get(end + 2..end + 2 + size).ok_or("half a chunk")?);
        chunks = chunks.get(end + 4 + size..).ok_or("half a chunk")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_where_its_length_says() {
        let wire = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(length(wire), Some(wire.len()));
        assert_eq!(length(&wire[..wire.len() - 1]), None);
        assert_eq!(status(wire), 201);
    }

    #[test]
    fn chunks_are_joined() {
        let wire = b"HTTP/1.1 200 OK\r\nX-A: b\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
        assert_eq!(length(wire), Some(wire.len()));
        assert_eq!(length(&wire[..wire.len() - 2]), None);
        let answer = Answer::parse(wire).unwrap();
        assert_eq!((answer.body.as_slice(), answer.chunked), (b"abc".as_slice(), true));
        assert_eq!(answer.headers, [("x-a".to_owned(), "b".to_owned())]);
    }
}
