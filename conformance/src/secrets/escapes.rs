//! Encodings that write some characters in another way and the rest as they are: percent-encoding,
//! the escapes of JSON and of its relatives, and the references of HTML.

use super::view::View;

/// The references of HTML by name, of characters that stand in credentials or around them.
const NAMED: &[(&str, u8)] = &[
    ("amp", b'&'),
    ("apos", b'\''),
    ("comma", b','),
    ("equals", b'='),
    ("gt", b'>'),
    ("lowbar", b'_'),
    ("lt", b'<'),
    ("percnt", b'%'),
    ("period", b'.'),
    ("plus", b'+'),
    ("quot", b'"'),
    ("sol", b'/'),
];
/// The longest of them, from the ampersand to the semicolon.
const LONGEST: usize = 8;
/// The most digits of a reference by number: `&#0000101;`.
const DIGITS: usize = 7;

/// The view without escapes, where it has any: as they stand, and with white space within them.
pub(super) fn decode(view: &View) -> Vec<View> {
    if !view.bytes().iter().any(|it| matches!(it, b'%' | b'\\' | b'&')) {
        return Vec::new();
    }
    let mut views = Vec::new();
    let (plain, count) = without(view, escape);
    if count > 0 {
        views.push(plain);
    }
    let (spaced, more) = without(&view.tight(), escape);
    if more > count {
        views.push(spaced);
    }
    // A backslash before another may be one that its writer left as it is.
    if view.bytes().windows(2).any(|it| it == b"\\\\") {
        views.push(without(view, numbered).0);
    }
    views
}

/// Reads an escaped character at the begin of a text: the character, and the length of the escape.
type Escape = fn(&[u8]) -> Option<(u8, usize)>;

/// The view without escapes, and how many there were.
fn without(view: &View, escape: Escape) -> (View, usize) {
    let (bytes, mut plain, mut count, mut at) = (view.bytes(), View::default(), 0, 0);
    while at < bytes.len() {
        let (byte, length) = escape(&bytes[at..]).unwrap_or((bytes[at], 1));
        count += usize::from(length > 1);
        plain.push(byte, view.part(at, at + length - 1));
        at += length;
    }
    (plain, count)
}

/// Any escape.
fn escape(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'\\', b'n' | b'r' | b't' | b'b' | b'f', ..] => Some((b' ', 2)),
        [b'\\', it @ (b'"' | b'\'' | b'\\' | b'/'), ..] => Some((*it, 2)),
        [b'&', ..] => reference(text),
        _ => numbered(text),
    }
}

/// An escape by the character's number. What is not ASCII stands in no credential.
fn numbered(text: &[u8]) -> Option<(u8, usize)> {
    let numbered = |from: usize, digits: usize| {
        let value = number(text.get(from..from + digits)?, 16)?;
        Some((u8::try_from(value).unwrap_or(u8::MAX), from + digits))
    };
    match text {
        [b'%', ..] => numbered(1, 2),
        [b'\\', b'u' | b'U', b'{', rest @ ..] => {
            let digits = rest.iter().take(8).position(|it| *it == b'}')?;
            numbered(3, digits).map(|(byte, length)| (byte, length + 1))
        }
        [b'\\', b'U', b'0', b'0', b'0', b'0', ..] => numbered(2, 8).or_else(|| numbered(2, 4)),
        [b'\\', b'u' | b'U', ..] => numbered(2, 4),
        [b'\\', b'x' | b'X', ..] => numbered(2, 2),
        _ => None,
    }
}

/// A reference of HTML. That of a number needs no semicolon.
fn reference(text: &[u8]) -> Option<(u8, usize)> {
    let (from, radix) = match text {
        [b'&', b'#', b'x' | b'X', ..] => (3, 16),
        [b'&', b'#', ..] => (2, 10),
        _ => return named(text),
    };
    let is_digit = |it: &&u8| char::from(**it).is_digit(radix);
    let digits = text[from..].iter().take(DIGITS).take_while(is_digit).count();
    let value = number(&text[from..from + digits], radix)?;
    let end = from + digits;
    let length = end + usize::from(text.get(end) == Some(&b';'));
    Some((u8::try_from(value).unwrap_or(u8::MAX), length))
}

fn named(text: &[u8]) -> Option<(u8, usize)> {
    let end = text.iter().take(LONGEST).position(|it| *it == b';')?;
    let (_, byte) = NAMED.iter().find(|it| it.0.as_bytes().eq_ignore_ascii_case(&text[1..end]))?;
    Some((*byte, end + 1))
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let is_digit = |it: &u8| char::from(*it).is_digit(radix);
    let text = str::from_utf8(digits).ok().filter(|_| digits.iter().all(is_digit))?;
    u32::from_str_radix(text, radix).ok()
}
