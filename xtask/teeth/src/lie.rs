//! One lie: what kind of answer it is about, and the one thing in it that is not so.

use {
    crate::{
        reply::{self, Part, Signer},
        twist::Twist,
    },
    bytes::Bytes,
    serde_json::Value,
    std::{collections::BTreeSet, fmt},
    token_conformance::{exchange::Answer, snapshot::HEADERS},
};

/// What gRPC says of an answer beside its message; other headers mean nothing there.
const GRPC: &[&str] = &["content-type", "grpc-status", "grpc-message", "grpc-status-details-bin"];

/// A lie about every answer of one kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Lie {
    /// The kind of answer, as [`reply::kind`] tells it.
    pub(crate) kind: String,
    /// What is altered.
    pub(crate) about: About,
}

/// The one thing that a lie is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum About {
    /// The status.
    Status(u16),
    /// A header, dropped or set.
    Header(String, Option<String>),
    /// A member of the body.
    Body(Vec<String>, Twist),
    /// A member of the issued token's header or claims, signed again.
    Token(bool, Vec<String>, Twist),
    /// The body's last newline, there or not.
    Ending,
    /// A text that is not JSON.
    Text,
}

impl Lie {
    /// Alters an answer; false when there is nothing to alter.
    pub(crate) fn tell(&self, answer: &mut Answer, sign: &Signer) -> bool {
        let before = answer.clone();
        self.about.tell(answer, sign).is_some()
            && (before.status, &before.headers, &before.body, &before.meaning)
                != (answer.status, &answer.headers, &answer.body, &answer.meaning)
    }
}

impl About {
    /// Whether it is one that needs to know what there is in an API.
    pub(crate) fn is_akin(&self) -> bool {
        matches!(self, Self::Body(_, Twist::Akin) | Self::Token(_, _, Twist::Akin))
    }

    /// Alters an answer, if that can be done.
    pub(crate) fn tell(&self, answer: &mut Answer, sign: &Signer) -> Option<()> {
        match self {
            Self::Status(status) => answer.status = *status,
            Self::Header(name, value) => reply::set_header(answer, name, value.as_deref()),
            Self::Body(path, twist) => {
                let mut body = reply::body(answer)?;
                twist.alter(&mut body, path)?;
                reply::set_body(answer, &body)?;
            }
            Self::Token(header, path, twist) => {
                let part = if *header { Part::Header } else { Part::Claims };
                let mut value = reply::token(answer, part)?;
                twist.alter(&mut value, path)?;
                reply::set_token(answer, part, &value, sign)?;
            }
            Self::Ending => {
                let bytes = answer.body.strip_suffix(b"\n").map(<[u8]>::to_vec);
                let bytes = bytes.unwrap_or_else(|| [&answer.body[..], b"\n"].concat());
                answer.body = Bytes::from(bytes);
            }
            Self::Text => {
                let mut text = String::from_utf8_lossy(&answer.body).into_owned();
                text.insert(text.len() / 2, '~');
                answer.body = Bytes::from(text);
            }
        }
        Some(())
    }
}

/// Every lie that can be told about an answer.
pub(crate) fn about(answer: &Answer) -> BTreeSet<About> {
    let mut found = BTreeSet::from([About::Status(other_status(answer.status))]);
    if answer.status == 201 {
        found.insert(About::Status(200));
    }
    for name in if answer.meaning.is_some() { GRPC } else { HEADERS } {
        match answer.header(name).first() {
            Some(value) => {
                found.insert(About::Header((*name).to_owned(), None));
                found.insert(About::Header((*name).to_owned(), Some(changed(name, value))));
            }
            None if answer.meaning.is_some() => {}
            None => {
                found.insert(About::Header((*name).to_owned(), Some(made_up(name).to_owned())));
            }
        }
    }
    if !answer.body.is_empty() {
        found.insert(About::Ending);
    }
    match reply::body(answer) {
        Some(body) => {
            let twists = Twist::all(&body).into_iter();
            found.extend(twists.map(|(path, twist)| About::Body(path, twist)));
        }
        None if !answer.body.is_empty() => {
            found.insert(About::Text);
        }
        None => {}
    }
    for (header, part) in [(true, Part::Header), (false, Part::Claims)] {
        let value = reply::token(answer, part).unwrap_or(Value::Null);
        let twists = Twist::all(&value).into_iter().filter(|(path, _)| !path.is_empty());
        found.extend(twists.map(|(path, twist)| About::Token(header, path, twist)));
    }
    found
}

/// Another value for a header.
fn changed(name: &str, value: &str) -> String {
    match name {
        "audit-id" => String::new(),
        // Another code.
        "grpc-status" => if value == "9" { "3" } else { "9" }.to_owned(),
        _ => format!("{value}x"),
    }
}

/// Another status of the same class, so that whoever looks no closer is content.
fn other_status(status: u16) -> u16 {
    match status {
        200 => 202,
        201 => 202,
        400 => 422,
        403 => 401,
        404 => 405,
        405 => 404,
        406 => 400,
        409 => 422,
        415 => 400,
        422 => 400,
        other => other + 1,
    }
}

/// A value for a header that should not be there.
fn made_up(name: &str) -> &'static str {
    match name {
        "allow" => "GET",
        "location" => "/elsewhere",
        "retry-after" => "1",
        "vary" => "Origin",
        "warning" => "299 - \"made up\"",
        "www-authenticate" => "Bearer",
        "x-content-type-options" => "nosniff",
        "cache-control" => "no-cache, private",
        "content-type" => "application/json",
        _ => "made-up",
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "status is {status}"),
            Self::Header(name, None) => write!(f, "header {name} is dropped"),
            Self::Header(name, Some(value)) => write!(f, "header {name} is {value:?}"),
            Self::Body(path, twist) => write!(f, "body {} {twist}", path.join(" ")),
            Self::Token(true, path, twist) => write!(f, "token header {} {twist}", path.join(" ")),
            Self::Token(_, path, twist) => write!(f, "token {} {twist}", path.join(" ")),
            Self::Ending => f.write_str("ending of the body"),
            Self::Text => f.write_str("text of the body"),
        }
    }
}
