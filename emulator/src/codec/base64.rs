//! Base64 as Go's standard encoding reads it: line ends are skipped, spare bits are not looked
//! at, and an error tells the byte.

pub(super) use ::base64::prelude::{BASE64_STANDARD, Engine};

/// The bytes that a text means; an error text when it is not base64.
pub(super) fn decode(text: &[u8]) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut position = 0;
    while let Some(group) = group(text, &mut position)? {
        let [a, b, c, d] = group.sextets;
        let three = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
        bytes.extend_from_slice(&three[..group.length - 1]);
    }
    Ok(bytes)
}

struct Group {
    sextets: [u8; 4],
    length: usize,
}

fn group(text: &[u8], position: &mut usize) -> Result<Option<Group>, String> {
    let mut sextets = [0; 4];
    let mut length = 0;
    while length < 4 {
        let Some(byte) = text.get(*position).copied() else {
            return if length == 0 { Ok(None) } else { Err(illegal(*position - length)) };
        };
        *position += 1;
        match (byte, sextet(byte)) {
            (_, Some(sextet)) => {
                sextets[length] = sextet;
                length += 1;
            }
            (b'\r' | b'\n', None) => {}
            (b'=', None) => {
                padding(text, position, length)?;
                break;
            }
            _ => return Err(illegal(*position - 1)),
        }
    }
    Ok(Some(Group { sextets, length }))
}

fn padding(text: &[u8], position: &mut usize, length: usize) -> Result<(), String> {
    if length < 2 {
        return Err(illegal(*position - 1));
    }
    skip_line_ends(text, position);
    if length == 2 {
        match text.get(*position) {
            None => return Err(illegal(text.len())),
            Some(b'=') => *position += 1,
            Some(_) => return Err(illegal(*position - 1)),
        }
        skip_line_ends(text, position);
    }
    if *position < text.len() { Err(illegal(*position)) } else { Ok(()) }
}

fn skip_line_ends(text: &[u8], position: &mut usize) {
    while matches!(text.get(*position), Some(b'\r' | b'\n')) {
        *position += 1;
    }
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

fn illegal(position: usize) -> String {
    format!("illegal base64 data at input byte {position}")
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("", b"")]
    #[case("aGk=", b"hi")]
    #[case("aG\nk=\r\n", b"hi")]
    #[case("aGl=", b"hi")]
    #[case("YQ==", b"a")]
    #[case("YWJj", b"abc")]
    fn base64_is_read(#[case] text: &str, #[case] expected: &[u8]) {
        assert_eq!(decode(text.as_bytes()).unwrap(), expected);
    }

    #[rstest]
    #[case("a", 0)]
    #[case("aGk", 0)]
    #[case("YWJja", 4)]
    #[case("a-k=", 1)]
    #[case("=", 0)]
    #[case("YQ=", 3)]
    #[case("YQ=x", 2)]
    #[case("aGk=x", 4)]
    fn the_wrong_byte_is_told(#[case] text: &str, #[case] byte: usize) {
        assert_eq!(decode(text.as_bytes()).unwrap_err(), illegal(byte));
    }
}
