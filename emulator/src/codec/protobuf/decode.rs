//! Reads a protobuf body as the kind that an endpoint takes.

use {
    super::{MAGIC, message},
    crate::codec::{
        json::named,
        schema::{Struct, kinds::INTERNAL},
        target::{Claim, DecodeError, Decoded, Reading, Target, group_version, lossy},
    },
    serde_json::Map,
    std::borrow::Cow,
};

/// Reads a protobuf body. Unknown fields are skipped without a word, so there is no strictness.
pub fn decode(body: &[u8], target: &Target) -> Result<Decoded, DecodeError> {
    let envelope = envelope(body).map_err(|error| target.unreadable(error, body))?;
    let claim = envelope.claim(target);
    let read = |structure: Option<&Struct>| {
        let mut members = Map::new();
        match structure {
            Some(structure) => message::read(envelope.raw, structure, &mut members),
            None => Ok(()),
        }
        .map_err(|error| target.unusable(&claim, error))?;
        Ok(members)
    };
    match target.reading(&claim)? {
        Reading::Target => {
            let members = read(Some(target.structure))?;
            Ok(Decoded { object: named(members, target), warnings: Vec::new() })
        }
        Reading::OtherVersion(None) if claim.version == INTERNAL => {
            let go_type = target.internal_go_type();
            let error = format!(
                "object *{go_type} does not implement the protobuf marshalling interface and \
                 cannot be encoded to a protobuf message"
            );
            Err(target.unusable(&claim, error))
        }
        Reading::OtherVersion(structure) => {
            read(structure)?;
            Err(target.other_version(&claim, Vec::new()))
        }
        Reading::OtherKind { structure, go_type } => {
            read(structure)?;
            Err(target.unconvertible(&claim, go_type))
        }
    }
}

#[derive(Default)]
struct Envelope<'a> {
    api_version: String,
    kind: String,
    raw: &'a [u8],
}

fn envelope(body: &[u8]) -> Result<Envelope<'_>, String> {
    if body.is_empty() {
        return Err("empty data".to_owned());
    }
    let Some(data) = body.strip_prefix(&MAGIC) else {
        return Err(
            "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
                .to_owned(),
        );
    };
    if data.is_empty() {
        return Err("empty body".to_owned());
    }
    let mut envelope = Envelope::default();
    message::each(data, "Unknown", |tag, cursor| {
        let go_name = match tag.number {
            1 => "TypeMeta",
            2 => "Raw",
            3 => "ContentEncoding",
            4 => "ContentType",
            _ => return Ok(false),
        };
        let bytes = message::length_delimited(tag, cursor, go_name)?;
        match tag.number {
            1 => envelope.type_meta(bytes)?,
            2 => envelope.raw = bytes,
            _ => {}
        }
        Ok(true)
    })?;
    Ok(envelope)
}

impl Envelope<'_> {
    fn type_meta(&mut self, bytes: &[u8]) -> Result<(), String> {
        message::each(bytes, "TypeMeta", |tag, cursor| {
            match tag.number {
                1 => {
                    let bytes = message::length_delimited(tag, cursor, "APIVersion")?;
                    self.api_version = lossy(bytes);
                }
                2 => self.kind = lossy(message::length_delimited(tag, cursor, "Kind")?),
                _ => return Ok(false),
            }
            Ok(true)
        })
    }

    // What a body leaves out, or cannot be read, is what its endpoint takes.
    fn claim(&self, target: &Target) -> Claim<'_> {
        let (group, version) = match group_version(&self.api_version) {
            Ok((group, version)) if !version.is_empty() => (group, version),
            _ => (target.group, target.version),
        };
        let kind = if self.kind.is_empty() { target.kind } else { &self.kind };
        Claim {
            group: Cow::Borrowed(group),
            version: Cow::Borrowed(version),
            kind: Cow::Borrowed(kind),
        }
    }
}
