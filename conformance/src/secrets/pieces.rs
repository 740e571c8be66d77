//! What credentials are recognised by.

use {
    super::view::{Part, View},
    base64::{Engine, prelude::BASE64_STANDARD_NO_PAD},
    std::collections::{BTreeMap, HashSet},
};

/// How many letters and digits in a row two texts share by no accident.
const PIECE: usize = 16;
/// What is shorter may be a word.
const WORD: usize = 8;
/// As much is kept of what is nothing but punctuation.
const LONGEST: usize = 32;
/// Of what a credential is made into, which is longer, so many pieces are passed over for one that
/// is kept.
const STRIDE: usize = 4;

/// The pieces of all that is known, in lower case and without punctuation.
#[derive(Default)]
pub(super) struct Pieces {
    pieces: HashSet<[u8; PIECE]>,
    /// Of what is long enough and has too few letters and digits: the same with punctuation and
    /// without white space, by their length.
    marked: BTreeMap<usize, HashSet<Vec<u8>>>,
    /// What is too short to have a piece, as it stands, by its length.
    short: BTreeMap<usize, HashSet<Vec<u8>>>,
}

impl Pieces {
    /// Whether nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.marked.is_empty() && self.short.is_empty()
    }

    /// Adds a credential.
    pub(super) fn add(&mut self, credential: &str) {
        let letters = folded(credential.bytes());
        if letters.len() >= PIECE {
            if !pieces(&letters).all(|it| self.pieces.contains(&it)) {
                self.add_whole(credential, &letters);
            }
        } else if credential.chars().count() >= PIECE && visible(credential).len() >= WORD {
            self.add_marked(credential);
        } else if credential.len() >= WORD {
            let begin = &credential.as_bytes()[..credential.len().min(LONGEST)];
            self.short.entry(begin.len()).or_default().insert(begin.to_vec());
        }
    }

    fn add_whole(&mut self, credential: &str, letters: &[u8]) {
        self.pieces.extend(pieces(letters));
        let reversed: Vec<u8> = letters.iter().rev().copied().collect();
        self.pieces.extend(pieces(&reversed).step_by(STRIDE));
        self.add_base64(credential);
    }

    fn add_marked(&mut self, credential: &str) {
        let mut text = visible(credential);
        let length = text.len().min(PIECE);
        for _ in 0..2 {
            let windows = text.windows(length).map(<[u8]>::to_vec);
            self.marked.entry(length).or_default().extend(windows);
            text.reverse();
        }
        self.add_base64(credential);
        // What is not ASCII is not read from its digits.
        let digits: String = credential.bytes().map(|it| format!("{it:02x}")).collect();
        self.pieces.extend(pieces(digits.as_bytes()));
    }

    fn add_base64(&mut self, credential: &str) {
        // Base64 in another case than its own cannot be decoded.
        for before in 0..3 {
            let bytes = [&vec![0; before], credential.as_bytes()].concat();
            let digits = BASE64_STANDARD_NO_PAD.encode(&bytes);
            // Digits that what stands before and behind has a share in are not its own.
            let (from, to) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
            let digits = folded(digits[from..to].bytes());
            self.pieces.extend(pieces(&digits).step_by(STRIDE));
        }
    }

    /// Adds the parts of the original text in which a view shows something of a credential.
    pub(super) fn find(&self, view: &View, found: &mut Vec<Part>) {
        let bytes = view.bytes();
        let places: Vec<usize> =
            (0..bytes.len()).filter(|it| bytes[*it].is_ascii_alphanumeric()).collect();
        let letters = folded(bytes.iter().copied());
        for (at, piece) in pieces(&letters).enumerate() {
            if self.pieces.contains(&piece) {
                found.push(view.part(places[at], places[at + PIECE - 1]));
            }
        }
        if !self.marked.is_empty() {
            self.find_marked(view, found);
        }
        for (length, short) in &self.short {
            for (at, window) in bytes.windows(*length).enumerate() {
                if short.contains(window) {
                    found.push(view.part(at, at + length - 1));
                }
            }
        }
    }

    fn find_marked(&self, view: &View, found: &mut Vec<Part>) {
        let bytes = view.bytes();
        let places: Vec<usize> =
            (0..bytes.len()).filter(|it| !bytes[*it].is_ascii_whitespace()).collect();
        let text: Vec<u8> = places.iter().map(|it| bytes[*it].to_ascii_lowercase()).collect();
        for (length, marked) in &self.marked {
            for (at, window) in text.windows(*length).enumerate() {
                if marked.contains(window) {
                    found.push(view.part(places[at], places[at + length - 1]));
                }
            }
        }
    }
}

/// What is no white space, in lower case.
fn visible(text: &str) -> Vec<u8> {
    text.bytes().filter(|it| !it.is_ascii_whitespace()).map(|it| it.to_ascii_lowercase()).collect()
}

/// The letters and digits, in lower case.
fn folded(text: impl Iterator<Item = u8>) -> Vec<u8> {
    text.filter(u8::is_ascii_alphanumeric).map(|it| it.to_ascii_lowercase()).collect()
}

/// Every piece of a text.
fn pieces(letters: &[u8]) -> impl Iterator<Item = [u8; PIECE]> {
    letters.windows(PIECE).filter_map(|it| it.try_into().ok())
}
