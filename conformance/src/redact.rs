//! Names for what differs from run to run, so that the rest can be compared, and so that no
//! credential leaves the suite. One table; equal values keep the same name within a case.

use {
    crate::{layout, secrets::Secrets, token::Token},
    jiff::Timestamp,
    regex::{Captures, Regex},
    std::{collections::BTreeMap, sync::LazyLock},
};

/// What is renamed: the group that matches it, and the pattern, whose group is replaced whole or,
/// where it has an inner group `…_value`, only there. The first that matches at a place wins.
const TABLE: &[(&str, &str)] = &[
    ("token", r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"),
    ("uuid", r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
    ("deletion", r#"deletionTimestamp"?: ?"(?<deletion_value>[0-9TZ:-]+)"#),
    ("lifetime", r#"expirationSeconds"?: ?(?<lifetime_value>\d+)"#),
    ("expiration", r#"expirationTimestamp"?: ?"(?<expiration_value>[0-9TZ:-]+)"#),
    ("time", r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"),
    ("seconds", r#""(?:exp|iat|nbf|warnafter)": ?(?<seconds_value>\d+)"#),
    ("version", r#"resourceVersion"?(?:: ?"|=)(?<version_value>\d+)"#),
    ("continue", r#"continue"?(?:: ?"|=)(?<continue_value>[A-Za-z0-9_-]{16,})"#),
    ("kid", r#""kid": ?"(?<kid_value>[^"]+)""#),
    ("key", r#""(?:n|x|y)": ?"(?<key_value>[A-Za-z0-9_-]{40,})""#),
    ("volume", r"kube-api-access-(?<volume_value>[a-z0-9]{5})\b"),
    ("operation", r"operations/(?<operation_value>[A-Za-z0-9_-]+(?:\{suffix\})?)"),
    ("number", r"projects/(?<number_value>\d+)"),
    ("jwks", r#""jwks": ?"(?<jwks_value>[^"]+)"#),
    ("page", r#"(?:"nextPageToken": ?"|[?&]pageToken=)(?<page_value>[^"&\s]+)"#),
    ("etag", r#"(?:"etag": ?"|[?&]etag=)(?<etag_value>[^"&\s]+)"#),
    ("opaque", r#""(?:access_?[tT]oken|token|subject_?[tT]oken)": ?"(?<opaque_value>[^"]{20,})"#),
    ("access", r"ya29\.[A-Za-z0-9_.-]+"),
    // A JWT in base64, as a Secret holds it.
    ("wrapped", r"\bZXlK[A-Za-z0-9+/_=-]{16,}"),
    ("address", r#""serverAddress": ?"(?<address_value>[^"]+)""#),
    ("uri", r#""jwks_uri": ?"https://(?<uri_value>[^/"]+)/v1/"#),
    // Where a kube-apiserver's keys are is its flags' to say; a fixture says what it has to be like.
    ("keys", r#""jwks_uri": ?"(?<keys_value>(?:https://|\{issuer\}/)[^"]+)"#),
    (
        "build",
        r#""(?:goVersion|gitCommit|gitTreeState|buildDate|compiler|platform)": ?"(?<build_value>[^"]*)""#,
    ),
];

/// How many seconds a time may be later than the first of its exchange, and still be now.
const LATEST: i64 = 60;

/// In seconds.
const HOUR: i64 = 3600;

/// What is shorter may be a word.
const WORD: usize = 8;

static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
    let groups: Vec<String> =
        TABLE.iter().map(|(name, pattern)| format!("(?<{name}>{pattern})")).collect();
    #[expect(clippy::expect_used, reason = "the table above is ours, and a test compiles it")]
    Regex::new(&groups.join("|")).expect("the table's patterns are regular expressions")
});

/// The names of one run of one case.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    /// What to replace literally, longest first.
    literals: Vec<(String, String)>,
    /// What is hidden wherever it stands, and however it is written.
    secrets: Secrets,
    seen: BTreeMap<(&'static str, String), usize>,
    /// What `{now}` is in the exchange at hand.
    now: Option<Timestamp>,
    /// How long the exchange at hand says that its token lives.
    lifetime: Option<i64>,
}

/// A text with its tokens taken out.
#[derive(Debug, Clone, Default)]
pub struct Redacted {
    /// The text.
    pub text: String,
    /// The tokens that were met for the first time: their names, headers and claims.
    pub tokens: Vec<String>,
}

impl Redactor {
    /// A redactor that hides these, and what it learns.
    pub fn new(secrets: Secrets) -> Self {
        Self { secrets, ..Self::default() }
    }

    /// Replaces a value literally: a random name, an address, a credential.
    pub fn name(&mut self, value: &str, name: &str) {
        if !value.is_empty() {
            self.literals.push((value.to_owned(), name.to_owned()));
            self.literals.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        }
    }

    /// Replaces a credential. One that is as short as a word stands within others, so it is replaced
    /// only where it is presented.
    pub fn credential(&mut self, value: &str) {
        self.secrets.add(value);
        match value.len() {
            0 => {}
            1..WORD => self.name(&format!("Bearer {value}"), "Bearer {credential}"),
            _ => self.name(value, "{credential}"),
        }
    }

    /// Replaces a credential that an answer gave, where its looks alone would not tell it.
    pub fn learn(&mut self, value: &str) {
        let told = value.starts_with("ya29.") || (value.starts_with("eyJ") && is_jwt(value));
        let known = self.literals.iter().any(|(it, _)| it == value);
        if told {
            self.secrets.add(value);
        } else if !known {
            self.credential(value);
        }
    }

    /// Begins an exchange: its first time is its `{now}`.
    pub fn begin(&mut self) {
        (self.now, self.lifetime) = (None, None);
    }

    /// Renames in a text of the exchange at hand.
    pub fn text(&mut self, text: &str) -> Redacted {
        let text = self.literally(text);
        let mut tokens = Vec::new();
        let text = self.rename(&text, &mut tokens);
        let text = self.secrets.hide(&text).into_owned();
        let tokens: Vec<_> = tokens.into_iter().map(|token| self.describe(&token)).collect();
        let tokens = tokens.iter().map(|it| self.secrets.hide(it).into_owned()).collect();
        Redacted { text, tokens }
    }

    fn literally(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (value, name) in &self.literals {
            text = text.replace(value, name);
        }
        text
    }

    fn rename(&mut self, text: &str, tokens: &mut Vec<String>) -> String {
        PATTERN
            .replace_all(text, |captures: &Captures<'_>| {
                let whole = &captures[0];
                let Some((name, _)) = TABLE.iter().find(|(name, _)| captures.name(name).is_some())
                else {
                    return whole.to_owned();
                };
                let inner = captures.name(&format!("{name}_value"));
                let value = inner.map_or(whole, |it| it.as_str());
                // A credential is told by its place, and then by its looks.
                let name = match *name {
                    "opaque" if Token::parse(value).is_some() => &"token",
                    "opaque" if value.starts_with("ya29.") => &"access",
                    _ => name,
                };
                if *name == "token" && !self.seen.contains_key(&("token", value.to_owned())) {
                    tokens.push(value.to_owned());
                }
                let named = self.placeholder(name, value);
                match (inner, captures.get(0)) {
                    (Some(inner), Some(outer)) => {
                        format!(
                            "{}{named}{}",
                            &text[outer.start()..inner.start()],
                            &text[inner.end()..outer.end()]
                        )
                    }
                    _ => named,
                }
            })
            .into_owned()
    }

    fn placeholder(&mut self, kind: &'static str, value: &str) -> String {
        match kind {
            "time" | "deletion" | "expiration" => {
                let time = value.parse().ok();
                time.map_or_else(|| value.to_owned(), |it| self.time(it, kind))
            }
            "seconds" => {
                let time = value.parse().ok().and_then(|it| Timestamp::from_second(it).ok());
                time.map_or_else(|| value.to_owned(), |it| self.time(it, kind))
            }
            "lifetime" => {
                self.lifetime = value.parse().ok();
                value.to_owned()
            }
            "keys" => "{uri}".to_owned(),
            "build" | "address" | "uri" => format!("{{{kind}}}"),
            _ => format!("{{{kind}-{}}}", self.number(kind, value)),
        }
    }

    /// Times close to the first are `{now}`, whatever second they fell into; others are told by
    /// their distance. Between what a case is given and what it asks a busy machine may take its
    /// time, so what a server reads from its clock may be later. That of a deletion is rounded; that
    /// of an expiration may be a second more than the lifetime.
    fn time(&mut self, time: Timestamp, kind: &str) -> String {
        let now = *self.now.get_or_insert(time);
        let seconds = time.as_second() - now.as_second();
        match (seconds, kind) {
            (-3..=3, _) | (0..=LATEST, "time") => "{now}".to_owned(),
            // A clock that was set back by hours went on meanwhile.
            (..0, "time") if seconds.rem_euclid(HOUR) <= LATEST => {
                format!("{{now{:+}s}}", seconds.div_euclid(HOUR) * HOUR)
            }
            (_, "deletion") => format!("{{now{:+}s}}", seconds / 5 * 5),
            (_, "expiration") if self.lifetime == Some(seconds - 1) => {
                format!("{{now{:+}s}}", seconds - 1)
            }
            _ => format!("{{now{seconds:+}s}}"),
        }
    }

    fn number(&mut self, kind: &'static str, value: &str) -> usize {
        let next = 1 + self.seen.keys().filter(|(it, _)| *it == kind).count();
        *self.seen.entry((kind, value.to_owned())).or_insert(next)
    }

    /// A token by its header and claims, which are as much as may be known of it. Its times are
    /// told from its own `iat`.
    fn describe(&mut self, text: &str) -> String {
        let name = format!("token-{}", self.number("token", text));
        let Some(token) = Token::parse(text) else {
            return format!("{name} is not a JWT");
        };
        let outer = self.now;
        self.now = token.claims["iat"].as_i64().and_then(|it| Timestamp::from_second(it).ok());
        let [header, claims] = [token.header_text(), token.claims_text()].map(|part| {
            let spaced = if layout::squeezed(&part) == part { "" } else { "\n(with white space)" };
            let part = layout::indented(&self.literally(&part));
            self.rename(&part, &mut Vec::new()) + spaced
        });
        self.now = outer;
        format!("{name} has the header\n{header}\nand the claims\n{claims}")
    }
}

/// Whether a text is what the table takes for a token.
fn is_jwt(text: &str) -> bool {
    let of_its_letters = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | '.');
    Token::parse(text).is_some() && text.chars().all(of_its_letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_keep_their_name() {
        let mut redactor = Redactor::default();
        redactor.name("builder-abc", "builder");
        let a = "6f1d1f9e-3c1a-4b8e-9e2e-0d6a2b7c1f00";
        let b = "7f1d1f9e-3c1a-4b8e-9e2e-0d6a2b7c1f00";
        let redacted = redactor.text(&format!("{a} {b} builder-abc JTI={a}"));
        assert_eq!(redacted.text, "{uuid-1} {uuid-2} builder JTI={uuid-1}");
    }

    #[test]
    fn times_are_told_by_their_distance() {
        let mut redactor = Redactor::default();
        let text = r#"{"creationTimestamp":"2026-01-02T03:04:05Z","time":"2026-01-02T03:04:06Z","x":"2026-01-02T04:04:05Z","deletionTimestamp":"2026-01-02T03:04:36Z"}"#;
        assert_eq!(
            redactor.text(text).text,
            r#"{"creationTimestamp":"{now}","time":"{now}","x":"{now+3600s}","deletionTimestamp":"{now+30s}"}"#
        );
    }

    #[test]
    fn what_a_busy_machine_does_late_is_told_the_same() {
        for (written, deleted, told) in [
            ("04:05", "04:35", r#""{now}" deletionTimestamp: "{now+30s}""#),
            ("04:30", "04:39", r#""{now}" deletionTimestamp: "{now+30s}""#),
            ("04:01", "04:40", r#""{now-4s}" deletionTimestamp: "{now+35s}""#),
            ("05:06", "04:40", r#""{now+61s}" deletionTimestamp: "{now+35s}""#),
        ] {
            let text = format!(
                r#""2026-01-02T03:04:05Z" "2026-01-02T03:{written}Z" deletionTimestamp: "2026-01-02T03:{deleted}Z""#
            );
            assert_eq!(Redactor::default().text(&text).text, format!(r#""{{now}}" {told}"#));
        }
    }

    #[test]
    fn a_clock_that_was_set_back_goes_on() {
        let told = |time: &str| {
            Redactor::default()
                .text(&format!(r#""2026-01-02T03:04:05Z" "2026-01-02T{time}Z""#))
                .text
        };
        assert_eq!(told("02:04:05"), r#""{now}" "{now-3600s}""#);
        assert_eq!(told("02:04:25"), r#""{now}" "{now-3600s}""#);
        assert_eq!(told("02:14:05"), r#""{now}" "{now-3000s}""#);
    }

    #[test]
    fn an_expiration_may_be_a_second_late() {
        for (expiration, told) in
            [("05", "{now+3600s}"), ("06", "{now+3600s}"), ("07", "{now+3602s}")]
        {
            let text = |time: &str| {
                format!(
                    "creationTimestamp: \"2026-01-02T03:04:05Z\"\nexpirationSeconds: 3600\n\
                     expirationTimestamp: \"{time}\""
                )
            };
            let redacted =
                Redactor::default().text(&text(&format!("2026-01-02T04:04:{expiration}Z")));
            assert!(redacted.text.ends_with(&format!("\"{told}\"")), "{}", redacted.text);
        }
    }

    #[test]
    fn a_credential_is_hidden_whatever_it_looks_like() {
        for (text, hidden) in [
            (r#"{"token":"0123456789abcdefghij"}"#, r#"{"token":"{opaque-1}"}"#),
            (r#"{"access_token": "ya29.abc"}"#, r#"{"access_token": "{access-1}"}"#),
            (r#"{"access_token":"ya29.0123456789abcdef"}"#, r#"{"access_token":"{access-1}"}"#),
        ] {
            assert_eq!(Redactor::default().text(text).text, hidden);
        }
    }

    #[test]
    fn a_credential_that_looks_like_none_is_learned() {
        // { "alg": "none"} and {}, which begin as no compact JSON does.
        let token = "eyAiYWxnIjogIm5vbmUifQ.e30.c2ln";
        let mut redactor = Redactor::default();
        redactor.learn(token);
        redactor.learn("open-sesame");
        let told = format!("bearer {token} or open-sesame or ZXlKaGJHY2lPaUpTVXpJMU5pSjk=");
        let redacted = redactor.text(&told).text;
        assert_eq!(redacted, "bearer {credential} or {credential} or {wrapped-1}");
    }

    #[test]
    fn a_short_credential_leaves_words_as_they_are() {
        let mut redactor = Redactor::default();
        redactor.credential("x");
        redactor.credential("0123456789");
        let redacted = redactor.text(r#"{"expires_in": "Bearer x", "a": "b0123456789"}"#);
        let told = r#"{"expires_in": "Bearer {credential}", "a": "b{credential}"}"#;
        assert_eq!(redacted.text, told);
    }

    #[test]
    fn a_token_becomes_its_claims() {
        // {"alg":"RS256","kid":"k"} and {"exp":160,"iat":100}
        let token = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.eyJleHAiOjE2MCwiaWF0IjoxMDB9.c2ln";
        let redacted = Redactor::default().text(&format!("\"token\": \"{token}\""));
        assert_eq!(redacted.text, "\"token\": \"{token-1}\"");
        assert_eq!(redacted.tokens.len(), 1);
        assert!(redacted.tokens[0].contains("\"exp\": {now+60s}"), "{:?}", redacted.tokens);
        assert!(redacted.tokens[0].contains(r#""kid": "{kid-1}""#), "{:?}", redacted.tokens);
    }
}
