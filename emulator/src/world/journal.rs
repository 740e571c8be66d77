//! What was asked and answered, for those who debug a client. Holds no credential: of query, headers
//! and body only the summary gets here, and what looks like a token is hidden in it.

use {
    super::callers::Caller,
    jiff::Timestamp,
    std::{
        borrow::Cow,
        collections::VecDeque,
        sync::{Arc, Mutex},
    },
};

/// How many exchanges are kept.
const CAPACITY: usize = 1_000;

/// How many bytes of a method, a path or a detail are kept.
const LONGEST: usize = 1 << 10;

/// The latest exchanges, oldest first.
#[derive(Debug, Default)]
pub struct Journal {
    entries: Mutex<VecDeque<Entry>>,
}

/// One exchange.
#[derive(Debug, Clone)]
pub struct Entry {
    /// When the answer was ready, on the emulated clock.
    pub time: Timestamp,
    /// The request's method.
    pub method: String,
    /// The request's path, without its query, as far as it is kept.
    pub path: String,
    /// The answer's status; 0 where there was no answer.
    pub status: u16,
    /// The fault that was injected into it, if there was one.
    pub fault: Option<String>,
    /// What it was about.
    pub summary: Summary,
}

/// What an exchange was about. Holds no credential.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The operation: `kubernetes.tokenrequest.create`; empty where the request leads nowhere.
    pub operation: Cow<'static, str>,
    /// Who called; `None` where that was not found out, or the API does not ask.
    pub caller: Option<Arc<Caller>>,
    /// What was asked for, as far as it could be read: `audiences`, `expirationSeconds`.
    pub details: Vec<(&'static str, String)>,
}

impl Journal {
    /// Adds an exchange, and forgets the oldest when there are too many.
    pub fn record(&self, mut entry: Entry) {
        cut(&mut entry.method);
        entry.path = hide_tokens(&entry.path).into_owned();
        cut(&mut entry.path);
        entry.summary.bound();
        let mut entries = self.lock();
        if entries.len() == CAPACITY {
            entries.pop_front();
        }
        entries.push_back(entry);
    }

    /// The exchanges kept, oldest first.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().iter().cloned().collect()
    }

    /// Forgets all of them.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Entry>> {
        self.entries.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Summary {
    /// Keeps only so much of it, and no token.
    fn bound(&mut self) {
        if self.operation.len() > LONGEST {
            cut(self.operation.to_mut());
        }
        for (_, detail) in &mut self.details {
            *detail = hide_tokens(detail).into_owned();
            cut(detail);
        }
        let size = |caller: &Caller| {
            let groups: usize = caller.groups.iter().map(String::len).sum();
            let extra = caller
                .extra
                .iter()
                .map(|(key, values)| key.len() + values.iter().map(String::len).sum::<usize>());
            caller.username.len() + caller.uid.len() + groups + extra.sum::<usize>()
        };
        if let Some(caller) = self.caller.as_mut().filter(|caller| size(caller) > LONGEST) {
            let (mut username, mut left) = (caller.username.clone(), LONGEST);
            cut(&mut username);
            let fits = |group: &&String| {
                left = left.saturating_sub(group.len());
                left > 0
            };
            let groups = caller.groups.iter().take_while(fits).cloned().collect();
            *caller = Arc::new(Caller { username, groups, ..Caller::default() });
        }
    }
}

/// A text without what looks like a token, wherever a client has put it: a JWT, or one of Google's
/// access tokens.
fn hide_tokens(text: &str) -> Cow<'_, str> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    let is_token = |word: &str| {
        (word.starts_with("eyJ") && word.matches('.').count() >= 2) || word.starts_with("ya29.")
    };
    if !text.contains("eyJ") && !text.contains("ya29.") {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len());
    for piece in text.split_inclusive(|character| !is_part(character)) {
        let word = piece.trim_end_matches(|character| !is_part(character));
        shown.push_str(if is_token(word) { "(token)" } else { word });
        shown.push_str(&piece[word.len()..]);
    }
    shown.into()
}

fn cut(text: &mut String) {
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
        text.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(path: &str, summary: Summary) -> Entry {
        let journal = Journal::default();
        let (time, method) = (Timestamp::UNIX_EPOCH, "GET".to_owned());
        journal.record(Entry {
            time,
            method,
            path: path.to_owned(),
            status: 404,
            fault: None,
            summary,
        });
        journal.entries().remove(0)
    }

    #[test]
    fn what_is_long_is_cut() {
        assert_eq!(recorded("/a", Summary::default()).path, "/a");
        let long = "/\u{20ac}".repeat(1 << 20);
        let groups = vec!["group".to_owned(); 1 << 16];
        let caller = Caller { username: long.clone(), groups, ..Caller::default() };
        let summary = Summary {
            operation: long.clone().into(),
            caller: Some(Arc::new(caller)),
            details: vec![("audiences", long.clone())],
        };
        let Entry { path, summary: Summary { operation, caller, details }, .. } =
            recorded(&long, summary);
        let expected = "/\u{20ac}".repeat(256);
        assert_eq!((&path, &*operation, &details[0].1), (&expected, &*expected, &expected));
        assert!(path.capacity() <= LONGEST);
        let caller = caller.unwrap();
        assert_eq!(caller.username, expected);
        assert!((1..=LONGEST / 5).contains(&caller.groups.len()));
    }

    #[test]
    fn a_token_is_hidden_wherever_it_stands() {
        let token = "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl";
        let details = vec![("audiences", format!("a, {token}")), ("scope", "ya29.hush".to_owned())];
        let summary = Summary { details, ..Summary::default() };
        let entry = recorded(&format!("/api/{token}/b"), summary);
        assert_eq!(entry.path, "/api/(token)/b");
        assert_eq!(entry.summary.details[0].1, "a, (token)");
        assert_eq!(entry.summary.details[1].1, "(token)");
    }
}
