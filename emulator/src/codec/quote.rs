//! Text in double quotes as Go writes it: `%q` and `strconv.Quote`, and the quotes of package
//! `time`.

use {crate::codec::carried, std::fmt::Write as _};

/// The text in double quotes, with what cannot be printed escaped.
pub fn quote(text: &str) -> String {
    quote_bytes(text.as_bytes())
}

/// The same for bytes that may not be UTF-8: those that are not are escaped one by one.
pub fn quote_bytes(bytes: &[u8]) -> String {
    let mut quoted = String::with_capacity(bytes.len() + 2);
    quoted.push('"');
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '"' => quoted.push_str("\\\""),
                _ if let Some(byte) = carried::byte(character) => {
                    push_hex(&mut quoted, byte.into())
                }
                _ => push_escaped(&mut quoted, character),
            }
        }
        for byte in chunk.invalid() {
            push_hex(&mut quoted, u32::from(*byte));
        }
    }
    quoted.push('"');
    quoted
}

/// One byte, taken for a Latin-1 character, in single quotes: how JSON errors show a character.
pub fn quote_byte(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => r#"'"'"#.to_owned(),
        _ => {
            let mut quoted = String::from("'");
            push_escaped(&mut quoted, char::from(byte));
            quoted.push('\'');
            quoted
        }
    }
}

/// Whether Go prints a character as it is: letters, marks, numbers, punctuation, symbols and the
/// ASCII space.
pub fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return (' '..='~').contains(&character);
    }
    // Rust escapes the same characters in debug text, apart from marks at the start of it.
    let mut text = String::from("a");
    text.push(character);
    let mut escaped = text.escape_debug().skip(1);
    escaped.next() == Some(character)
}

/// The text in double quotes as Go's package `time` writes it.
pub fn quote_time(text: &str) -> String {
    let mut quoted = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
            b' '..=0x7f => quoted.push(char::from(byte)),
            _ => push_hex(&mut quoted, byte.into()),
        }
    }
    quoted.push('"');
    quoted
}

fn push_escaped(quoted: &mut String, character: char) {
    match character {
        '\\' => quoted.push_str("\\\\"),
        '\x07' => quoted.push_str("\\a"),
        '\x08' => quoted.push_str("\\b"),
        '\x0c' => quoted.push_str("\\f"),
        '\n' => quoted.push_str("\\n"),
        '\r' => quoted.push_str("\\r"),
        '\t' => quoted.push_str("\\t"),
        '\x0b' => quoted.push_str("\\v"),
        _ if is_printable(character) => quoted.push(character),
        '\0'..=' ' | '\x7f' => push_hex(quoted, character.into()),
        _ => {
            let number = u32::from(character);
            // Writing to a string cannot fail.
            let _ = match number {
                0..=0xffff => write!(quoted, "\\u{number:04x}"),
                _ => write!(quoted, "\\U{number:08x}"),
            };
        }
    }
}

fn push_hex(quoted: &mut String, byte: u32) {
    let _ = write!(quoted, "\\x{byte:02x}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_as_go_quotes_them() {
        let rows = [
            ("a\"b\\c", r#""a\"b\\c""#),
            ("\n\t\x07\x01\x7f", r#""\n\t\a\x01\x7f""#),
            ("é\u{301}\u{a0}\u{200b}\u{fffd}", "\"é\u{301}\\u00a0\\u200b\u{fffd}\""),
            ("\u{e0001}😀", "\"\\U000e0001😀\""),
            ("\u{301}", "\"\u{301}\""),
        ];
        for (text, expected) in rows {
            assert_eq!(quote(text), expected);
        }
    }

    #[test]
    fn a_byte_is_quoted_as_a_character() {
        let rows = [
            (b'x', "'x'"),
            (b'\'', r"'\''"),
            (b'"', r#"'"'"#),
            (b'\\', r"'\\'"),
            (0xef, "'ï'"),
            (0x80, r"'\u0080'"),
            (0, r"'\x00'"),
        ];
        for (byte, expected) in rows {
            assert_eq!(quote_byte(byte), expected);
        }
    }
}
