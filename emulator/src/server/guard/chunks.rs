//! A body in chunks, read as strictly as Go reads it.
//!
//! Source: go `net/http/internal/chunked.go`.

use bytes::{Buf, BytesMut};

/// The longest line that tells a length. Source: `maxLineLength`.
const LINE_LIMIT: usize = 4096;

/// How many bytes may come behind the body: what Go's reader holds at once.
/// Source: go `net/http/transfer.go`, seeUpcomingDoubleCRLF; go `bufio`, defaultBufSize.
const TRAILER_LIMIT: usize = 4096;

/// Where in the body it is.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Size,
    Data(u64),
    End,
    Trailer,
}

impl Chunks {
    /// Hands on what has come, in chunks that leave nothing open; whether that was all.
    pub(super) fn advance(
        &mut self,
        input: &mut BytesMut,
        output: &mut BytesMut,
    ) -> Result<bool, &'static str> {
        loop {
            match self.state {
                State::Size => {
                    let Some(line) = line(input) else {
                        let long = input.len() >= LINE_LIMIT;
                        return if long { Err("header line too long") } else { Ok(false) };
                    };
                    self.state = match size(&line)? {
                        0 => State::Trailer,
                        size => State::Data(size),
                    };
                }
                State::Data(rest) => {
                    let length = usize::try_from(rest).unwrap_or(usize::MAX).min(input.len());
                    if length == 0 {
                        return Ok(false);
                    }
                    output.extend_from_slice(format!("{length:x}\r\n").as_bytes());
                    output.unsplit(input.split_to(length));
                    output.extend_from_slice(b"\r\n");
                    let rest = rest - u64::try_from(length).unwrap_or(rest);
                    self.state = if rest == 0 { State::End } else { State::Data(rest) };
                }
                State::End => match input.get(..2) {
                    None => return Ok(false),
                    Some(b"\r\n") => {
                        input.advance(2);
                        self.state = State::Size;
                    }
                    Some(_) => return Err("malformed chunked encoding"),
                },
                // What is said behind the body is of no interest.
                State::Trailer => {
                    let Some(length) = trailer(input)? else { return Ok(false) };
                    input.advance(length);
                    output.extend_from_slice(b"0\r\n\r\n");
                    return Ok(true);
                }
            }
        }
    }
}

/// A line with its end, if it has come.
fn line(input: &mut BytesMut) -> Option<BytesMut> {
    let end = input.iter().position(|byte| *byte == b'\n')?;
    Some(input.split_to(end + 1))
}

/// How long the trailer is, if it has come whole.
fn trailer(input: &[u8]) -> Result<Option<usize>, &'static str> {
    let held = input.get(..TRAILER_LIMIT).unwrap_or(input);
    if held.starts_with(b"\r\n") {
        return Ok(Some(2));
    }
    match held.windows(4).position(|window| window == b"\r\n\r\n") {
        Some(at) => Ok(Some(at + 4)),
        None if held.len() < TRAILER_LIMIT => Ok(None),
        None => Err("http: suspiciously long trailer after chunked body"),
    }
}

fn size(line: &[u8]) -> Result<u64, &'static str> {
    match line.iter().position(|byte| *byte == b'\r') {
        None => return Err("chunked line ends with bare LF"),
        Some(at) if at + 2 != line.len() => return Err("invalid CR in chunked line"),
        Some(at) if at >= LINE_LIMIT => return Err("header line too long"),
        Some(_) => {}
    }
    // Go takes the spaces at the end of the line away before it looks for an extension.
    let line = line[..line.len() - 2].trim_ascii_end();
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
    if digits.is_empty() {
        return Err("empty hex number for chunk length");
    }
    let mut size = 0;
    for (at, byte) in digits.iter().enumerate() {
        let digit = char::from(*byte).to_digit(16).ok_or("invalid byte in chunk length")?;
        if at == 16 {
            return Err("http chunk length too large");
        }
        size = size << 4 | u64::from(digit);
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("2\r\n{}\r\n0\r\n\r\n", Ok("2\r\n{}\r\n0\r\n\r\n"))]
    #[case("02;a=b\r\n{}\r\n0\r\nX: 1\r\n\r\n", Ok("2\r\n{}\r\n0\r\n\r\n"))]
    #[case("2\n{}\n0\n\n", Err("chunked line ends with bare LF"))]
    #[case("x\r\n", Err("invalid byte in chunk length"))]
    #[case("\r\n", Err("empty hex number for chunk length"))]
    #[case("1\r\n{}\r\n", Err("malformed chunked encoding"))]
    #[case("fffffffffffffffff\r\n", Err("http chunk length too large"))]
    fn chunks_are_read_as_go_reads_them(
        #[case] sent: &str,
        #[case] expected: Result<&str, &'static str>,
    ) {
        let (mut input, mut output) = (BytesMut::from(sent), BytesMut::new());
        let result = Chunks::default().advance(&mut input, &mut output);
        let read = result.map(|done| {
            assert!(done);
            String::from_utf8(output.to_vec()).unwrap()
        });
        assert_eq!(read, expected.map(str::to_owned));
    }

    #[rstest]
    #[case("a".repeat(4092), Ok(true))]
    #[case("a".repeat(4093), Err("http: suspiciously long trailer after chunked body"))]
    #[case("a: b\r\n".repeat(700), Err("http: suspiciously long trailer after chunked body"))]
    fn a_trailer_is_short(#[case] trailer: String, #[case] expected: Result<bool, &'static str>) {
        let sent = format!("0\r\n{trailer}\r\n\r\n");
        let (mut input, mut output) = (BytesMut::from(sent.as_str()), BytesMut::new());
        assert_eq!(Chunks::default().advance(&mut input, &mut output), expected);
    }

    #[test]
    fn a_trailer_without_end_is_refused_before_all_of_it_has_come() {
        let (mut input, mut output) = (BytesMut::from("0\r\n"), BytesMut::new());
        let mut chunks = Chunks::default();
        let read = (0..10).try_fold(false, |_, _| {
            input.extend_from_slice(&[b'a'; 1000]);
            chunks.advance(&mut input, &mut output)
        });
        assert_eq!(read, Err("http: suspiciously long trailer after chunked body"));
    }
}
