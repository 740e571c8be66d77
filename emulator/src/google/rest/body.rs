//! A request's body: what it is, and its bytes, unpacked.

use {
    crate::{
        api::Request,
        google::status::{Code, Status},
    },
    std::{borrow::Cow, io::Read},
};

/// The largest body that is taken, in bytes.
pub(crate) const LARGEST: usize = 10 << 20;

/// What a body is, as far as its `Content-Type` says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum MediaType<'a> {
    /// JSON, and whatever has no type.
    Json,
    /// More of the query.
    Form,
    /// A message's own bytes.
    Protobuf,
    /// None of these.
    Other(&'a str),
}

/// What the body of a request is.
pub(super) fn media_type(request: &Request) -> MediaType<'_> {
    let content_type = request.header("content-type").unwrap_or_default();
    let name = content_type.split(';').next().unwrap_or_default().trim();
    match name.to_ascii_lowercase().as_str() {
        "" | "application/json" | "text/json" => MediaType::Json,
        "application/x-www-form-urlencoded" => MediaType::Form,
        "application/x-protobuf" | "application/protobuf" | "application/x-protobuffer" => {
            MediaType::Protobuf
        }
        other if other.ends_with("+json") => MediaType::Json,
        _ => MediaType::Other(name),
    }
}

/// The bytes of a body, of which `Content-Encoding` says how they are packed.
pub(super) fn unpacked(request: &Request) -> Result<Cow<'_, [u8]>, Status> {
    let encoding = request.header("content-encoding").unwrap_or_default().trim();
    let bytes = match encoding.to_ascii_lowercase().as_str() {
        _ if request.body.is_empty() => Cow::Borrowed(&[][..]),
        "" | "identity" => Cow::Borrowed(&request.body[..]),
        "gzip" | "x-gzip" => gunzip(&request.body)?.into(),
        _ => return Err(refused(&format!("Unsupported content encoding: {encoding}."))),
    };
    if request.truncated || bytes.len() > LARGEST {
        return Err(refused(&format!("Request payload size exceeds the limit: {LARGEST} bytes.")));
    }
    Ok(bytes)
}

/// A body that is not taken.
pub(super) fn refused(message: &str) -> Status {
    Status::new(Code::InvalidArgument, message)
}

/// Unpacks, and stops a byte after the most that is taken.
fn gunzip(packed: &[u8]) -> Result<Vec<u8>, Status> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX) + 1;
    let read = flate2::read::GzDecoder::new(packed).take(limit).read_to_end(&mut bytes);
    read.map(|_| bytes).map_err(|_| refused("The request's body is not gzip."))
}
