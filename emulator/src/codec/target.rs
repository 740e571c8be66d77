//! The kind that an endpoint takes, and what is said when a body is not of that kind.

use {
    crate::codec::quote::quote,
    crate::codec::schema::{
        Schema, Struct,
        kinds::{self, INTERNAL, SCHEME},
    },
    std::{borrow::Cow, fmt::Write as _},
};

/// The kind that an endpoint takes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its API group; empty for the core group.
    pub group: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Its name.
    pub kind: &'static str,
    /// `group/version`, or the version alone in the core group.
    pub api_version: &'static str,
    /// Its members.
    pub structure: &'static Struct,
    /// Whether it is known in every group and version, as options are.
    pub everywhere: bool,
}

impl Target {
    /// The target of that name; `None` when the schema does not know it.
    pub fn new(api_version: &'static str, kind: &'static str) -> Option<Self> {
        let structure = Schema::get().root(api_version, kind)?;
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Some(Self { group, version, kind, api_version, structure, everywhere: false })
    }
}

impl Target {
    /// The options of that name, which every group and version knows.
    pub fn options(kind: &'static str) -> Option<Self> {
        Some(Self { everywhere: true, ..Self::new("meta.k8s.io/v1", kind)? })
    }
}

/// How strictly unknown and duplicate members are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FieldValidation {
    /// Dropped silently.
    Ignore,
    /// Dropped with a warning.
    #[default]
    Warn,
    /// Refused.
    Strict,
}

/// A body that has been read.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The object in canonical form, with the `kind` and `apiVersion` of its target.
    pub object: serde_json::Value,
    /// What was wrong with it but dropped, a text each.
    pub warnings: Vec<String>,
}

/// A body that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    /// The server's words to the client.
    pub message: String,
    /// The innermost reason alone, for the endpoints that give no more.
    pub cause: String,
    /// Warnings that go with the answer all the same.
    pub warnings: Vec<String>,
}

impl DecodeError {
    fn new(message: String, cause: String) -> Self {
        Self { message, cause, warnings: Vec::new() }
    }
}

/// The kind that a body claims to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Claim<'a> {
    pub(super) group: Cow<'a, str>,
    pub(super) version: Cow<'a, str>,
    pub(super) kind: Cow<'a, str>,
}

/// What to read a body as, once its claim is known.
pub(super) enum Reading {
    /// As what the endpoint takes.
    Target,
    /// As another version of it, to be refused afterwards.
    OtherVersion(Option<&'static Struct>),
    /// As something else, to be refused afterwards.
    OtherKind { structure: Option<&'static Struct>, go_type: &'static str },
}

/// Group and version of an `apiVersion`.
pub(super) fn group_version(api_version: &str) -> Result<(&str, &str), String> {
    match api_version.matches('/').count() {
        _ if api_version.is_empty() || api_version == "/" => Ok(("", "")),
        0 => Ok(("", api_version)),
        1 => Ok(api_version.split_once('/').unwrap_or_default()),
        _ => Err(format!("unexpected GroupVersion string: {api_version}")),
    }
}

impl Target {
    /// How to read a body of that claim; an error when there is no such kind.
    pub(super) fn reading(&self, claim: &Claim<'_>) -> Result<Reading, DecodeError> {
        if self.everywhere && claim.kind == self.kind {
            return Ok(Reading::Target);
        }
        if self.everywhere {
            return Err(self.unusable(claim, not_registered(claim)));
        }
        if claim.group == self.group && claim.kind == self.kind {
            if claim.version == self.version {
                return Ok(Reading::Target);
            }
            if claim.version == INTERNAL {
                return Ok(Reading::OtherVersion(None));
            }
        }
        let Some(kind) = kinds::find(&claim.group, &claim.version, &claim.kind) else {
            return Err(self.unusable(claim, not_registered(claim)));
        };
        let structure = Schema::get().by_id(kind.structure);
        if kind.group == self.group && kind.kind == self.kind {
            return Ok(Reading::OtherVersion(structure));
        }
        Ok(Reading::OtherKind { structure, go_type: kind.go_type })
    }

    /// The error for a body that is nothing at all.
    pub(super) fn unreadable(&self, cause: String, body: &[u8]) -> DecodeError {
        let (kind, summary) = (self.kind, summary(body));
        let message = format!(
            "the object provided is unrecognized (must be of type {kind}): {cause} ({summary})"
        );
        DecodeError::new(message, cause)
    }

    /// The error for a body that claims to be something and is not what the endpoint takes.
    pub(super) fn unusable(&self, claim: &Claim<'_>, cause: String) -> DecodeError {
        let message = format!(
            "{} in version {} cannot be handled as a {}: {cause}",
            claim.kind,
            quote(&claim.version),
            self.kind
        );
        DecodeError::new(message, cause)
    }

    /// The error for a body of another kind.
    pub(super) fn unconvertible(&self, claim: &Claim<'_>, go_type: &str) -> DecodeError {
        let to = self.internal_go_type();
        self.unusable(claim, format!("converting ({go_type}) to ({to}): unknown conversion"))
    }

    /// The type that all versions of the kind are converted through, as Go prints it.
    pub(super) fn internal_go_type(&self) -> &'static str {
        kinds::find(self.group, INTERNAL, self.kind).map_or("", |kind| kind.go_type)
    }

    /// The error for a body of another version.
    pub(super) fn other_version(&self, claim: &Claim<'_>, warnings: Vec<String>) -> DecodeError {
        let claimed = if claim.group.is_empty() {
            claim.version.to_string()
        } else {
            format!("{}/{}", claim.group, claim.version)
        };
        let message = format!(
            "the API version in the data ({claimed}) does not match the expected API version ({})",
            self.api_version
        );
        DecodeError { cause: message.clone(), message, warnings }
    }
}

fn not_registered(claim: &Claim<'_>) -> String {
    let (kind, scheme) = (quote(&claim.kind), quote(SCHEME));
    if claim.version == INTERNAL {
        let group = quote(&claim.group);
        return format!(
            "no kind {kind} is registered for the internal version of group {group} in scheme {scheme}"
        );
    }
    let version = if claim.group.is_empty() {
        quote(&claim.version)
    } else {
        quote(&format!("{}/{}", claim.group, claim.version))
    };
    format!("no kind {kind} is registered for version {version} in scheme {scheme}")
}

// The first bytes of a body, as they are when they look like JSON and as hexadecimal otherwise.
fn summary(body: &[u8]) -> String {
    const LENGTH: usize = 30;
    let start = &body[..body.len().min(LENGTH)];
    let mut summary = match start.first() {
        None => return "<empty>".to_owned(),
        Some(b'{') => lossy(start),
        Some(_) => start.iter().fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        }),
    };
    if body.len() > LENGTH {
        summary.push_str(" ...");
    }
    summary
}

/// Bytes as text; each byte that is not UTF-8 becomes U+FFFD, as when Go writes it to JSON.
pub(super) fn lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}
