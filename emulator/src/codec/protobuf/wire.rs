//! The bytes below messages: varints, lengths and what is skipped, with the errors of Go's
//! generated code.

/// Bytes of one message, from where reading has come to.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    pub(super) rest: &'a [u8],
}

/// How a field's bytes are told apart from the next.
pub(super) const VARINT: u8 = 0;
/// Bytes behind their length.
pub(super) const BYTES: u8 = 2;

/// A field's number and the form of its bytes, and both as they came.
pub(super) struct Tag {
    pub(super) number: i32,
    pub(super) form: u8,
    pub(super) raw: u64,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    pub(super) fn varint(&mut self) -> Result<u64, String> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.rest.split_first().ok_or_else(end)?;
            self.rest = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                return Ok(number);
            }
        }
        Err("proto: integer overflow".to_owned())
    }

    pub(super) fn tag(&mut self) -> Result<Tag, String> {
        let raw = self.varint()?;
        // The number is cut to 32 bits, as in Go.
        #[expect(clippy::cast_possible_truncation, reason = "Go cuts it as well")]
        let number = (raw >> 3) as i32;
        Ok(Tag { number, form: u8::try_from(raw & 7).unwrap_or(0), raw })
    }

    /// Bytes behind their length.
    pub(super) fn bytes(&mut self) -> Result<&'a [u8], String> {
        let length = self.length()?;
        self.take(length)
    }

    fn length(&mut self) -> Result<usize, String> {
        usize::try_from(self.varint()?)
            .ok()
            .filter(|length| *length <= usize::MAX / 2)
            .ok_or_else(|| "proto: negative length found during unmarshaling".to_owned())
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(end)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Goes past a field that nobody knows, tag included.
    pub(super) fn skip(&mut self) -> Result<(), String> {
        let mut depth = 0_usize;
        while !self.rest.is_empty() {
            match self.tag()?.form {
                VARINT => {
                    self.varint()?;
                }
                1 => {
                    self.take(8)?;
                }
                BYTES => {
                    self.bytes()?;
                }
                3 => depth += 1,
                4 if depth == 0 => return Err("proto: unexpected end of group".to_owned()),
                4 => depth -= 1,
                5 => {
                    self.take(4)?;
                }
                form => return Err(format!("proto: illegal wireType {form}")),
            }
            if depth == 0 {
                return Ok(());
            }
        }
        Err(end())
    }
}

fn end() -> String {
    "unexpected EOF".to_owned()
}

/// Writes a number.
pub(super) fn write_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap_or(0));
}

/// Writes a tag.
pub(super) fn write_tag(out: &mut Vec<u8>, number: u32, form: u8) {
    write_varint(out, u64::from(number) << 3 | u64::from(form));
}

/// Writes bytes with their tag and length.
pub(super) fn write_bytes(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    write_tag(out, number, BYTES);
    write_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Writes a number with its tag.
pub(super) fn write_number(out: &mut Vec<u8>, number: u32, value: i64) {
    write_tag(out, number, VARINT);
    write_varint(out, value.cast_unsigned());
}

/// Writes what `content` writes, with a tag and its length before it.
pub(super) fn write_message(out: &mut Vec<u8>, number: u32, content: impl FnOnce(&mut Vec<u8>)) {
    write_tag(out, number, BYTES);
    let start = out.len();
    content(out);
    let mut length = Vec::with_capacity(10);
    write_varint(&mut length, (out.len() - start) as u64);
    out.splice(start..start, length);
}
