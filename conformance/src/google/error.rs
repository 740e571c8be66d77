//! `google.rpc.Status` as it has to be: canonical code, sentence, and details by their types.

use {
    crate::{
        expect::{Mismatch, compare},
        level::Level,
        vars::{Undefined, Vars},
    },
    serde::Deserialize,
    serde_json::{Map, Value, json},
};

/// The expectations of an error.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Error {
    /// The canonical code's name, which stands for its HTTP status as well; one of several, when
    /// what a server chooses is its own affair.
    pub status: Option<Value>,
    /// The sentence.
    pub message: Option<String>,
    /// The BadRequest's violations, all of them in order: the field, or what each has to have.
    pub violations: Option<Vec<Value>>,
    /// What the ErrorInfo has to have.
    pub info: Option<Value>,
    /// The details as a whole: a list, or `<absent>`.
    pub details: Option<Value>,
}

/// The details that `google/rpc/error_details.proto` has.
const DETAILS: &[&str] = &[
    "BadRequest",
    "DebugInfo",
    "ErrorInfo",
    "Help",
    "LocalizedMessage",
    "PreconditionFailure",
    "QuotaFailure",
    "RequestInfo",
    "ResourceInfo",
    "RetryInfo",
];

/// Number over gRPC, status over HTTP, name. Source: `google/rpc/code.proto`.
const CODES: &[(u32, u16, &str)] = &[
    (1, 499, "CANCELLED"),
    (2, 500, "UNKNOWN"),
    (3, 400, "INVALID_ARGUMENT"),
    (4, 504, "DEADLINE_EXCEEDED"),
    (5, 404, "NOT_FOUND"),
    (6, 409, "ALREADY_EXISTS"),
    (7, 403, "PERMISSION_DENIED"),
    (8, 429, "RESOURCE_EXHAUSTED"),
    (9, 400, "FAILED_PRECONDITION"),
    (10, 409, "ABORTED"),
    (11, 400, "OUT_OF_RANGE"),
    (12, 501, "UNIMPLEMENTED"),
    (13, 500, "INTERNAL"),
    (14, 503, "UNAVAILABLE"),
    (15, 500, "DATA_LOSS"),
    (16, 401, "UNAUTHENTICATED"),
];

/// The HTTP status and the name of a code.
pub fn names(code: u32) -> (u16, &'static str) {
    let row = CODES.iter().find(|it| it.0 == code);
    row.map_or((500, "UNKNOWN"), |(_, status, name)| (*status, name))
}

/// The number of a name.
pub fn number(name: &str) -> Option<u32> {
    CODES.iter().find(|it| it.2 == name).map(|it| it.0)
}

/// Whether a name stands for an HTTP status.
pub fn is_name_of(name: &str, status: u16) -> bool {
    CODES.iter().any(|it| it.2 == name && it.1 == status)
}

impl Error {
    /// Everything that differs. That code and HTTP status belong together is judged elsewhere, for
    /// every answer.
    pub fn judge(
        &self,
        body: Option<&Value>,
        vars: &Vars,
        found: &mut Vec<Mismatch>,
    ) -> Result<(), Undefined> {
        let Some(error) = body.map(|it| &it["error"]).filter(|it| it.is_object()) else {
            let got = body.map_or_else(|| "nothing".to_owned(), Value::to_string);
            found.push(Mismatch::must("body error", "a google.rpc.Status", got));
            return Ok(());
        };
        let details = error["details"].as_array().map_or(&[][..], Vec::as_slice);
        if let Some(expected) = &self.status {
            self.judge_status(expected, error, found);
        }
        if let Some(expected) = &self.message {
            let expected = vars.text(expected)?.into();
            compare("body error message", &expected, error.get("message"), Level::Observed, found);
        }
        if let Some(expected) = &self.violations {
            let expected: Vec<Value> = expected.iter().map(violation).collect();
            let expected = vars.value(&expected.into())?;
            let got = detail(details, "BadRequest").and_then(|it| it.get("fieldViolations"));
            compare("error violations", &expected, got, Level::Should, found);
        }
        if let Some(expected) = &self.info {
            let expected = vars.value(expected)?;
            compare("error info", &expected, detail(details, "ErrorInfo"), Level::Should, found);
        }
        if let Some(expected) = &self.details {
            let expected = vars.value(expected)?;
            compare("body error details", &expected, error.get("details"), Level::Should, found);
        }
        Ok(())
    }

    fn judge_status(&self, expected: &Value, error: &Value, found: &mut Vec<Mismatch>) {
        let got = &error["status"];
        let same = match expected {
            Value::Array(names) => names.contains(got),
            name => name == got,
        };
        if !same {
            found.push(Mismatch::must("body error status", expected, got));
        }
    }
}

/// A field alone stands for a violation of it, whatever its sentence.
fn violation(expected: &Value) -> Value {
    match expected {
        Value::String(field) => json!({"field": field, "description": "<text>"}),
        other => other.clone(),
    }
}

fn detail<'a>(details: &'a [Value], name: &str) -> Option<&'a Value> {
    let kind = format!("type.googleapis.com/google.rpc.{name}");
    details.iter().find(|it| it["@type"] == kind.as_str())
}

/// The members of an error.
const MEMBERS: &[&str] = &["code", "message", "status", "details"];

