//! JSON as Google reads it: bare keys, single quotes and commas at the end are fine, and a syntax
//! error points at its place with a caret.
//! Source: proto-converter, `JsonStreamParser`.

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

/// How deep values may nest.
const DEPTH: usize = 100;

/// How much of the text a syntax error shows on each side, in bytes.
const CONTEXT: usize = 20;

/// A value, as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as Google's parser holds it.
    Number(Number),
    /// A string, without its escapes.
    String(String),
    /// An array.
    List(Vec<Json>),
    /// An object, its members in the order they were written in, repeated ones included.
    Object(Vec<(String, Json)>),
}

/// A number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    /// Not negative and without fraction or exponent.
    Unsigned(u64),
    /// Negative and without fraction or exponent.
    Signed(i64),
    /// Any other.
    Double(f64),
}

/// What is wrong with a text: what Google would say of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError(pub(crate) String);

/// Reads a text whole.
pub(crate) fn parse(text: &[u8]) -> Result<Json, SyntaxError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let text = match std::str::from_utf8(text) {
        Ok(text) => text,
        Err(error) => {
            return Parser { text, at: error.valid_up_to(), depth: 0 }
                .fail("Encountered non UTF-8 code points.");
        }
    };
    let mut parser = Parser { text: text.as_bytes(), at: 0, depth: 0 };
    let value = parser.value("", "Expected a value.")?;
    match parser.peek() {
        Token::End => Ok(value),
        _ => parser.fail("Parsing terminated before end of input."),
    }
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    End,
    Unknown,
    String,
    Number,
    True,
    False,
    Null,
    Key,
    Punctuation(u8),
}

