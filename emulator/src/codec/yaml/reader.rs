//! The characters of a YAML stream: UTF-8 or UTF-16, checked as they are needed, with positions.
//!
//! Go's reader looks at its input in pieces of 512 bytes, and a character that is not allowed
//! fails when its piece is needed: what is wrong before that is told first.

use std::borrow::Cow;

const PIECE: usize = 512;

/// A position in the stream, counted from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark {
    pub(super) index: usize,
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Why a stream could not be read, in the words of Go's YAML package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Error(pub(super) String);

impl Error {
    /// The scanner's errors name the line they happen on, unless it is the first.
    pub(super) fn scanner(mark: Mark, context: Mark, problem: &str) -> Self {
        let line = if mark.line == 0 { context.line } else { mark.line + 1 };
        Self::at(line, problem)
    }

    /// The parser's errors name the line before.
    pub(super) fn parser(mark: Mark, context: Mark, problem: &str) -> Self {
        Self::at(if mark.line == 0 { context.line } else { mark.line }, problem)
    }

    fn at(line: usize, problem: &str) -> Self {
        match line {
            0 => Self(format!("yaml: {problem}")),
            _ => Self(format!("yaml: line {line}: {problem}")),
        }
    }
}

/// A cursor over the characters.
pub(super) struct Reader<'a> {
    text: Cow<'a, str>,
    position: usize,
    /// What is from here on cannot be had, for this reason.
    limit: Option<(usize, &'static str)>,
    failed: bool,
    pub(super) mark: Mark,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let (text, limit) = match bytes {
            [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
            [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
            [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest, 3),
            _ => utf8(bytes, 0),
        };
        Self { text, position: 0, limit, failed: false, mark: Mark::default() }
    }

    /// The reader's error, once something that cannot be had was asked for.
    pub(super) fn check(&self) -> Result<(), Error> {
        match self.limit {
            Some((_, problem)) if self.failed => Err(Error(format!("yaml: {problem}"))),
            _ => Ok(()),
        }
    }

    /// Makes sure of some bytes ahead, as Go does before it looks for the longest indicators.
    pub(super) fn ensure(&mut self, length: usize) {
        if self.limit.is_some_and(|(limit, _)| self.position + length > limit) {
            self.failed = true;
        }
    }

    /// The byte some bytes ahead; zero past the end.
    pub(super) fn peek(&mut self, ahead: usize) -> u8 {
        let at = self.position + ahead;
        if self.limit.is_some_and(|(limit, _)| at >= limit) {
            self.failed = true;
            return 0;
        }
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    pub(super) fn byte(&mut self) -> u8 {
        self.peek(0)
    }

    pub(super) fn is_end(&mut self) -> bool {
        self.byte() == 0
    }

    pub(super) fn is_space(&mut self) -> bool {
        self.byte() == b' '
    }

    pub(super) fn is_tab(&mut self) -> bool {
        self.byte() == b'\t'
    }

    pub(super) fn is_blank(&mut self) -> bool {
        self.is_blank_at(0)
    }

    pub(super) fn is_blank_at(&mut self, ahead: usize) -> bool {
        matches!(self.peek(ahead), b' ' | b'\t')
    }

    pub(super) fn is_break(&mut self) -> bool {
        self.is_break_at(0)
    }

    pub(super) fn is_break_at(&mut self, ahead: usize) -> bool {
        match self.peek(ahead) {
            b'\r' | b'\n' => true,
            0xc2 => self.peek(ahead + 1) == 0x85,
            0xe2 => self.peek(ahead + 1) == 0x80 && matches!(self.peek(ahead + 2), 0xa8 | 0xa9),
            _ => false,
        }
    }

    pub(super) fn is_break_or_end(&mut self) -> bool {
        self.is_end() || self.is_break()
    }

    pub(super) fn is_blank_or_end(&mut self) -> bool {
        self.is_blank_or_end_at(0)
    }

    pub(super) fn is_blank_or_end_at(&mut self, ahead: usize) -> bool {
        self.peek(ahead) == 0 || self.is_blank_at(ahead) || self.is_break_at(ahead)
    }

    /// Whether a document marker stands here, at the beginning of a line.
    pub(super) fn is_marker(&mut self, byte: u8) -> bool {
        self.mark.column == 0
            && (0..3).all(|ahead| self.peek(ahead) == byte)
            && self.is_blank_or_end_at(3)
    }

    /// Whether the stream began with a second byte order mark: Go looks there, not here.
    pub(super) fn is_byte_order_mark(&self) -> bool {
        self.text.starts_with('\u{feff}')
    }

    /// A letter, a digit, `_` or `-`.
    pub(super) fn is_word(&mut self) -> bool {
        let byte = self.byte();
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
    }

    /// Goes past a character.
    pub(super) fn skip(&mut self) {
        let width = self.width();
        self.position += width;
        self.mark.index += 1;
        self.mark.column += 1;
    }

    /// Goes past a line break.
    pub(super) fn skip_line(&mut self) {
        if self.byte() == b'\r' && self.peek(1) == b'\n' {
            self.position += 1;
            self.mark.index += 1;
        }
        let width = self.width();
        self.position += width;
        self.mark.index += 1;
        self.mark.column = 0;
        self.mark.line += 1;
    }

    /// Goes past a character and keeps it.
    pub(super) fn read(&mut self, into: &mut String) {
        let width = self.width();
        into.push_str(self.text.get(self.position..self.position + width).unwrap_or(""));
        self.skip();
    }

    /// Goes past a line break and keeps it; all but the Unicode separators become a line feed.
    pub(super) fn read_line(&mut self, into: &mut String) {
        if self.byte() == 0xe2 {
            let line = self.text.get(self.position..self.position + 3).unwrap_or("");
            into.push_str(line);
        } else {
            into.push('\n');
        }
        self.skip_line();
    }

    fn width(&self) -> usize {
        let rest = self.text.get(self.position..).unwrap_or("");
        rest.chars().next().map_or(1, char::len_utf8)
    }
}

type Checked<'a> = (Cow<'a, str>, Option<(usize, &'static str)>);

fn utf8(bytes: &[u8], before: usize) -> Checked<'_> {
    // The common case is told quickly.
    let (text, problem) = match std::str::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let (valid, rest) = bytes.split_at(error.valid_up_to());
            (std::str::from_utf8(valid).unwrap_or(""), Some(utf8_problem(rest)))
        }
    };
    let control = text.char_indices().find(|(_, character)| !is_allowed(*character));
    match (control, problem) {
        (Some((at, _)), _) => {
            let limit = piece_start(text, at, before);
            (Cow::Borrowed(text), Some((limit, "control characters are not allowed")))
        }
        (None, Some(problem)) => {
            let limit = piece_start(text, text.len(), before);
            (Cow::Borrowed(text), Some((limit, problem)))
        }
        (None, None) => (Cow::Borrowed(text), None),
    }
}

