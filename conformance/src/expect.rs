//! What an answer has to be. Everything that differs is returned; nothing is asserted.

use {
    crate::{
        exchange::{Exchange, member},
        google::error::Error,
        level::Level,
        token::{RelyingParty, Token},
        vars::{Undefined, Vars},
    },
    regex::Regex,
    serde::Deserialize,
    serde_json::Value,
    std::{collections::BTreeMap, fmt::Display},
};

/// The expectations of one answer. A string may be a word instead of a text: `<any>`, `<absent>`,
/// `<null>` (or absent), `<text>`, `<number>`, `<uuid>`, `<time>`, or `~ ` and a regular expression.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct Expect {
    /// The HTTP status (of a gRPC answer, the one that its code stands for).
    pub status: Option<u16>,
    /// Headers: a text, a list of all values in order, or a word.
    pub headers: BTreeMap<String, Value>,
    /// `reason` of a Kubernetes Status.
    pub reason: Option<String>,
    /// `message` of an error.
    pub message: Option<String>,
    /// `details.causes` of a Kubernetes Status, each with at least these members.
    pub causes: Option<Vec<Value>>,
    /// `details` of a Kubernetes Status, at least these members.
    pub details: Option<Value>,
    /// The body, at least these members; a list is compared whole, or by `{'0': …}` in part.
    pub body: Option<Value>,
    /// The body as it stands.
    pub text: Option<String>,
    /// The error of a Google answer.
    pub error: Option<Error>,
    /// Texts that stand nowhere in the answer.
    pub without: Vec<String>,
    /// The issued token's claims, at least these; the token is verified and compared with what
    /// its answer says.
    pub token: Option<Value>,
    /// The issued token's header, all of it.
    pub token_header: Option<Value>,
    /// `exp - iat` of the issued token, when it is not `spec.expirationSeconds`.
    pub lifetime: Option<i64>,
}

/// Something that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// From which level on it counts.
    pub level: Level,
    /// What it is about: `status`, `header warning`, `body status.user.uid`.
    pub what: String,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub got: String,
}

/// What judging needs to know beside the exchange.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The case's names.
    pub vars: &'a Vars,
    /// What is known of the issuer; without it signatures are not verified.
    pub party: Option<&'a RelyingParty>,
    /// The minor version of the server, where it is known.
    pub minor: Option<u32>,
    /// The first and the last second that its clock may have told while it was asked, where that is
    /// known.
    pub seconds: Option<(i64, i64)>,
}

impl<'a> Context<'a> {
    /// Names, and nothing known of the server.
    pub fn of(vars: &'a Vars) -> Self {
        Self { vars, party: None, minor: None, seconds: None }
    }
}

impl Mismatch {
    /// A mismatch that counts at a level.
    pub fn new(
        level: Level,
        what: impl Into<String>,
        expected: impl Display,
        got: impl Display,
    ) -> Self {
        let (expected, got) = (expected.to_string(), got.to_string());
        Self { level, what: what.into(), expected, got }
    }

    /// A mismatch that counts wherever its requirement does.
    pub fn must(what: impl Into<String>, expected: impl Display, got: impl Display) -> Self {
        Self::new(Level::Must, what, expected, got)
    }
}

impl Expect {
    /// Everything that differs.
    pub fn judge(
        &self,
        exchange: &Exchange,
        context: Context<'_>,
    ) -> Result<Vec<Mismatch>, Undefined> {
        let mut found = Vec::new();
        let answer = &exchange.answer;
        if let Some(status) = self.status.filter(|it| *it != answer.status) {
            found.push(Mismatch::must("status", status, answer.status));
        }
        // Over gRPC headers and bytes are gRPC's own affair.
        let is_grpc = answer.meaning.is_some();
        if !is_grpc {
            self.judge_headers(exchange, context, &mut found)?;
        }
        if let Some(text) = self.text.as_ref().filter(|_| !is_grpc) {
            let got = Value::from(String::from_utf8_lossy(&answer.body).into_owned());
            compare("text", &context.vars.text(text)?.into(), Some(&got), Level::Must, &mut found);
        }
        let body = answer.value();
        self.judge_error(body.as_ref(), context, &mut found)?;
        if let Some(expected) = &self.body {
            let expected = context.vars.value(expected)?;
            compare("body", &expected, body.as_ref(), Level::Must, &mut found);
        }
        if let Some(error) = &self.error {
            error.judge(body.as_ref(), context.vars, &mut found)?;
        }
        for text in &self.without {
            found.extend(leak(exchange, &context.vars.text(text)?));
        }
        self.judge_token(body.as_ref(), context, &mut found)?;
        Ok(found)
    }