/// What an error has that nobody asked for.
pub fn surplus(body: Option<&Value>, found: &mut Vec<Mismatch>) {
    let members = body.and_then(|it| it["error"].as_object()).into_iter().flatten();
    for (name, value) in members.filter(|(name, _)| !MEMBERS.contains(&name.as_str())) {
        found.push(Mismatch::new(
            Level::Should,
            format!("body error {name}"),
            "nothing else",
            value,
        ));
    }
}

/// What is not as the body of every error is.
pub fn shape(status: u16, body: Option<&Value>, found: &mut Vec<Mismatch>) {
    let error = body.and_then(|it| it.get("error")).and_then(Value::as_object);
    let Some(error) = error else {
        let got = body.map_or_else(|| "nothing".to_owned(), Value::to_string);
        found.push(Mismatch::must("body error", "a google.rpc.Status", got));
        return;
    };
    compare("body error code", &status.into(), error.get("code"), Level::Must, found);
    compare("body error message", &"<text>".into(), error.get("message"), Level::Must, found);
    let name = error.get("status").and_then(Value::as_str).unwrap_or_default();
    if !is_name_of(name, status) {
        found.push(Mismatch::must("body error status", format!("a name of {status}"), name));
    }
    shape_of_details(error, found);
}

fn shape_of_details(error: &Map<String, Value>, found: &mut Vec<Mismatch>) {
    let Some(details) = error.get("details") else { return };
    let mut odd = |expected: &str| {
        found.push(Mismatch::new(Level::Should, "body error details", expected, details));
    };
    let list = details.as_array().map_or(&[][..], Vec::as_slice);
    if list.is_empty() || !list.iter().all(|it| it["@type"].as_str().is_some_and(is_type)) {
        return odd("messages with their @type");
    }
    // Source: google.aip.dev/193.
    if has_equals(list.iter().map(|it| &it["@type"])) {
        odd("one message of each type at most");
    }
    if !detail(list, "BadRequest").is_none_or(is_bad_request) {
        odd("a BadRequest with its violations, none twice");
    }
    if !detail(list, "ErrorInfo").is_none_or(is_error_info) {
        odd("an ErrorInfo with its reason");
    }
}

/// Of `google.rpc` there are these; a service may have types of its own.
fn is_type(text: &str) -> bool {
    let Some((_, name)) = text.split_once('/') else { return false };
    name.strip_prefix("google.rpc.").is_none_or(|name| DETAILS.contains(&name))
}

fn has_equals<'a>(values: impl Iterator<Item = &'a Value>) -> bool {
    let mut seen = Vec::new();
    for value in values {
        if seen.contains(&value) {
            return true;
        }
        seen.push(value);
    }
    false
}

fn is_bad_request(detail: &Value) -> bool {
    let Some(violations) = detail["fieldViolations"].as_array() else { return false };
    let is_text = |it: &Value| it.as_str().is_some_and(|it| !it.is_empty());
    let sound = |it: &Value| {
        is_text(&it["description"])
            && it.get("field").is_none_or(is_text)
            && it.get("reason").is_none_or(is_reason)
    };
    !violations.is_empty() && violations.iter().all(sound) && !has_equals(violations.iter())
}

fn is_error_info(detail: &Value) -> bool {
    let is_text = |it: &Value| it.as_str().is_some_and(|it| !it.is_empty());
    let texts = |it: &Value| it.as_object().is_some_and(|it| it.values().all(is_text));
    is_reason(&detail["reason"])
        && detail.get("domain").is_none_or(is_text)
        && detail.get("metadata").is_none_or(texts)
}

/// A reason is in capitals.
fn is_reason(value: &Value) -> bool {
    let capital = |it: u8| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_';
    value.as_str().is_some_and(|it| !it.is_empty() && it.bytes().all(capital))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(expected: Value, error: Value) -> Vec<String> {
        let expected: Error = serde_json::from_value(expected).unwrap();
        let mut found = Vec::new();
        let body = json!({ "error": error });
        expected.judge(Some(&body), &Vars::default(), &mut found).unwrap();
        found.into_iter().map(|it| it.what).collect()
    }

    fn error() -> Value {
        json!({"code": 400, "status": "INVALID_ARGUMENT", "message": "m", "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "R"},
            {"@type": "type.googleapis.com/google.rpc.BadRequest",
             "fieldViolations": [{"field": "f", "description": "d"}]},
        ]})
    }

    #[test]
    fn details_are_found_by_their_type() {
        let expected = json!({
            "status": ["NOT_FOUND", "INVALID_ARGUMENT"], "message": "m", "violations": ["f"],
            "info": {"reason": "R", "domain": "<absent>"},
        });
        assert!(judge(expected, error()).is_empty());
    }

    #[test]
    fn each_difference_is_named() {
        let expected = json!({
            "status": "ABORTED", "message": "x", "violations": [], "info": {"reason": "Q"},
            "details": "<absent>",
        });
        let whats = [
            "body error status",
            "body error message",
            "error violations",
            "error info reason",
            "body error details",
        ];
        assert_eq!(judge(expected, error()), whats);
        let mut found = Vec::new();
        shape(404, Some(&json!({ "error": error() })), &mut found);
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
