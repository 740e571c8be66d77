//! What is left of a credential where an answer takes it apart, turns it round or encodes it: words
//! that share a piece with it, by which it could be put together again.

use {
    base64::{
        Engine,
        prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
    },
    std::collections::HashSet,
};

/// How long a piece is that two words share by no accident.
const PIECE: usize = 16;
/// What is shorter may be a word.
const WORD: usize = 8;
/// What a word becomes that has such a piece.
const HIDDEN: &str = "{credential}";

/// The pieces of all that is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fragments {
    pieces: HashSet<[u8; PIECE]>,
    /// Forms that are shorter than a piece.
    short: Vec<String>,
}

impl Fragments {
    /// Remembers a credential. Of a JWT nothing is secret but its signature.
    pub(crate) fn add(&mut self, credential: &str) {
        let parts = credential.matches('.').count();
        let signature = credential.rsplit_once('.').filter(|_| parts == 2).map(|(_, it)| it);
        let secret = signature.unwrap_or(credential);
        if secret.len() < WORD {
            return;
        }
        for form in forms(secret) {
            self.pieces.extend(pieces(&form));
            if (WORD..PIECE).contains(&form.len()) && form != credential {
                self.short.push(form);
            }
        }
    }

    /// The text without the words that have a piece of what is known.
    pub(crate) fn hide(&self, text: String) -> String {
        let is_told = |word: &str| {
            pieces(word).any(|it| self.pieces.contains(&it))
                || self.short.iter().any(|it| word.contains(it.as_str()))
        };
        if !text.split(is_between).any(is_told) {
            return text;
        }
        let mut out = String::with_capacity(text.len());
        for word in text.split_inclusive(is_between) {
            let end = word.trim_end_matches(is_between).len();
            let (word, after) = word.split_at(end);
            out.push_str(if is_told(word) { HIDDEN } else { word });
            out.push_str(after);
        }
        out
    }
}

/// Every piece of a word.
fn pieces(word: &str) -> impl Iterator<Item = [u8; PIECE]> {
    word.as_bytes().windows(PIECE).filter_map(|it| it.try_into().ok())
}

/// Whether a character stands between words, and in no credential.
fn is_between(it: char) -> bool {
    !it.is_ascii_alphanumeric() && !matches!(it, '_' | '-' | '+' | '/' | '=')
}

/// As it is, turned round, and in base64 at each of the three places where it can begin.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned(), secret.chars().rev().collect()];
    for before in 0..3 {
        let bytes = [&vec![0; before], secret.as_bytes()].concat();
        // Characters that what stands before and behind has a share in are not its own.
        let (from, to) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
        for engine in [BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD] {
            forms.extend(engine.encode(&bytes).get(from..to).map(str::to_owned));
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNATURE: &str = "c2lnbmF0dXJlLXRoYXQtaXMtbG9uZy1lbm91Z2gtdG8tdGVsbA";

    fn hidden(text: &str) -> bool {
        let mut fragments = Fragments::default();
        fragments.add(&format!("e30.e30.{SIGNATURE}"));
        fragments.add("open-sesame");
        let shown = fragments.hide(text.to_owned());
        assert!(shown == text || shown.contains(HIDDEN), "{shown}");
        shown != text
    }

    #[test]
    fn a_credential_is_known_in_pieces_turned_round_and_encoded() {
        let turned: String = SIGNATURE.chars().rev().collect();
        let within = format!("{{\"token\":\"e30.e30.{SIGNATURE}\"}}");
        let split = format!("first {} then {}", &SIGNATURE[..20], &SIGNATURE[20..]);
        for text in [
            SIGNATURE,
            &split,
            &turned,
            &BASE64_STANDARD_NO_PAD.encode(&within),
            &BASE64_URL_SAFE_NO_PAD.encode(format!("x{within}")),
            &BASE64_STANDARD_NO_PAD.encode("Bearer open-sesame"),
        ] {
            assert!(hidden(text), "{text}");
        }
    }

    #[test]
    fn other_words_stay_and_so_does_what_stands_between_them() {
        for text in ["serviceaccounts \"builder\" not found", "e30.e30.", "{\n  \"a\": [1]\n}\n"] {
            assert!(!hidden(text), "{text}");
        }
    }
}