    fn judge_headers(
        &self,
        exchange: &Exchange,
        context: Context<'_>,
        found: &mut Vec<Mismatch>,
    ) -> Result<(), Undefined> {
        for (name, expected) in &self.headers {
            let values = exchange.answer.header(name);
            let got = match (expected, values.as_slice()) {
                (_, []) => None,
                (Value::Array(_), values) => Some(Value::from(values.to_vec())),
                (_, values) => Some(Value::from(values.join(", "))),
            };
            let expected = context.vars.value(expected)?;
            compare(&format!("header {name}"), &expected, got.as_ref(), Level::Should, found);
        }
        Ok(())
    }

    fn judge_error(
        &self,
        body: Option<&Value>,
        context: Context<'_>,
        found: &mut Vec<Mismatch>,
    ) -> Result<(), Undefined> {
        let at = |path: &str| body.and_then(|it| member(it, path));
        if let Some(reason) = &self.reason {
            compare("reason", &reason.as_str().into(), at("reason"), Level::Should, found);
        }
        if let Some(message) = &self.message {
            let expected = context.vars.text(message)?.into();
            let got = at("message").or_else(|| at("error.message"));
            compare("message", &expected, got, Level::Observed, found);
        }
        if let Some(details) = &self.details {
            let expected = context.vars.value(details)?;
            compare("details", &expected, at("details"), Level::Should, found);
        }
        if let Some(causes) = &self.causes {
            let expected = context.vars.value(&causes.clone().into())?;
            compare("causes", &expected, at("details.causes"), Level::Should, found);
        }
        Ok(())
    }

    fn judge_token(
        &self,
        body: Option<&Value>,
        context: Context<'_>,
        found: &mut Vec<Mismatch>,
    ) -> Result<(), Undefined> {
        if self.token.is_none() && self.token_header.is_none() && self.lifetime.is_none() {
            return Ok(());
        }
        let text = body.and_then(|it| member(it, "status.token")).and_then(Value::as_str);
        let (Some(body), Some(token)) = (body, text.and_then(Token::parse)) else {
            found.push(Mismatch::must("token", "a JWT at status.token", "none"));
            return Ok(());
        };
        found.extend(token.verify(context.party));
        found.extend(token.agrees(body, self.lifetime));
        if let Some(claims) = &self.token {
            let claims = context.vars.value(claims)?;
            compare("token", &claims, Some(&token.claims), Level::Must, found);
        }
        if let Some(header) = &self.token_header {
            let header = context.vars.value(header)?;
            compare("token header", &header, Some(&token.header), Level::Must, found);
            let members = |it: &Value| it.as_object().map_or(0, serde_json::Map::len);
            if members(&header) != members(&token.header) {
                found.push(Mismatch::must("token header", &header, &token.header));
            }
        }
        Ok(())
    }
}

/// A text that an answer should not have repeated. It is not told again here either.
fn leak(exchange: &Exchange, text: &str) -> Option<Mismatch> {
    let answer = &exchange.answer;
    let said = String::from_utf8_lossy(&answer.body).contains(text)
        || answer.meaning.as_ref().is_some_and(|it| it.to_string().contains(text))
        || answer.headers.iter().any(|(_, it)| it.contains(text));
    said.then(|| Mismatch::must("answer", "nothing of what it must not repeat", "it"))
}