// Where the piece begins that a byte is in.
fn piece_start(text: &str, at: usize, before: usize) -> usize {
    let mut start = 0;
    let mut length = PIECE - before;
    loop {
        let mut end = (start + length).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        if end > at || end == text.len() || end == start {
            return start;
        }
        start = end;
        length = PIECE;
    }
}

fn is_allowed(character: char) -> bool {
    matches!(
        character,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}'
            | '\u{e000}'..='\u{fffd}' | '\u{10000}'..
    )
}

fn utf8_problem(rest: &[u8]) -> &'static str {
    let width = match rest.first().copied().unwrap_or(0) {
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => return "invalid leading UTF-8 octet",
    };
    let Some(bytes) = rest.get(..width) else { return "incomplete UTF-8 octet sequence" };
    if bytes[1..].iter().any(|byte| byte & 0xc0 != 0x80) {
        return "invalid trailing UTF-8 octet";
    }
    let first = u32::from(bytes[0]) & (0x7f >> width);
    let number = bytes[1..].iter().fold(first, |number, byte| number << 6 | u32::from(byte & 0x3f));
    match (width, number) {
        (2, 0..0x80) | (3, 0..0x800) | (4, 0..0x1_0000) => "invalid length of a UTF-8 sequence",
        _ => "invalid Unicode character",
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Checked<'static> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let mut text = String::with_capacity(bytes.len());
    let mut problem = None;
    for decoded in char::decode_utf16(units) {
        match decoded {
            Ok(character) if is_allowed(character) => text.push(character),
            Ok(_) => problem = Some("control characters are not allowed"),
            Err(error) if error.unpaired_surrogate() >= 0xdc00 => {
                problem = Some("unexpected low surrogate area");
            }
            Err(_) if ends_in_surrogate(bytes, unit) => {
                problem = Some("incomplete UTF-16 surrogate pair");
            }
            Err(_) => problem = Some("expected low surrogate area"),
        }
        if problem.is_some() {
            break;
        }
    }
    if problem.is_none() && bytes.len() % 2 == 1 {
        problem = Some("incomplete UTF-16 character");
    }
    let limit = problem.map(|problem| (piece_start(&text, text.len(), 2), problem));
    (Cow::Owned(text), limit)
}

// Whether the bytes end in the first half of a pair.
fn ends_in_surrogate(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> bool {
    let last = bytes.chunks_exact(2).last().map(|pair| unit([pair[0], pair[1]]));
    last.is_some_and(|last| (0xd800..0xdc00).contains(&last))
}
