//! Whether bytes are JSON at all. The whole input is looked at before anything is read from it,
//! so that an error names the first wrong character, as Go's scanner does.

use {super::plain, crate::codec::quote::quote_byte};

// Deeper nesting is an error, as in Go.
const MAX_DEPTH: usize = 10_000;

/// The error text, when the bytes are not one JSON value.
pub fn check(data: &[u8]) -> Result<(), String> {
    Scanner { data, position: 0, inside: Vec::new() }.document()
}

/// Where the value that begins at a position ends, in bytes that are known to be JSON.
pub(super) fn value_end(data: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut position = start;
    while let Some(byte) = data.get(position).copied() {
        position += 1;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => position = string_end(data, position),
            b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => position = scalar_end(data, position),
        }
        if depth == 0 {
            break;
        }
    }
    position
}

/// Where the string ends whose first byte, after the quote, is at a position: after its last
/// quote.
pub(super) fn string_end(data: &[u8], start: usize) -> usize {
    let mut position = start + plain::start(data.get(start..).unwrap_or_default());
    while let Some(byte) = data.get(position).copied() {
        position += 1;
        match byte {
            b'"' => return position,
            b'\\' => position += 1,
            _ => {}
        }
    }
    data.len()
}

fn scalar_end(data: &[u8], start: usize) -> usize {
    let rest = data.get(start..).unwrap_or_default();
    let length = rest
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-'))
        .count();
    start + length
}

#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Object,
    Array,
}

struct Scanner<'a> {
    data: &'a [u8],
    position: usize,
    inside: Vec<Inside>,
}

impl Scanner<'_> {
    fn document(mut self) -> Result<(), String> {
        loop {
            // Opening brackets leave the scanner where another value is expected.
            while self.value()? {}
            if !self.after_value()? {
                break;
            }
        }
        match self.peek_token() {
            None => Ok(()),
            Some(byte) => Err(invalid(byte, "after top-level value")),
        }
    }

    /// Reads a scalar, an empty object or array, or the opening of one that is not empty: then
    /// the answer is true, and a value is next.
    fn value(&mut self) -> Result<bool, String> {
        let byte = self.token()?;
        self.position += 1;
        match byte {
            b'{' => {
                self.open(byte, Inside::Object)?;
                if self.token()? == b'}' {
                    return Ok(false);
                }
                self.key()?;
                return Ok(true);
            }
            b'[' => {
                self.open(byte, Inside::Array)?;
                return Ok(self.token()? != b']');
            }
            b'"' => self.string()?,
            b'-' => self.number_after_sign()?,
            b'0' => self.fraction()?,
            b'1'..=b'9' => {
                self.digits();
                self.fraction()?;
            }
            b't' => self.word("true")?,
            b'f' => self.word("false")?,
            b'n' => self.word("null")?,
            _ => return Err(invalid(byte, "looking for beginning of value")),
        }
        Ok(false)
    }

    fn open(&mut self, byte: u8, inside: Inside) -> Result<(), String> {
        self.inside.push(inside);
        if self.inside.len() > MAX_DEPTH {
            return Err(invalid(byte, "exceeded max depth"));
        }
        Ok(())
    }

    /// Reads what follows a value: closing brackets, or a comma and a key. True when a value is
    /// next, false when the document is over.
    fn after_value(&mut self) -> Result<bool, String> {
        while let Some(inside) = self.inside.last().copied() {
            let byte = self.token()?;
            match (inside, byte) {
                (Inside::Object, b',') => {
                    self.position += 1;
                    self.key()?;
                    return Ok(true);
                }
                (Inside::Array, b',') => {
                    self.position += 1;
                    return Ok(true);
                }
                (Inside::Object, b'}') | (Inside::Array, b']') => {
                    self.position += 1;
                    self.inside.pop();
                }
                (Inside::Object, _) => return Err(invalid(byte, "after object key:value pair")),
                (Inside::Array, _) => return Err(invalid(byte, "after array element")),
            }
        }
        Ok(false)
    }

    fn key(&mut self) -> Result<(), String> {
        let byte = self.token()?;
        if byte != b'"' {
            return Err(invalid(byte, "looking for beginning of object key string"));
        }
        self.position += 1;
        self.string()?;
        let byte = self.token()?;
        if byte != b':' {
            return Err(invalid(byte, "after object key"));
        }
        self.position += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<(), String> {
        self.position += plain::start(self.data.get(self.position..).unwrap_or_default());
        loop {
            let Some(byte) = self.data.get(self.position).copied() else { return Err(end()) };
            self.position += 1;
            match byte {
                b'"' => return Ok(()),
                b'\\' => self.escape()?,
                0..0x20 => return Err(invalid(byte, "in string literal")),
                _ => {}
            }
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        match self.literal_byte() {
            b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => Ok(()),
            b'u' => {
                for _ in 0..4 {
                    let byte = self.literal_byte();
                    if !byte.is_ascii_hexdigit() {
                        return Err(invalid(byte, "in \\u hexadecimal character escape"));
                    }
                }
                Ok(())
            }
            byte => Err(invalid(byte, "in string escape code")),
        }
    }

    fn number_after_sign(&mut self) -> Result<(), String> {
        match self.literal_byte() {
            b'0' => {}
            b'1'..=b'9' => self.digits(),
            byte => return Err(invalid(byte, "in numeric literal")),
        }
        self.fraction()
    }

    fn fraction(&mut self) -> Result<(), String> {
        if self.data.get(self.position) == Some(&b'.') {
            self.position += 1;
            let byte = self.literal_byte();
            if !byte.is_ascii_digit() {
                return Err(invalid(byte, "after decimal point in numeric literal"));
            }
            self.digits();
        }
        if matches!(self.data.get(self.position), Some(b'e' | b'E')) {
            self.position += 1;
            let mut byte = self.literal_byte();
            if matches!(byte, b'+' | b'-') {
                byte = self.literal_byte();
            }
            if !byte.is_ascii_digit() {
                return Err(invalid(byte, "in exponent of numeric literal"));
            }
            self.digits();
        }
        Ok(())
    }

    fn digits(&mut self) {
        while self.data.get(self.position).is_some_and(u8::is_ascii_digit) {
            self.position += 1;
        }
    }

    fn word(&mut self, word: &'static str) -> Result<(), String> {
        for expected in word.bytes().skip(1) {
            let byte = self.literal_byte();
            if byte != expected {
                let expected = char::from(expected);
                return Err(invalid(byte, &format!("in literal {word} (expecting '{expected}')")));
            }
        }
        Ok(())
    }

    // Inside a literal the end of the input counts as a space, as it does in Go's scanner.
    fn literal_byte(&mut self) -> u8 {
        let byte = self.data.get(self.position).copied();
        self.position += 1;
        byte.unwrap_or(b' ')
    }

    fn token(&mut self) -> Result<u8, String> {
        self.peek_token().ok_or_else(end)
    }

    fn peek_token(&mut self) -> Option<u8> {
        while let Some(byte) = self.data.get(self.position).copied() {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Some(byte);
            }
            self.position += 1;
        }
        None
    }
}