/// Compares a value with what is expected of it, and adds what differs.
pub fn compare(
    what: &str,
    expected: &Value,
    got: Option<&Value>,
    level: Level,
    found: &mut Vec<Mismatch>,
) {
    match (expected, got) {
        (Value::String(word), _) if word.starts_with('<') || word.starts_with("~ ") => {
            if !is_word(word, got) {
                found.push(Mismatch::new(level, what, word, shown(got)));
            }
        }
        (Value::Object(members), Some(Value::Object(_))) => {
            for (name, expected) in members {
                let got = got.and_then(|it| it.get(name));
                compare(&format!("{what} {name}"), expected, got, level, found);
            }
        }
        (Value::Object(members), Some(Value::Array(elements))) if is_partial(members) => {
            for (index, expected) in members {
                let got = index.parse().ok().and_then(|it: usize| elements.get(it));
                compare(&format!("{what} {index}"), expected, got, level, found);
            }
        }
        (Value::Array(elements), Some(Value::Array(others))) if elements.len() == others.len() => {
            for (index, (expected, got)) in elements.iter().zip(others).enumerate() {
                compare(&format!("{what} {index}"), expected, Some(got), level, found);
            }
        }
        (expected, Some(got)) if expected == got => {}
        (expected, got) => found.push(Mismatch::new(level, what, expected, shown(got))),
    }
}

/// Whether an expectation speaks of some elements of a list, by their places.
fn is_partial(members: &serde_json::Map<String, Value>) -> bool {
    !members.is_empty() && members.keys().all(|it| it.parse::<usize>().is_ok())
}

fn is_word(word: &str, got: Option<&Value>) -> bool {
    let text = got.and_then(Value::as_str);
    if let Some(pattern) = word.strip_prefix("~ ") {
        return Regex::new(pattern).is_ok_and(|it| text.is_some_and(|text| it.is_match(text)));
    }
    match word {
        "<absent>" => got.is_none(),
        "<any>" => got.is_some(),
        "<text>" => text.is_some_and(|it| !it.is_empty()),
        "<null>" => got.is_none_or(Value::is_null),
        "<number>" => got.is_some_and(Value::is_i64),
        "<uuid>" => text.is_some_and(is_uuid),
        "<time>" => text.is_some_and(is_time),
        _ => text == Some(word),
    }
}

/// Lower-case, with its hyphens in place.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(at, it)| match at {
            8 | 13 | 18 | 23 => it == '-',
            _ => matches!(it, '0'..='9' | 'a'..='f'),
        })
}

/// Whole seconds in UTC.
fn is_time(text: &str) -> bool {
    text.len() == 20 && text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok()
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn differences(expected: Value, got: Value) -> Vec<String> {
        let mut found = Vec::new();
        compare("body", &expected, Some(&got), Level::Must, &mut found);
        found.into_iter().map(|it| it.what).collect()
    }

    #[test]
    fn members_that_are_not_named_are_free() {
        assert!(differences(json!({"a": 1}), json!({"a": 1, "b": 2})).is_empty());
        assert_eq!(differences(json!({"a": {"b": 1}}), json!({"a": {"b": 2}})), ["body a b"]);
    }

    #[test]
    fn lists_are_compared_whole_and_every_difference_is_named() {
        assert_eq!(differences(json!([1]), json!([1, 2])), ["body"]);
        assert_eq!(differences(json!([1, 2, 3]), json!([0, 2, 0])), ["body 0", "body 2"]);
    }

    #[test]
    fn words_stand_for_what_changes() {
        let got = json!({
            "uid": "6f1d1f9e-3c1a-4b8e-9e2e-0d6a2b7c1f00", "at": "2026-01-02T03:04:05Z",
            "n": 1, "t": "abc",
        });
        let words = json!({
            "uid": "<uuid>", "at": "<time>", "n": "<number>", "t": "~ ^a.c$", "x": "<absent>",
        });
        assert!(differences(words, got.clone()).is_empty());
        let words = json!({
            "uid": "<time>", "at": "<uuid>", "n": "<text>", "t": "<absent>", "x": "<any>",
        });
        assert_eq!(differences(words, got).len(), 5);
    }
}
