//! How two answers differ, and by what cause.

use {
    crate::{request::Request, scenario::Told},
    regex::Regex,
    serde_json::Value,
    std::sync::LazyLock,
};

/// How much a difference matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// The status or the reason.
    Status,
    /// What a client reads: a header, or a member of the document.
    Meaning,
    /// Bytes alone.
    Bytes,
}

/// One exchange that differed.
#[derive(Debug, Clone)]
pub(crate) struct Difference {
    /// How much it matters.
    pub(crate) level: Level,
    /// What it is put together by.
    pub(crate) cause: String,
}

static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#""(?:[^"\\]|\\.)*"|<[^>]*>|[0-9]+"#).expect("the pattern was written with care")
});

/// The difference between two answers, if there is one.
pub(crate) fn find(request: &Request, real: &Told, ours: &Told) -> Option<Difference> {
    if real == ours {
        return None;
    }
    let (left, right) = (document(real), document(ours));
    let reason = |document: &Option<Value>| document.as_ref().map(|it| it["reason"].clone());
    let level =
        if real.status != ours.status || (real.status >= 400 && reason(&left) != reason(&right)) {
            Level::Status
        } else if real.headers != ours.headers || left.is_none() || left != right {
            Level::Meaning
        } else {
            Level::Bytes
        };
    Some(Difference { level, cause: cause(request, real, ours, level) })
}

fn document(told: &Told) -> Option<Value> {
    serde_json::from_str(&told.body).ok()
}

fn cause(request: &Request, real: &Told, ours: &Told, level: Level) -> String {
    if level == Level::Status || (real.status >= 400 && real.body != ours.body) {
        return format!("{} instead of {}", summary(ours), summary(real));
    }
    if real.headers != ours.headers {
        let only = |one: &Told, other: &Told| {
            let lines = one.headers.iter().filter(|line| !other.headers.contains(line));
            lines.map(|line| plain(line)).collect::<Vec<_>>().join(" | ")
        };
        return format!("headers [{}] instead of [{}]", only(ours, real), only(real, ours));
    }
    let kind = |told: &Told| document(told).and_then(|it| it["kind"].as_str().map(str::to_owned));
    let place = match (document(real), document(ours)) {
        (Some(left), Some(right)) => first_place("", &left, &right).unwrap_or_default(),
        _ => {
            let at = real.body.lines().zip(ours.body.lines()).find(|(left, right)| left != right);
            at.map(|(left, right)| format!("{} not {}", plain(right), plain(left)))
                .unwrap_or_default()
        }
    };
    format!("{} {}: {place}", request.method, kind(real).unwrap_or_default())
}

fn summary(told: &Told) -> String {
    let message = match document(told) {
        Some(document) if told.status >= 400 => {
            format!(
                "{} {}",
                document["reason"].as_str().unwrap_or("-"),
                plain(document["message"].as_str().unwrap_or(""))
            )
        }
        _ if told.status >= 400 => plain(&told.body),
        _ => String::new(),
    };
    format!("{} {}", told.status, crate::request::cut(&message, 160))
}

/// A text without what stands in quotes.
pub(crate) fn plain(text: &str) -> String {
    QUOTED.replace_all(text, "…").into_owned()
}

fn first_place(place: &str, left: &Value, right: &Value) -> Option<String> {
    match (left, right) {
        (Value::Object(one), Value::Object(other)) => {
            for (name, value) in one {
                let place = format!("{place}.{name}");
                match other.get(name) {
                    None => return Some(format!("{place} is missing")),
                    Some(found) => {
                        if let Some(place) = first_place(&place, value, found) {
                            return Some(place);
                        }
                    }
                }
            }
            let more = other.keys().find(|name| !one.contains_key(*name))?;
            Some(format!("{place}.{more} is too much"))
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => one
            .iter()
            .zip(other)
            .find_map(|(left, right)| first_place(&format!("{place}[]"), left, right)),
        _ if left == right => None,
        _ => Some(format!("{place} differs")),
    }
}