impl Parser<'_> {
    fn rest(&self) -> &[u8] {
        &self.text[self.at..]
    }

    fn peek(&mut self) -> Token {
        while self.rest().first().is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        let rest = self.rest();
        match rest.first() {
            None => Token::End,
            Some(b'"' | b'\'') => Token::String,
            Some(b'-' | b'0'..=b'9') => Token::Number,
            Some(byte @ (b'{' | b'}' | b'[' | b']' | b':' | b',')) => Token::Punctuation(*byte),
            Some(_) if rest.starts_with(b"true") => Token::True,
            Some(_) if rest.starts_with(b"false") => Token::False,
            Some(_) if rest.starts_with(b"null") => Token::Null,
            Some(byte) if is_key_start(*byte) => Token::Key,
            Some(_) => Token::Unknown,
        }
    }

    /// A value; `key` is the member's that it belongs to, `expected` what to say without one.
    fn value(&mut self, key: &str, expected: &str) -> Result<Json, SyntaxError> {
        match self.peek() {
            Token::End | Token::Unknown => self.expect(expected),
            Token::String => self.string().map(Json::String),
            Token::Number => self.number().map(Json::Number),
            Token::True => Ok(self.word("true", Json::Bool(true))),
            Token::False => Ok(self.word("false", Json::Bool(false))),
            Token::Null => Ok(self.word("null", Json::Null)),
            Token::Punctuation(b'{') => self.nested(key, Self::object),
            Token::Punctuation(b'[') => self.nested(key, Self::list),
            Token::Key | Token::Punctuation(_) => self.fail("Unexpected token."),
        }
    }

    fn word(&mut self, word: &str, value: Json) -> Json {
        self.at += word.len();
        value
    }

    fn nested(
        &mut self,
        key: &str,
        parse: impl Fn(&mut Self) -> Result<Json, SyntaxError>,
    ) -> Result<Json, SyntaxError> {
        self.depth += 1;
        if self.depth > DEPTH {
            let reason = format!("Message too deep. Max recursion depth reached for key '{key}'");
            return Err(SyntaxError(reason));
        }
        self.at += 1;
        let value = parse(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn object(&mut self) -> Result<Json, SyntaxError> {
        const MIDDLE: &str = "Expected , or } after key:value pair.";
        let mut members = Vec::new();
        loop {
            let Some(key) = self.key()? else { return Ok(Json::Object(members)) };
            match self.peek() {
                Token::Punctuation(b':') => self.at += 1,
                _ => return self.expect("Expected : between key:value pair."),
            }
            let value = self.value(&key, "Expected a value.")?;
            members.push((key, value));
            match self.peek() {
                Token::Punctuation(b',') => self.at += 1,
                Token::Punctuation(b'}') => {}
                _ => return self.expect(MIDDLE),
            }
        }
    }

    /// The next member's key; `None` at the object's end.
    fn key(&mut self) -> Result<Option<String>, SyntaxError> {
        match self.peek() {
            Token::Punctuation(b'}') => {
                self.at += 1;
                Ok(None)
            }
            Token::String => self.string().map(Some),
            Token::Key | Token::True | Token::False | Token::Null => Ok(Some(self.bare_key())),
            _ => self.expect("Expected an object key or }."),
        }
    }

    fn bare_key(&mut self) -> String {
        let rest = self.rest();
        let end = rest.iter().position(|byte| !is_key_part(*byte)).unwrap_or(rest.len());
        let key = String::from_utf8_lossy(&rest[..end]).into_owned();
        self.at += end;
        key
    }

    fn list(&mut self) -> Result<Json, SyntaxError> {
        let mut elements = Vec::new();
        loop {
            if self.peek() == Token::Punctuation(b']') {
                self.at += 1;
                return Ok(Json::List(elements));
            }
            elements.push(self.value("", "Expected a value or ] within an array.")?);
            match self.peek() {
                Token::Punctuation(b',') => self.at += 1,
                Token::Punctuation(b']') => {}
                _ => return self.expect("Expected , or ] after array value."),
            }
        }
    }

    fn string(&mut self) -> Result<String, SyntaxError> {
        let quote = self.text[self.at];
        self.at += 1;
        let mut string = String::new();
        loop {
            let rest = self.rest();
            let Some(end) = end_of_plain(rest, quote) else {
                self.at = self.text.len();
                return self.fail("Closing quote expected in string.");
            };
            match std::str::from_utf8(&rest[..end]) {
                Ok(text) => string.push_str(text),
                Err(_) => string.push_str(&String::from_utf8_lossy(&rest[..end])),
            }
            self.at += end;
            if self.text[self.at] == quote {
                self.at += 1;
                return Ok(string);
            }
            string.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Result<char, SyntaxError> {
        let Some(&escaped) = self.rest().get(1) else {
            return self.fail("Closing quote expected in string.");
        };
        let character = match escaped {
            b'u' => return self.unicode_escape(),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'v' => '\u{b}',
            // Whatever else is escaped stands for itself; only its first byte is looked at here.
            byte if byte.is_ascii() => char::from(byte),
            _ => {
                let rest = std::str::from_utf8(&self.text[self.at + 1..]).unwrap_or_default();
                let character = rest.chars().next().unwrap_or('\u{fffd}');
                self.at += 1 + character.len_utf8();
                return Ok(character);
            }
        };
        self.at += 2;
        Ok(character)
    }

    fn unicode_escape(&mut self) -> Result<char, SyntaxError> {
        let code = self.hex(self.at)?;
        let code = match code {
            0xd800..=0xdbff => {
                if !self.text[self.at + 6..].starts_with(b"\\u") {
                    return self.fail("Missing low surrogate.");
                }
                let low = self.hex(self.at + 6)?;
                if !(0xdc00..=0xdfff).contains(&low) {
                    return self.fail("Invalid low surrogate.");
                }
                self.at += 6;
                0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff)
            }
            code => code,
        };
        let Some(character) = char::from_u32(code) else {
            return self.fail("Invalid unicode code point.");
        };
        self.at += 6;
        Ok(character)
    }

    /// The number that `\uXXXX` at a place holds.
    fn hex(&self, at: usize) -> Result<u32, SyntaxError> {
        let Some(digits) = self.text.get(at + 2..at + 6) else {
            return self.fail("Illegal hex string.");
        };
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        let code = digits.iter().try_fold(0, |code, byte| Some(code * 16 + digit(byte)?));
        code.map_or_else(|| self.fail("Invalid escape sequence."), Ok)
    }

    fn number(&mut self) -> Result<Number, SyntaxError> {
        let rest = self.rest();
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
        let end = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        let text = std::str::from_utf8(&rest[..end]).unwrap_or_default();
        let digits = text.strip_prefix('-').unwrap_or(text);
        let next = rest.get(end);
        if digits.starts_with('0')
            && (digits[1..].starts_with(|next: char| next.is_ascii_digit())
                || digits == "0" && next.is_some_and(|next| next.eq_ignore_ascii_case(&b'x')))
        {
            return self.fail("Octal/hex numbers are not valid JSON values.");
        }
        let Some(number) = read_number(text) else {
            return self.fail("Unable to parse number.");
        };
        if matches!(number, Number::Double(double) if !double.is_finite()) {
            return self.fail("Number exceeds the range of double.");
        }
        self.at += end;
        Ok(number)
    }

    /// Says what is missing, and whether it is because the text has come to its end.
    fn expect<T>(&mut self, expected: &str) -> Result<T, SyntaxError> {
        match self.peek() {
            Token::End => self.fail(&format!("Unexpected end of string. {expected}")),
            _ => self.fail(expected),
        }
    }

    fn fail<T>(&self, reason: &str) -> Result<T, SyntaxError> {
        let begin = self.at.saturating_sub(CONTEXT);
        let end = (self.at + CONTEXT).min(self.text.len());
        let context = String::from_utf8_lossy(&self.text[begin..end]);
        let spaces = " ".repeat(self.at - begin);
        Err(SyntaxError(format!("{reason}\n{context}\n{spaces}^")))
    }
}

/// Where a string's closing quote or next escape is. Whole blocks are looked at without a branch in
/// between, since long texts, tokens above all, have neither.
fn end_of_plain(bytes: &[u8], quote: u8) -> Option<usize> {
    let special = |byte: u8| (byte == quote) | (byte == b'\\');
    let is_plain = |it: &&[u8; 32]| !it.iter().fold(false, |found, byte| found | special(*byte));
    let plain = 32 * bytes.as_chunks().0.iter().take_while(is_plain).count();
    bytes[plain..].iter().position(|byte| special(*byte)).map(|at| plain + at)
}

fn read_number(text: &str) -> Option<Number> {
    if text.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(number) = text.parse()
    {
        return Some(Number::Unsigned(number));
    }
    if !text.contains(['.', 'e', 'E', '+'])
        && let Ok(number) = text.parse()
    {
        return Some(Number::Signed(number));
    }
    text.parse().ok().map(Number::Double)
}

fn is_key_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte == b'$'
}

fn is_key_part(byte: u8) -> bool {
    is_key_start(byte) || byte.is_ascii_digit()
}