fn end() -> String {
    "unexpected end of JSON input".to_owned()
}

fn invalid(byte: u8, context: &str) -> String {
    format!("invalid character {} {context}", quote_byte(byte))
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("", "unexpected end of JSON input")]
    #[case("  ", "unexpected end of JSON input")]
    #[case("{", "unexpected end of JSON input")]
    #[case("{\"a", "unexpected end of JSON input")]
    #[case("{\"a\":1", "unexpected end of JSON input")]
    #[case("[1 ", "unexpected end of JSON input")]
    #[case("{]", "invalid character ']' looking for beginning of object key string")]
    #[case("{,", "invalid character ',' looking for beginning of object key string")]
    #[case("{\"a\"}", "invalid character '}' after object key")]
    #[case("{\"a\":}", "invalid character '}' looking for beginning of value")]
    #[case("{\"a\":1]", "invalid character ']' after object key:value pair")]
    #[case("{\"a\":1,}", "invalid character '}' looking for beginning of object key string")]
    #[case("[1}", "invalid character '}' after array element")]
    #[case("[1,]", "invalid character ']' looking for beginning of value")]
    #[case("{}x", "invalid character 'x' after top-level value")]
    #[case("01", "invalid character '1' after top-level value")]
    #[case("nul", "invalid character ' ' in literal null (expecting 'l')")]
    #[case("trux", "invalid character 'x' in literal true (expecting 'e')")]
    #[case("fAlse", "invalid character 'A' in literal false (expecting 'a')")]
    #[case("-", "invalid character ' ' in numeric literal")]
    #[case("1.", "invalid character ' ' after decimal point in numeric literal")]
    #[case("1e+", "invalid character ' ' in exponent of numeric literal")]
    #[case("\"\\", "invalid character ' ' in string escape code")]
    #[case("\"\\x", "invalid character 'x' in string escape code")]
    #[case("\"\\u12g", "invalid character 'g' in \\u hexadecimal character escape")]
    #[case("\"\n", "invalid character '\\n' in string literal")]
    #[case("\u{feff}{}", "invalid character 'ï' looking for beginning of value")]
    fn the_first_wrong_character_is_named(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(check(text.as_bytes()).unwrap_err(), expected);
    }

    #[rstest]
    #[case(" {} ")]
    #[case("[]")]
    #[case("[[],{},\"\\u00e9\\\"\",-0.5e-7,10,true,false,null]\n")]
    #[case("{\"a\":{\"b\":[{\"c\":1},2]},\"d\":\"\"}")]
    fn json_is_told(#[case] text: &str) {
        assert_eq!(check(text.as_bytes()), Ok(()));
    }

    #[rstest]
    #[case("[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,[]]")]
    #[case("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]")]
    #[case("{          \"a\":                             {          }              }")]
    #[case("\"a string of plain bytes, longer than a block, and \\\" more\"")]
    #[case("1234567890123456789012345678901234567890")]
    fn a_value_ends_where_it_ends(#[case] text: &str) {
        assert_eq!(check(text.as_bytes()), Ok(()));
        for rest in ["", ",\"b\":1}", "]", " , 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]"] {
            assert_eq!(value_end(format!("{text}{rest}").as_bytes(), 0), text.len(), "{rest}");
        }
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(check(nested(10_000).as_bytes()), Ok(()));
        assert_eq!(
            check(nested(10_001).as_bytes()).unwrap_err(),
            "invalid character '[' exceeded max depth"
        );
    }
}
