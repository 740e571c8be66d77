//! Encodings that write bytes as digits: hex, base32 and base64. Where they begin is not known, so
//! each place within a group of digits is tried.

use super::view::{Runs, View};

/// An encoding: how many bits a digit has, and what it stands for.
pub(super) struct Encoding {
    bits: usize,
    digit: fn(u8) -> Option<u32>,
}

/// The encodings that are looked through.
pub(super) const ENCODINGS: &[Encoding] = &[
    Encoding { bits: 4, digit: hex },
    Encoding { bits: 5, digit: base32 },
    Encoding { bits: 6, digit: base64 },
];

fn hex(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(16)
}

/// RFC 4648, either case.
fn base32(byte: u8) -> Option<u32> {
    match byte.to_ascii_uppercase() {
        it @ b'A'..=b'Z' => Some(u32::from(it - b'A')),
        it @ b'2'..=b'7' => Some(u32::from(it - b'2') + 26),
        _ => None,
    }
}

/// RFC 4648, either alphabet.
fn base64(byte: u8) -> Option<u32> {
    match byte {
        b'A'..=b'Z' => Some(u32::from(byte - b'A')),
        b'a'..=b'z' => Some(u32::from(byte - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(byte - b'0') + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

impl Encoding {
    /// The texts that a view may stand for. White space and punctuation between digits are passed
    /// over, and letters that are no digits end a run of them.
    pub(super) fn decode(&self, view: &View) -> Vec<View> {
        let (mut runs, mut digits) = (Runs::default(), Vec::new());
        for (at, byte) in view.bytes().iter().enumerate() {
            match (self.digit)(*byte) {
                Some(value) => digits.push((value, at)),
                // Each byte may have a prefix of its own: 0x65, 0x79.
                None if self.bits == 4 && matches!(byte, b'x' | b'X') && ends_in_0(&digits) => {
                    digits.pop();
                }
                None if byte.is_ascii_alphanumeric() => {
                    self.read(view, &digits, &mut runs);
                    digits.clear();
                }
                None => {}
            }
        }
        self.read(view, &digits, &mut runs);
        runs.kept()
    }

    /// Reads a run of digits from each place where a byte can begin.
    fn read(&self, view: &View, digits: &[(u32, usize)], runs: &mut Runs) {
        // As many digits make whole bytes, or, of base64 and base32, twice or four times as many.
        let group = match self.bits {
            4 => 2,
            6 => 4,
            _ => 8,
        };
        for begin in 0..group.min(digits.len()) {
            let digits = &digits[begin..];
            for bit in (0..).step_by(8) {
                let (first, last) = (bit / self.bits, (bit + 7) / self.bits);
                if last >= digits.len() {
                    break;
                }
                let joined = digits[first..=last].iter().fold(0, |sum, it| sum << self.bits | it.0);
                let byte = joined >> ((last + 1) * self.bits - bit - 8) & 0xff;
                runs.push(byte as u8, view.part(digits[first].1, digits[last].1));
            }
            runs.end();
        }
    }
}

fn ends_in_0(digits: &[(u32, usize)]) -> bool {
    digits.last().is_some_and(|it| it.0 == 0)
}
