//! Scalars in all styles.

use super::{
    reader::{Error, Mark},
    scanner::Scanner,
};

/// The text of a plain scalar.
pub(super) fn plain(scanner: &mut Scanner<'_>) -> Result<String, Error> {
    let start = scanner.reader.mark;
    let indent = scanner.indent + 1;
    let mut text = String::new();
    let mut gap = Gap::default();
    loop {
        scanner.reader.ensure(4);
        if scanner.reader.is_marker(b'-')
            || scanner.reader.is_marker(b'.')
            || scanner.reader.byte() == b'#'
        {
            break;
        }
        while !scanner.reader.is_blank_or_end() {
            let byte = scanner.reader.byte();
            let ends = byte == b':' && scanner.reader.is_blank_or_end_at(1);
            if ends || (scanner.flow_level > 0 && b",?[]{}".contains(&byte)) {
                break;
            }
            gap.close(&mut text);
            scanner.reader.read(&mut text);
        }
        if !(scanner.reader.is_blank() || scanner.reader.is_break()) {
            break;
        }
        while scanner.reader.is_blank() || scanner.reader.is_break() {
            let column = isize::try_from(scanner.reader.mark.column).unwrap_or(isize::MAX);
            if gap.broken && column < indent && scanner.reader.is_tab() {
                let problem = "found a tab character that violates indentation";
                return Err(scanner.error(start, problem));
            }
            gap.read(scanner);
        }
        let column = isize::try_from(scanner.reader.mark.column).unwrap_or(isize::MAX);
        if scanner.flow_level == 0 && column < indent {
            break;
        }
    }
    if gap.broken {
        scanner.key_allowed = true;
    }
    Ok(text)
}

/// Blanks and line breaks between the words of a scalar.
#[derive(Default)]
struct Gap {
    blanks: String,
    first_break: String,
    more_breaks: String,
    broken: bool,
}

impl Gap {
    fn read(&mut self, scanner: &mut Scanner<'_>) {
        if !scanner.reader.is_break() {
            if self.broken {
                scanner.reader.skip();
            } else {
                scanner.reader.read(&mut self.blanks);
            }
        } else if self.broken {
            scanner.reader.read_line(&mut self.more_breaks);
        } else {
            self.blanks.clear();
            scanner.reader.read_line(&mut self.first_break);
            self.broken = true;
        }
    }

    // One line feed becomes a space; more lose the first.
    fn close(&mut self, text: &mut String) {
        if !self.broken {
            text.push_str(&self.blanks);
        } else if !self.first_break.starts_with('\n') {
            text.push_str(&self.first_break);
            text.push_str(&self.more_breaks);
        } else if self.more_breaks.is_empty() {
            text.push(' ');
        } else {
            text.push_str(&self.more_breaks);
        }
        *self = Self::default();
    }
}

/// The text of a scalar in quotes.
pub(super) fn quoted(scanner: &mut Scanner<'_>, single: bool) -> Result<String, Error> {
    let start = scanner.reader.mark;
    scanner.reader.skip();
    let quote = if single { b'\'' } else { b'"' };
    let mut text = String::new();
    loop {
        scanner.reader.ensure(4);
        if scanner.reader.is_marker(b'-') || scanner.reader.is_marker(b'.') {
            return Err(scanner.error(start, "found unexpected document indicator"));
        }
        if scanner.reader.is_end() {
            return Err(scanner.error(start, "found unexpected end of stream"));
        }
        let mut gap = Gap { broken: word(scanner, single, start, &mut text)?, ..Gap::default() };
        if scanner.reader.byte() == quote {
            break;
        }
        let escaped_break = gap.broken;
        while scanner.reader.is_blank() || scanner.reader.is_break() {
            gap.read(scanner);
        }
        if escaped_break {
            // An escaped line break leaves nothing of its own.
            text.push_str(&gap.more_breaks);
        } else {
            gap.close(&mut text);
        }
    }
    scanner.reader.skip();
    Ok(text)
}

// Reads up to a blank or the closing quote. True when a line break was escaped.
fn word(
    scanner: &mut Scanner<'_>,
    single: bool,
    start: Mark,
    text: &mut String,
) -> Result<bool, Error> {
    while !scanner.reader.is_blank_or_end() {
        match scanner.reader.byte() {
            b'\'' if single && scanner.reader.peek(1) == b'\'' => {
                text.push('\'');
                scanner.reader.skip();
                scanner.reader.skip();
            }
            b'\'' if single => break,
            b'"' if !single => break,
            b'\\' if !single && scanner.reader.is_break_at(1) => {
                scanner.reader.skip();
                scanner.reader.skip_line();
                return Ok(true);
            }
            b'\\' if !single => escape(scanner, start, text)?,
            _ => scanner.reader.read(text),
        }
    }
    Ok(false)
}

fn escape(scanner: &mut Scanner<'_>, start: Mark, text: &mut String) -> Result<(), Error> {
    let byte = scanner.reader.peek(1);
    let length = match byte {
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        _ => 0,
    };
    if length == 0 {
        let character = simple_escape(byte)
            .ok_or_else(|| scanner.error(start, "found unknown escape character"))?;
        text.push(character);
    }
    scanner.reader.skip();
    scanner.reader.skip();
    if length > 0 {
        let mut number = 0_u32;
        for ahead in 0..length {
            let digit = char::from(scanner.reader.peek(ahead))
                .to_digit(16)
                .ok_or_else(|| scanner.error(start, "did not find expected hexdecimal number"))?;
            number = number << 4 | digit;
        }
        let character = char::from_u32(number)
            .ok_or_else(|| scanner.error(start, "found invalid Unicode character escape code"))?;
        text.push(character);
        (0..length).for_each(|_| scanner.reader.skip());
    }
    Ok(())
}

