//! Whether two servers made kubectl say the same: word by word, where words that no two servers
//! have in common (tokens, identifiers, times, addresses) only have to be of a kind.

/// How many words are shown before and after a difference.
const SHOWN: usize = 8;

/// What is said of a place where two texts begin to differ, if there is one.
pub(super) fn difference(real: &str, ours: &str) -> Option<String> {
    let (real, ours) = (words(real), words(ours));
    let same = |at: usize| match (real.get(at), ours.get(at)) {
        (Some(a), Some(b)) => a == b || (kind(a).is_some() && kind(a) == kind(b)),
        (a, b) => a == b,
    };
    let at = (0..real.len().max(ours.len())).find(|at| !same(*at))?;
    let show = |words: &[&str], from: usize| {
        let from = from.min(words.len());
        words[from..words.len().min(from + SHOWN)].join(" ")
    };
    let before = show(&real, at.saturating_sub(SHOWN));
    Some(format!("wanted {:?}, got {:?}, after {before:?}", show(&real, at), show(&ours, at)))
}

fn words(text: &str) -> Vec<&str> {
    let parts = text.split(|it: char| it.is_whitespace() || "\"'(){}[],=".contains(it));
    parts.filter(|word| !word.is_empty()).collect()
}

/// What a word is that differs from server to server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Token,
    Uid,
    Time,
    Number,
    Age,
    File,
    Address,
    Volume,
}

fn kind(word: &str) -> Option<Kind> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let shaped = |shape: &str| {
        word.len() == shape.len()
            && word.bytes().zip(shape.bytes()).all(|(byte, place)| match place {
                b'0' => byte.is_ascii_digit(),
                b'x' => byte.is_ascii_hexdigit(),
                _ => byte == place,
            })
    };
    let word = word.trim_end_matches([':', ';', '.']);
    Some(match word {
        _ if word.starts_with("eyJ") => Kind::Token,
        _ if shaped("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") => Kind::Uid,
        _ if shaped("0000-00-00T00:00:00Z") || shaped("0000-00-00") => Kind::Time,
        _ if shaped("00:00:00") || shaped("00:00:00.000000000") => Kind::Time,
        _ if shaped("00:00:00.000000") || (shaped("X0000") && word.starts_with('E')) => Kind::Time,
        _ if digits(word) && word.len() > 2 => Kind::Number,
        _ if word.trim_end_matches(['s', 'm', 'h']) != word && age(word) => Kind::Age,
        _ if word.contains("/tmp") => Kind::File,
        _ if word.contains("127.0.0.1:") => Kind::Address,
        _ if word.starts_with("kube-api-access-") => Kind::Volume,
        _ => return None,
    })
}

fn age(word: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_digit() || b"smh".contains(&byte);
    word.starts_with(|it: char| it.is_ascii_digit()) && word.bytes().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(real: &str, ours: &str, same: bool) {
        let found = difference(real, ours);
        assert_eq!(found.is_none(), same, "{found:?}");
    }

    #[test]
    fn what_differs_from_server_to_server_only_has_to_be_of_a_kind() {
        check("pod/a created", "pod/a  created\n", true);
        check("sa 5s", "sa 2m10s", true);
        check("resourceVersion: \"218\"", "resourceVersion: \"1045\"", true);
        check("at 2026-11-22T02:13:55Z", "at 2026-11-22T02:14:01Z", true);
        check("eyJhbGciOi.a.b", "eyJhbGciOi.c.d", true);
        check("https://127.0.0.1:27431", "https://127.0.0.1:1", true);
        check("kube-api-access-tkdjf from", "kube-api-access-qmg8x from", true);
        check("token eyJa", "token 218", false);
        check("1 created", "2 created", false);
        check("a", "a b", false);
        check("a: b", "a: c", false);
    }

    #[test]
    fn a_difference_is_shown_with_what_is_around_it() {
        let found = difference("a b c", "a b d").unwrap();
        assert_eq!(found, "wanted \"c\", got \"d\", after \"a b c\"");
    }
}
