//! The kind that an endpoint takes, and what is said when a body is not of that kind.

use {
    crate::codec::carried::carry,
    crate::codec::quote::{quote, quote_bytes},
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

/// The kind that a body claims to be. In protobuf it need not be UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Claim<'a> {
    pub(super) group: Cow<'a, [u8]>,
    pub(super) version: Cow<'a, [u8]>,
    pub(super) kind: Cow<'a, [u8]>,
}

/// What to read a body as, once its claim is known.
pub(super) enum Reading {
    /// As what the endpoint takes.
    Target,
    /// As another version of it, to be refused afterwards.
    OtherVersion { structure: &'static Struct, go_type: &'static str },
    /// As something else, to be refused afterwards.
    OtherKind { structure: Option<&'static Struct>, go_type: &'static str },
}

/// Group and version of an `apiVersion`.
pub(super) fn group_version(api_version: &[u8]) -> Result<(&[u8], &[u8]), String> {
    let mut parts = api_version.splitn(3, |byte| *byte == b'/');
    match (parts.next().unwrap_or_default(), parts.next(), parts.next()) {
        (_, _, Some(_)) => Err(format!("unexpected GroupVersion string: {}", carry(api_version))),
        (group, Some(version), None) => Ok((group, version)),
        (version, None, None) => Ok((b"", version)),
    }
}

impl Claim<'_> {
    fn kind(&self) -> Option<kinds::Kind> {
        let text = std::str::from_utf8;
        kinds::find(text(&self.group).ok()?, text(&self.version).ok()?, text(&self.kind).ok()?)
    }

    fn api_version(&self) -> Vec<u8> {
        if self.group.is_empty() {
            return self.version.to_vec();
        }
        [&self.group, b"/".as_slice(), &self.version].concat()
    }
}

/// The kinds that every group and version knows, whatever is asked for.
const UNVERSIONED: [&str; 5] =
    ["APIGroup", "APIGroupList", "APIResourceList", "APIVersions", "Status"];

impl Target {
    /// How to read a body of that claim; an error when there is no such kind.
    pub(super) fn reading(&self, claim: &Claim<'_>) -> Result<Reading, DecodeError> {
        if self.everywhere && *claim.kind == *self.kind.as_bytes() {
            return Ok(Reading::Target);
        }
        if self.everywhere {
            let known = UNVERSIONED.iter().find(|kind| *claim.kind == *kind.as_bytes());
            return Err(match known {
                Some(kind) => {
                    let (kind, to) = (format!("v1.{kind}"), format!("v1.{}", self.kind));
                    let cause = format!("converting ({kind}) to ({to}): unknown conversion");
                    self.unusable(claim, cause)
                }
                None => self.unusable(claim, not_registered(claim)),
            });
        }
        if *claim.kind == *self.kind.as_bytes()
            && *claim.version == *self.version.as_bytes()
            && *claim.group == *self.group.as_bytes()
        {
            return Ok(Reading::Target);
        }
        let Some(kind) = claim.kind() else {
            return Err(self.unusable(claim, not_registered(claim)));
        };
        let go_type = kind.go_type;
        let structure = Schema::get().by_id(kind.structure).or_else(|| first_version(&kind));
        if kind.group == self.group && kind.kind == self.kind {
            // Versions of a kind differ little, so an unknown one is read like the known.
            let structure = structure.unwrap_or(self.structure);
            return Ok(Reading::OtherVersion { structure, go_type });
        }
        Ok(Reading::OtherKind { structure, go_type })
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
            carry(&claim.kind),
            quote_bytes(&claim.version),
            self.kind
        );
        DecodeError::new(message, cause)
    }

    /// The error for a body of another kind.
    pub(super) fn unconvertible(&self, claim: &Claim<'_>, go_type: &str) -> DecodeError {
        let to = kinds::find(self.group, INTERNAL, self.kind).map_or("", |kind| kind.go_type);
        self.unusable(claim, format!("converting ({go_type}) to ({to}): unknown conversion"))
    }

    /// The error for a body of another version.
    pub(super) fn other_version(&self, claim: &Claim<'_>, warnings: Vec<String>) -> DecodeError {
        let claimed = carry(&claim.api_version());
        let message = format!(
            "the API version in the data ({claimed}) does not match the expected API version ({})",
            self.api_version
        );
        DecodeError { cause: message.clone(), message, warnings }
    }
}

/// What the first version of a kind is made of: its others differ little.
fn first_version(kind: &kinds::Kind) -> Option<&'static Struct> {
    let version =
        if kind.group.is_empty() { "v1".to_owned() } else { format!("{}/v1", kind.group) };
    Schema::get().root(&version, kind.kind)
}

fn not_registered(claim: &Claim<'_>) -> String {
    let (kind, scheme) = (quote_bytes(&claim.kind), quote(SCHEME));
    if *claim.version == *INTERNAL.as_bytes() {
        let group = quote_bytes(&claim.group);
        return format!(
            "no kind {kind} is registered for the internal version of group {group} in scheme {scheme}"
        );
    }
    let version = quote_bytes(&claim.api_version());
    format!("no kind {kind} is registered for version {version} in scheme {scheme}")
}

// The first bytes of a body, as they are when they look like JSON and as hexadecimal otherwise.
fn summary(body: &[u8]) -> String {
    const LENGTH: usize = 30;
    let start = &body[..body.len().min(LENGTH)];
    let mut summary = match start.first() {
        None => return "<empty>".to_owned(),
        Some(b'{') => carry(start),
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

/// Bytes as text; each byte that is not UTF-8 becomes U+FFFD, as when Go reads it from JSON.
pub(super) fn lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}
