//! Reads a protobuf body as the kind that an endpoint takes.

use {
    super::{MAGIC, message},
    crate::codec::{
        json::named,
        schema::{Struct, kinds::INTERNAL},
        target::{Claim, DecodeError, Decoded, Reading, Target, group_version},
    },
    serde_json::{Map, Value},
    std::borrow::Cow,
};

/// Reads a protobuf body. Unknown fields are skipped without a word, so there is no strictness.
pub fn decode(body: &[u8], target: &Target) -> Result<Decoded, DecodeError> {
    let envelope = envelope(body).map_err(|error| target.unreadable(error, body))?;
    let claim = envelope.claim(target);
    let refuse = |error| target.unusable(&claim, error);
    match target.reading(&claim)? {
        Reading::OtherVersion { go_type, .. } | Reading::OtherKind { go_type, .. }
            if *claim.version == *INTERNAL.as_bytes() =>
        {
            Err(refuse(format!(
                "object *{go_type} does not implement the protobuf marshalling interface and \
                 cannot be encoded to a protobuf message"
            )))
        }
        Reading::Target => {
            let object = read(envelope.raw, Some(target.structure)).map_err(refuse)?;
            Ok(Decoded { object: named(object, target), warnings: Vec::new() })
        }
        Reading::OtherVersion { structure, .. } => {
            read(envelope.raw, Some(structure)).map_err(refuse)?;
            Err(target.other_version(&claim, Vec::new()))
        }
        Reading::OtherKind { structure, go_type } => {
            read(envelope.raw, structure).map_err(refuse)?;
            Err(target.unconvertible(&claim, go_type))
        }
    }
}

// A message of a kind without a schema is skipped field by field.
fn read(raw: &[u8], structure: Option<&Struct>) -> Result<Map<String, Value>, String> {
    let mut members = Map::new();
    match structure {
        Some(structure) => message::read(raw, structure, &mut members)?,
        None => message::each(raw, "", |_, _| Ok(false))?,
    }
    Ok(members)
}

#[derive(Default)]
struct Envelope<'a> {
    api_version: &'a [u8],
    kind: &'a [u8],
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

impl<'a> Envelope<'a> {
    fn type_meta(&mut self, bytes: &'a [u8]) -> Result<(), String> {
        message::each(bytes, "TypeMeta", |tag, cursor| {
            match tag.number {
                1 => self.api_version = message::length_delimited(tag, cursor, "APIVersion")?,
                2 => self.kind = message::length_delimited(tag, cursor, "Kind")?,
                _ => return Ok(false),
            }
            Ok(true)
        })
    }

    // What a body leaves out, or cannot be read, is what its endpoint takes.
    fn claim(&self, target: &Target) -> Claim<'a> {
        let (group, version) = match group_version(self.api_version) {
            Ok((group, version)) if !version.is_empty() => (group, version),
            _ => (target.group.as_bytes(), target.version.as_bytes()),
        };
        let kind = if self.kind.is_empty() { target.kind.as_bytes() } else { self.kind };
        Claim {
            group: Cow::Borrowed(group),
            version: Cow::Borrowed(version),
            kind: Cow::Borrowed(kind),
        }
    }
}
