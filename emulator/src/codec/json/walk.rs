//! Moving over JSON that is known to be valid.

use {
    super::{strings::unquote, syntax, value::Reader},
    std::borrow::Cow,
};

impl<'a> Reader<'a> {
    fn byte(&self) -> u8 {
        self.data.get(self.position).copied().unwrap_or(b'}')
    }

    pub(super) fn peek(&mut self) -> u8 {
        while matches!(self.data.get(self.position), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.position += 1;
        }
        self.byte()
    }

    pub(super) fn token(&mut self) -> u8 {
        self.peek()
    }

    pub(super) fn separator(&mut self) {
        if self.token() == b',' {
            self.position += 1;
        }
    }

    pub(super) fn key(&mut self) -> Cow<'a, str> {
        let key = self.string();
        if self.token() == b':' {
            self.position += 1;
        }
        self.peek();
        key
    }

    pub(super) fn string(&mut self) -> Cow<'a, str> {
        let start = self.position + 1;
        self.skip_string();
        unquote(self.data.get(start..self.position - 1).unwrap_or_default())
    }

    fn skip_string(&mut self) {
        self.position = syntax::string_end(self.data, self.position + 1);
    }

    pub(super) fn number(&mut self) -> &'a str {
        let start = self.position;
        self.skip();
        std::str::from_utf8(&self.data[start..self.position]).unwrap_or("")
    }

    pub(super) fn skip(&mut self) {
        self.position = syntax::value_end(self.data, self.position);
    }
}

/// The type of a value by its first byte.
pub(super) fn json_type(raw: &[u8]) -> &'static str {
    match raw.first() {
        Some(b'"') => "string",
        Some(b'{') => "object",
        Some(b'[') => "array",
        Some(b't' | b'f') => "bool",
        Some(b'n') => "null",
        _ => "number",
    }
}
