//! The credentials of a run, and a text without them, whichever way a server writes them.
//!
//! A credential of sixteen letters and digits or more is found by any sixteen of them in a row, so
//! that it is found in part, too. Case does not count, nor does what stands between the letters and
//! digits. It is found behind two encodings, one within the other: percent-encoding, the escapes of
//! JSON, the references of HTML, hex, base32 and base64; and turned round. A part of a JWT is found
//! where it is shown on its own. Of a credential of sixteen characters that has fewer letters and
//! digits, punctuation counts, too. A shorter credential is found as it stands, and behind the same
//! encodings.
//!
//! The cost grows with the length of the text, and not with the number of credentials.

mod digits;
mod escapes;
mod pieces;
mod view;

use {
    pieces::Pieces,
    std::{
        borrow::Cow,
        fmt,
        sync::{Arc, PoisonError, RwLock},
    },
    view::{Part, View},
};

/// What is shown in the place of a credential.
pub const HIDDEN: &str = "{credential}";

/// How many encodings are taken off, beside the escapes that the answer itself is written with.
const DEPTH: usize = 2;

/// How much of a text is looked through at once, in bytes, and how much of that once more with what
/// follows, so that nothing is missed where two parts meet.
const LENGTH: usize = 128 << 10;
const OVERLAP: usize = 8 << 10;

/// How many times the length of a text its views may be long, all together. Only a text that is made
/// to be decoded in every way comes near; nothing of it is shown.
const MOST: usize = 32;

/// The credentials that a run has sent and received. Clones share them.
#[derive(Clone, Default)]
pub struct Secrets(Arc<RwLock<Pieces>>);

impl Secrets {
    /// Remembers a credential.
    pub fn add(&self, credential: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).add(credential);
    }

    /// Remembers a private key, in PEM.
    pub fn add_key(&self, pem: &[u8]) {
        let pem = String::from_utf8_lossy(pem);
        let lines = pem.lines().filter(|it| !it.starts_with('-'));
        self.add(&lines.collect::<String>());
    }

    /// The text without the words that have a credential in them.
    pub fn hide<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let pieces = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if pieces.is_empty() || text.is_empty() {
            return text.into();
        }
        let (mut parts, mut from) = (Vec::new(), 0);
        loop {
            let to = text.floor_char_boundary(from + LENGTH);
            let found = Search::through(&text[from..to], &pieces, MOST);
            parts.extend(found.into_iter().map(|(begin, end)| (from + begin, from + end)));
            if to == text.len() {
                return without(text, parts);
            }
            from = text.floor_char_boundary(to - OVERLAP);
        }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

/// A search through a text.
struct Search<'a> {
    pieces: &'a Pieces,
    /// How many more bytes are looked through.
    left: usize,
    /// What was found.
    parts: Vec<Part>,
}

impl<'a> Search<'a> {
    /// The parts of a text in which something was found: all of it, where its views are longer
    /// than so many times its length.
    fn through(text: &str, pieces: &'a Pieces, most: usize) -> Vec<Part> {
        let mut search = Self { pieces, left: text.len() * most, parts: Vec::new() };
        let view = View::of(text);
        let looked = search.look(&view, DEPTH).and_then(|()| {
            let mut written = escapes::decode(&view).into_iter();
            written.try_for_each(|it| search.look(&it, DEPTH))
        });
        looked.map_or_else(|| vec![(0, text.len())], |()| search.parts)
    }

    /// Looks through a view and through what it stands for. None where that is too much.
    fn look(&mut self, view: &View, depth: usize) -> Option<()> {
        self.left = self.left.checked_sub(view.bytes().len())?;
        self.pieces.find(view, &mut self.parts);
        if depth == 0 {
            return Some(());
        }
        for inner in escapes::decode(view) {
            self.look(&inner, depth - 1)?;
        }
        for encoding in digits::ENCODINGS {
            for inner in encoding.decode(view) {
                self.look(&inner, depth - 1)?;
            }
        }
        Some(())
    }
}

/// The text without these parts, and without the rest of the words that they stand in.
fn without(text: &str, mut parts: Vec<Part>) -> Cow<'_, str> {
    parts.sort_unstable();
    let (mut shown, mut end) = (String::new(), 0);
    for (from, to) in parts {
        if to <= end {
            continue;
        }
        // A piece of what is not ASCII may begin or end within a character.
        let (from, to) = (text.floor_char_boundary(from), text.ceil_char_boundary(to));
        let from = text[..from].trim_end_matches(is_within).len();
        let to = text.len() - text[to..].trim_start_matches(is_within).len();
        if from > end || end == 0 {
            shown.push_str(&text[end.min(from)..from]);
            shown.push_str(HIDDEN);
        }
        end = to;
    }
    if end == 0 {
        return text.into();
    }
    shown.push_str(&text[end..]);
    shown.into()
}

/// Whether a character may stand in a credential or in its base64.
fn is_within(it: char) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | '+' | '/' | '=')
}

#[cfg(test)]
mod tests;
