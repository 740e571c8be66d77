//! Anchors, tags and directives.

use super::{
    reader::{Error, Mark},
    scalars::end_of_line,
    scanner::{Scanner, Token},
};

/// The name of an anchor or alias.
pub(super) fn anchor(scanner: &mut Scanner<'_>) -> Result<String, Error> {
    let start = scanner.reader.mark;
    scanner.reader.skip();
    let mut name = String::new();
    while scanner.reader.is_word() {
        scanner.reader.read(&mut name);
    }
    let byte = scanner.reader.byte();
    let ends = scanner.reader.is_blank_or_end() || b"?:,]}%@`".contains(&byte);
    if name.is_empty() || !ends {
        let problem = "did not find expected alphabetic or numeric character";
        return Err(scanner.error(start, problem));
    }
    Ok(name)
}

/// A tag: its handle and what follows it.
pub(super) fn tag(scanner: &mut Scanner<'_>) -> Result<Token, Error> {
    let start = scanner.reader.mark;
    let (handle, suffix) = if scanner.reader.peek(1) == b'<' {
        scanner.reader.skip();
        scanner.reader.skip();
        let suffix = tag_uri(scanner, "", start)?;
        if scanner.reader.byte() != b'>' {
            return Err(scanner.error(start, "did not find the expected '>'"));
        }
        scanner.reader.skip();
        (String::new(), suffix)
    } else {
        let handle = tag_handle(scanner, false, start)?;
        if handle.len() > 1 && handle.ends_with('!') {
            let suffix = tag_uri(scanner, "", start)?;
            (handle, suffix)
        } else {
            match tag_uri(scanner, &handle, start)? {
                suffix if suffix.is_empty() => (suffix, "!".to_owned()),
                suffix => ("!".to_owned(), suffix),
            }
        }
    };
    if !scanner.reader.is_blank_or_end() {
        return Err(scanner.error(start, "did not find expected whitespace or line break"));
    }
    Ok(Token::Tag(handle, suffix))
}

fn tag_handle(scanner: &mut Scanner<'_>, directive: bool, start: Mark) -> Result<String, Error> {
    let missing = "did not find expected '!'";
    if scanner.reader.byte() != b'!' {
        return Err(scanner.error(start, missing));
    }
    let mut handle = String::new();
    scanner.reader.read(&mut handle);
    while scanner.reader.is_word() {
        scanner.reader.read(&mut handle);
    }
    if scanner.reader.byte() == b'!' {
        scanner.reader.read(&mut handle);
    } else if directive && handle != "!" {
        return Err(scanner.error(start, missing));
    }
    Ok(handle)
}

fn tag_uri(scanner: &mut Scanner<'_>, head: &str, start: Mark) -> Result<String, Error> {
    let mut bytes = head.get(1..).unwrap_or("").as_bytes().to_vec();
    let mut found = !head.is_empty();
    loop {
        let byte = scanner.reader.byte();
        if !(scanner.reader.is_word() || b";/?:@&=+$,.!~*'()[]%".contains(&byte)) {
            break;
        }
        if byte == b'%' {
            uri_escape(scanner, start, &mut bytes)?;
        } else {
            bytes.push(byte);
            scanner.reader.skip();
        }
        found = true;
    }
    if !found {
        return Err(scanner.error(start, "did not find expected tag URI"));
    }
    Ok(crate::codec::target::lossy(&bytes))
}

fn uri_escape(scanner: &mut Scanner<'_>, start: Mark, bytes: &mut Vec<u8>) -> Result<(), Error> {
    let mut left = 0;
    loop {
        let mut hex = |ahead| char::from(scanner.reader.peek(ahead)).to_digit(16);
        let octet = match (hex(1), hex(2)) {
            (Some(high), Some(low)) if scanner.reader.byte() == b'%' => high * 16 + low,
            _ => return Err(scanner.error(start, "did not find URI escaped octet")),
        };
        if left == 0 {
            left = match octet {
                0..0x80 => 1,
                0xc0..0xe0 => 2,
                0xe0..0xf0 => 3,
                0xf0..0xf8 => 4,
                _ => return Err(scanner.error(start, "found an incorrect leading UTF-8 octet")),
            };
        } else if octet & 0xc0 != 0x80 {
            return Err(scanner.error(start, "found an incorrect trailing UTF-8 octet"));
        }
        bytes.push(u8::try_from(octet).unwrap_or(0));
        (0..3).for_each(|_| scanner.reader.skip());
        left -= 1;
        if left == 0 {
            return Ok(());
        }
    }
}

/// A directive.
pub(super) fn directive(scanner: &mut Scanner<'_>) -> Result<Token, Error> {
    let start = scanner.reader.mark;
    scanner.reader.skip();
    let mut name = String::new();
    while scanner.reader.is_word() {
        scanner.reader.read(&mut name);
    }
    if name.is_empty() {
        return Err(scanner.error(start, "could not find expected directive name"));
    }
    if !scanner.reader.is_blank_or_end() {
        return Err(scanner.error(start, "found unexpected non-alphabetical character"));
    }
    let token = match &*name {
        "YAML" => version(scanner, start)?,
        "TAG" => tag_directive(scanner, start)?,
        _ => return Err(scanner.error(start, "found unknown directive name")),
    };
    end_of_line(scanner, start)?;
    Ok(token)
}

fn blanks(scanner: &mut Scanner<'_>) {
    while scanner.reader.is_blank() {
        scanner.reader.skip();
    }
}

fn version(scanner: &mut Scanner<'_>, start: Mark) -> Result<Token, Error> {
    blanks(scanner);
    let major = version_number(scanner, start)?;
    if scanner.reader.byte() != b'.' {
        let problem = "did not find expected digit or '.' character";
        return Err(scanner.error(start, problem));
    }
    scanner.reader.skip();
    Ok(Token::VersionDirective(major, version_number(scanner, start)?))
}

fn version_number(scanner: &mut Scanner<'_>, start: Mark) -> Result<u8, Error> {
    let (mut number, mut length) = (0, 0);
    while scanner.reader.byte().is_ascii_digit() {
        length += 1;
        if length > 2 {
            return Err(scanner.error(start, "found extremely long version number"));
        }
        number = number * 10 + (scanner.reader.byte() - b'0');
        scanner.reader.skip();
    }
    if length == 0 {
        return Err(scanner.error(start, "did not find expected version number"));
    }
    Ok(number)
}

fn tag_directive(scanner: &mut Scanner<'_>, start: Mark) -> Result<Token, Error> {
    blanks(scanner);
    let handle = tag_handle(scanner, true, start)?;
    if !scanner.reader.is_blank() {
        return Err(scanner.error(start, "did not find expected whitespace"));
    }
    blanks(scanner);
    let prefix = tag_uri(scanner, "", start)?;
    if !scanner.reader.is_blank_or_end() {
        return Err(scanner.error(start, "did not find expected whitespace or line break"));
    }
    Ok(Token::TagDirective(handle, prefix))
}
