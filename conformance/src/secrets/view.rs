//! A text as it reads once an encoding is taken off it. Each byte knows which part of the original
//! text it was read from.

/// The shortest run of decoded bytes that is kept. What is shorter holds no credential.
const SHORTEST: usize = 8;

/// Bytes, and the part of the original text that each was read from.
#[derive(Debug, Clone, Default)]
pub(super) struct View {
    bytes: Vec<u8>,
    parts: Vec<Part>,
}

/// A part of the original text: where it begins and where it ends, in bytes.
pub(super) type Part = (usize, usize);

impl View {
    /// The original text.
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes().to_vec();
        let parts = (0..bytes.len()).map(|it| (it, it + 1)).collect();
        Self { bytes, parts }
    }

    /// What it reads.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The part of the original text that these bytes were read from.
    pub(super) fn part(&self, first: usize, last: usize) -> Part {
        (self.parts[first].0, self.parts[last].1)
    }

    /// Appends a byte.
    pub(super) fn push(&mut self, byte: u8, part: Part) {
        self.bytes.push(byte);
        self.parts.push(part);
    }

    /// The same without white space.
    pub(super) fn tight(&self) -> Self {
        let mut tight = Self::default();
        for (byte, part) in self.bytes.iter().zip(&self.parts) {
            if !byte.is_ascii_whitespace() {
                tight.push(*byte, *part);
            }
        }
        tight
    }
}

/// Collects decoded bytes, and keeps the runs that are text: what is decoded at the wrong place or
/// from another encoding is not.
#[derive(Debug, Default)]
pub(super) struct Runs {
    current: View,
    kept: Vec<View>,
}

impl Runs {
    /// Adds a byte and the part that it was read from.
    pub(super) fn push(&mut self, byte: u8, part: Part) {
        if matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r') {
            self.current.push(byte, part);
        } else {
            self.end();
        }
    }

    /// Ends a run.
    pub(super) fn end(&mut self) {
        if self.current.bytes.len() >= SHORTEST {
            self.kept.push(std::mem::take(&mut self.current));
        } else {
            self.current.bytes.clear();
            self.current.parts.clear();
        }
    }

    /// The runs that were kept.
    pub(super) fn kept(mut self) -> Vec<View> {
        self.end();
        self.kept
    }
}