fn simple_escape(byte: u8) -> Option<char> {
    Some(match byte {
        b'0' => '\0',
        b'a' => '\u{7}',
        b'b' => '\u{8}',
        b't' | b'\t' => '\t',
        b'n' => '\n',
        b'v' => '\u{b}',
        b'f' => '\u{c}',
        b'r' => '\r',
        b'e' => '\u{1b}',
        b' ' => ' ',
        b'"' => '"',
        b'\'' => '\'',
        b'\\' => '\\',
        b'N' => '\u{85}',
        b'_' => '\u{a0}',
        b'L' => '\u{2028}',
        b'P' => '\u{2029}',
        _ => return None,
    })
}

/// The text of a block scalar.
pub(super) fn block(scanner: &mut Scanner<'_>, literal: bool) -> Result<String, Error> {
    let start = scanner.reader.mark;
    scanner.reader.skip();
    let Header { keep, strip, increment } = header(scanner, start)?;
    let mut indent = match increment {
        0 => 0,
        _ => scanner.indent.max(0) + increment,
    };
    let mut text = String::new();
    let mut first_break = String::new();
    let mut more_breaks = String::new();
    let mut leading_blank = false;
    breaks(scanner, &mut indent, &mut more_breaks, start)?;
    while column(scanner) == indent && !scanner.reader.is_end() {
        let trailing_blank = scanner.reader.is_blank();
        let folds = !literal && !leading_blank && !trailing_blank && first_break.starts_with('\n');
        if !folds {
            text.push_str(&first_break);
        } else if more_breaks.is_empty() {
            text.push(' ');
        }
        first_break.clear();
        text.push_str(&more_breaks);
        more_breaks.clear();
        leading_blank = scanner.reader.is_blank();
        while !scanner.reader.is_break_or_end() {
            scanner.reader.read(&mut text);
        }
        if scanner.reader.is_break() {
            scanner.reader.read_line(&mut first_break);
        }
        breaks(scanner, &mut indent, &mut more_breaks, start)?;
    }
    if !strip {
        text.push_str(&first_break);
    }
    if keep {
        text.push_str(&more_breaks);
    }
    Ok(text)
}

struct Header {
    keep: bool,
    strip: bool,
    increment: isize,
}

fn header(scanner: &mut Scanner<'_>, start: Mark) -> Result<Header, Error> {
    let mut header = Header { keep: false, strip: false, increment: 0 };
    let chomping = |scanner: &mut Scanner<'_>, header: &mut Header| {
        let byte = scanner.reader.byte();
        header.keep = byte == b'+';
        header.strip = byte == b'-';
        let found = header.keep || header.strip;
        if found {
            scanner.reader.skip();
        }
        found
    };
    let chomped = chomping(scanner, &mut header);
    let byte = scanner.reader.byte();
    if byte == b'0' {
        let problem = "found an indentation indicator equal to 0";
        return Err(scanner.error(start, problem));
    }
    if byte.is_ascii_digit() {
        header.increment = isize::from(byte - b'0');
        scanner.reader.skip();
        if !chomped {
            chomping(scanner, &mut header);
        }
    }
    end_of_line(scanner, start)?;
    Ok(header)
}

/// Goes past blanks, a comment and the line break.
pub(super) fn end_of_line(scanner: &mut Scanner<'_>, start: Mark) -> Result<(), Error> {
    while scanner.reader.is_blank() {
        scanner.reader.skip();
    }
    if scanner.reader.byte() == b'#' {
        while !scanner.reader.is_break_or_end() {
            scanner.reader.skip();
        }
    }
    if !scanner.reader.is_break_or_end() {
        return Err(scanner.error(start, "did not find expected comment or line break"));
    }
    if scanner.reader.is_break() {
        scanner.reader.skip_line();
    }
    Ok(())
}

fn column(scanner: &Scanner<'_>) -> isize {
    isize::try_from(scanner.reader.mark.column).unwrap_or(isize::MAX)
}

// Goes past the indentation and empty lines. An indent of zero is found out here.
fn breaks(
    scanner: &mut Scanner<'_>,
    indent: &mut isize,
    text: &mut String,
    start: Mark,
) -> Result<(), Error> {
    let mut widest = 0;
    loop {
        while (*indent == 0 || column(scanner) < *indent) && scanner.reader.is_space() {
            scanner.reader.skip();
        }
        widest = widest.max(column(scanner));
        if (*indent == 0 || column(scanner) < *indent) && scanner.reader.is_tab() {
            let problem = "found a tab character where an indentation space is expected";
            return Err(scanner.error(start, problem));
        }
        if !scanner.reader.is_break() {
            break;
        }
        scanner.reader.read_line(text);
    }
    if *indent == 0 {
        *indent = widest.max(scanner.indent + 1).max(1);
    }
    Ok(())
}
