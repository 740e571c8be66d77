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

/// Reads an escaped character at the begin of a text: the character, and the length of the escape.
type Escape = fn(&[u8]) -> Option<(u8, usize)>;

/// The kinds of escapes: all of them at once, as where a text in one is put into another by its
/// parts, and each alone, since one may be written within another. A backslash before another may
/// be one that its writer left as it is, and a reference without its end may be the begin of one
/// whose end is escaped.
const ESCAPES: &[Escape] = &[any, percent, backslash, numbered, reference, closed];

/// What a view reads without its escapes, as they stand and with white space within them.
pub(super) fn decode(view: &View) -> Vec<View> {
    let mut views: Vec<View> = Vec::new();
    if !view.bytes().iter().any(|it| matches!(it, b'%' | b'\\' | b'&')) {
        return views;
    }
    let is_spaced = view.bytes().iter().any(u8::is_ascii_whitespace);
    let tight = is_spaced.then(|| view.tight());
    for escape in ESCAPES {
        let (plain, count) = without(view, *escape);
        let spaced = tight.as_ref().map(|it| without(it, *escape));
        let spaced = spaced.filter(|(_, more)| *more > count).map(|(found, _)| found);
        for found in Some(plain).filter(|_| count > 0).into_iter().chain(spaced) {
            if !views.iter().any(|it| it.bytes() == found.bytes()) {
                views.push(found);
            }
        }
    }
    views
}

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

fn any(text: &[u8]) -> Option<(u8, usize)> {
    match text[0] {
        b'%' => percent(text),
        b'\\' => backslash(text),
        b'&' => reference(text),
        _ => None,
    }
}

fn percent(text: &[u8]) -> Option<(u8, usize)> {
    if text[0] == b'%' { hex(text, 1, 2) } else { None }
}

/// An escape of JSON or of one of its relatives.
fn backslash(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'\\', b'n' | b'r' | b't' | b'b' | b'f', ..] => Some((b' ', 2)),
        [b'\\', it @ (b'"' | b'\'' | b'\\' | b'/'), ..] => Some((*it, 2)),
        _ => numbered(text),
    }
}

/// One of them by the character's number.
fn numbered(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'\\', b'u' | b'U', b'{', rest @ ..] => {
            let digits = rest.iter().take(8).position(|it| *it == b'}')?;
            hex(text, 3, digits).map(|(byte, length)| (byte, length + 1))
        }
        [b'\\', b'U', b'0', b'0', b'0', b'0', ..] => hex(text, 2, 8).or_else(|| hex(text, 2, 4)),
        [b'\\', b'u' | b'U', ..] => hex(text, 2, 4),
        [b'\\', b'x' | b'X', ..] => hex(text, 2, 2),
        _ => None,
    }
}

/// The character of these hex digits, and where they end. What is not ASCII stands in no
/// credential.
fn hex(text: &[u8], from: usize, digits: usize) -> Option<(u8, usize)> {
    let value = number(text.get(from..from + digits)?, 16)?;
    Some((u8::try_from(value).unwrap_or(u8::MAX), from + digits))
}

/// A reference of HTML. That of a number needs no semicolon.
fn reference(text: &[u8]) -> Option<(u8, usize)> {
    let (from, radix) = match text {
        [b'&', b'#', b'x' | b'X', ..] => (3, 16),
        [b'&', b'#', ..] => (2, 10),
        [b'&', ..] => return named(text),
        _ => return None,
    };
    let is_digit = |it: &&u8| char::from(**it).is_digit(radix);
    let digits = text[from..].iter().take(DIGITS).take_while(is_digit).count();
    let value = number(&text[from..from + digits], radix)?;
    let end = from + digits;
    let length = end + usize::from(text.get(end) == Some(&b';'));
    Some((u8::try_from(value).unwrap_or(u8::MAX), length))
}

/// A reference that has its end.
fn closed(text: &[u8]) -> Option<(u8, usize)> {
    reference(text).filter(|(_, length)| text[length - 1] == b';')
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
