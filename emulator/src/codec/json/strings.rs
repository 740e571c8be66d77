//! Strings of JSON that is known to be valid: read as Go reads them.

use std::borrow::Cow;

/// The text of a string literal, without its quotes. Invalid UTF-8 and lone surrogates become
/// U+FFFD, a byte at a time, as in Go.
pub(super) fn unquote(inner: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(inner) {
        Ok(text) if !inner.contains(&b'\\') => Cow::Borrowed(text),
        _ => Cow::Owned(unescape(inner)),
    }
}

fn unescape(inner: &[u8]) -> String {
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        push_lossy(&mut text, &rest[..at]);
        rest = escape(&mut text, &rest[at + 1..]);
    }
    push_lossy(&mut text, rest);
    text
}

fn push_lossy(text: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
}

fn escape<'a>(text: &mut String, rest: &'a [u8]) -> &'a [u8] {
    let Some((byte, rest)) = rest.split_first() else { return rest };
    match byte {
        b'b' => text.push('\u{8}'),
        b'f' => text.push('\u{c}'),
        b'n' => text.push('\n'),
        b'r' => text.push('\r'),
        b't' => text.push('\t'),
        b'u' => return unicode_escape(text, rest),
        byte => text.push(char::from(*byte)),
    }
    rest
}

fn unicode_escape<'a>(text: &mut String, rest: &'a [u8]) -> &'a [u8] {
    let first = hex(rest).unwrap_or(0xfffd);
    let rest = rest.get(4..).unwrap_or_default();
    if let (0xd800..0xdc00, Some(second)) = (first, rest.strip_prefix(b"\\u").and_then(hex))
        && (0xdc00..0xe000).contains(&second)
    {
        let number = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        text.push(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER));
        return rest.get(6..).unwrap_or_default();
    }
    text.push(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
    rest
}

fn hex(bytes: &[u8]) -> Option<u32> {
    bytes
        .get(..4)?
        .iter()
        .try_fold(0, |number, byte| Some(number * 16 + char::from(*byte).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case(b"plain", "plain")]
    #[case(br#"\"\\\/\b\f\n\r\t\u00e9"#, "\"\\/\u{8}\u{c}\n\r\t\u{e9}")]
    #[case(br"\ud83d\ude00", "\u{1f600}")]
    #[case(br"\ud83dx", "\u{fffd}x")]
    #[case(br"\ude00", "\u{fffd}")]
    #[case(br"\ud83d\u0041", "\u{fffd}A")]
    #[case(b"a\xffb\xe2\x82", "a\u{fffd}b\u{fffd}\u{fffd}")]
    fn escapes_and_bad_bytes_are_read_as_go_does(#[case] inner: &[u8], #[case] expected: &str) {
        assert_eq!(unquote(inner), expected);
    }
}
