//! One lie: what kind of answer it is about, and the one thing in it that is not so.

use {
    crate::{
        addition::{self, Addition, Whose},
        reply::{self, Part, Signer},
        twist::Twist,
    },
    bytes::Bytes,
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
    /// A header that is said once more.
    Again(String, &'static str),
    /// A member too much in the body.
    Added(Addition),
    /// A member too much in the issued token's header or claims, signed again.
    Claimed(bool, Addition),
    /// The body's last newline, there or not.
    Ending,
    /// A text that is not JSON.
    Text,
}

impl About {
    /// Alters an answer; false when there is nothing to alter.
    pub(crate) fn tell(&self, answer: &mut Answer, sign: &Signer) -> bool {
        let before = answer.clone();
        self.alter(answer, sign).is_some()
            && (before.status, &before.headers, &before.body, &before.meaning)
                != (answer.status, &answer.headers, &answer.body, &answer.meaning)
    }

    fn alter(&self, answer: &mut Answer, sign: &Signer) -> Option<()> {
        match self {
            Self::Status(status) => answer.status = *status,
            Self::Header(name, value) => reply::set_header(answer, name, value.as_deref()),
            Self::Body(path, twist) => {
                let before = reply::body(answer)?;
                let mut body = before.clone();
                twist.alter(&mut body, path).filter(|()| body != before)?;
                reply::set_body(answer, &body)?;
            }
            Self::Token(header, path, twist) => {
                let before = reply::token(answer, part(*header))?;
                let mut value = before.clone();
                twist.alter(&mut value, path).filter(|()| value != before)?;
                reply::set_token(answer, part(*header), &value, sign)?;
            }
            Self::Again(name, value) => {
                answer.headers.push((name.clone(), (*value).to_owned()));
            }
            Self::Added(addition) => {
                let mut body = reply::body(answer)?;
                addition::add(&mut body, addition)?;
                reply::set_body(answer, &body)?;
            }
            Self::Claimed(header, addition) => {
                let mut value = reply::token(answer, part(*header))?;
                addition::add(&mut value, addition)?;
                reply::set_token(answer, part(*header), &value, sign)?;
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

impl About {
    /// Whether it is one that needs to know what there is in an API.
    pub(crate) fn is_akin(&self) -> bool {
        matches!(self, Self::Body(_, Twist::Akin) | Self::Token(_, _, Twist::Akin))
    }

    /// Whether it is about a header that is none of the API's, and is told of Kubernetes alone.
    pub(crate) fn is_foreign(&self) -> bool {
        matches!(self, Self::Header(name, _) if addition::FOREIGN.iter().any(|(it, _)| it == name))
    }

    /// What is counted together.
    pub(crate) fn group(&self) -> &'static str {
        match self {
            Self::Status(_) => "statuses",
            Self::Header(..) => "headers",
            Self::Body(..) => "members of bodies",
            Self::Token(..) => "members of tokens",
            Self::Again(..) => "headers said twice",
            Self::Added(_) => "members added to bodies",
            Self::Claimed(..) => "members added to tokens",
            Self::Ending | Self::Text => "texts",
        }
    }
}

fn part(header: bool) -> Part {
    if header { Part::Header } else { Part::Claims }
}

/// Every lie that can be told about an answer.
pub(crate) fn about(answer: &Answer) -> BTreeSet<About> {
    let mut found = BTreeSet::from([About::Status(other_status(answer.status))]);
    if answer.status == 201 {
        found.insert(About::Status(200));
    }
    headers(answer, &mut found);
    if !answer.body.is_empty() {
        found.insert(About::Ending);
    }
    match reply::body(answer) {
        Some(body) => {
            let twists = Twist::all(&body).into_iter();
            found.extend(twists.map(|(path, twist)| About::Body(path, twist)));
            found.extend(addition::all(&body, Whose::Body).into_iter().map(About::Added));
        }
        None if !answer.body.is_empty() => {
            found.insert(About::Text);
        }
        None => {}
    }
    for (header, whose) in [(true, Whose::Header), (false, Whose::Claims)] {
        let Some(value) = reply::token(answer, part(header)) else { continue };
        let twists = Twist::all(&value).into_iter().filter(|(path, _)| !path.is_empty());
        found.extend(twists.map(|(path, twist)| About::Token(header, path, twist)));
        let additions = addition::all(&value, whose).into_iter();
        found.extend(additions.map(|it| About::Claimed(header, it)));
    }
    found
}

/// Every lie about the headers: those that are compared, there or not, and some that are foreign.
fn headers(answer: &Answer, found: &mut BTreeSet<About>) {
    let is_grpc = answer.meaning.is_some();
    for name in if is_grpc { GRPC } else { HEADERS } {
        match answer.header(name).first() {
            Some(value) => {
                found.insert(About::Header((*name).to_owned(), None));
                found.insert(About::Header((*name).to_owned(), Some(changed(name, value))));
                let again = addition::again(name).filter(|_| !is_grpc);
                found.extend(again.map(|it| About::Again((*name).to_owned(), it)));
            }
            None if is_grpc => {}
            None => {
                found.insert(About::Header((*name).to_owned(), Some(made_up(name).to_owned())));
            }
        }
    }
    let foreign = addition::FOREIGN.iter().filter(|_| !is_grpc);
    let foreign = foreign.filter(|(name, _)| answer.header(name).is_empty());
    found.extend(
        foreign.map(|(name, it)| About::Header((*name).to_owned(), Some((*it).to_owned()))),
    );
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
            Self::Again(name, value) => write!(f, "header {name} is also {value:?}"),
            Self::Added((path, name, _)) => write!(f, "body {} is added", named(path, name)),
            Self::Claimed(header, (path, name, _)) => {
                let of = if *header { "token header" } else { "token" };
                write!(f, "{of} {} is added", named(path, name))
            }
            Self::Ending => f.write_str("ending of the body"),
            Self::Text => f.write_str("text of the body"),
        }
    }
}

fn named(path: &[String], name: &str) -> String {
    path.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join(" ")
}
