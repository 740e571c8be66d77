//! Frames: a flag, a length, a message.

use {
    super::super::status::{Code, Status},
    crate::api::Request,
    bytes::{Buf, Bytes, BytesMut},
    flate2::{
        Compression,
        read::{GzDecoder, ZlibDecoder},
        write::GzEncoder,
    },
    std::{
        borrow::Cow,
        io::{Read, Write},
    },
};

/// The largest message that is taken, in bytes, as gRPC's own libraries have it.
pub(super) const LARGEST: usize = 4 << 20;

/// How messages may be packed.
pub(super) const ENCODINGS: &str = "identity,deflate,gzip";

/// Flag and length before each message.
const PREFIX: usize = 5;

/// The largest body of a request, in bytes: one message.
pub(crate) const LARGEST_BODY: usize = PREFIX + LARGEST;

/// The message of a request, unpacked.
pub(super) fn read(request: &Request) -> Result<Cow<'_, [u8]>, Status> {
    let body: &Bytes = &request.body;
    let Some((prefix, rest)) = body.split_at_checked(PREFIX) else {
        return Err(Status::new(Code::Internal, "The request has no message."));
    };
    let [compressed, length @ ..] = prefix else { return Err(broken()) };
    let length = length.try_into().map(u32::from_be_bytes).map_err(|_| broken())?;
    let length = usize::try_from(length).map_err(|_| broken())?;
    if length > LARGEST {
        return Err(too_large(length));
    }
    if request.truncated || rest.len() != length {
        return Err(broken());
    }
    match (compressed, request.header("grpc-encoding").unwrap_or("identity")) {
        (0, _) => Ok(Cow::Borrowed(rest)),
        (1, "gzip") => unpack(GzDecoder::new(rest)).map(Cow::Owned),
        // What HTTP and gRPC call deflate is zlib's format.
        (1, "deflate") => unpack(ZlibDecoder::new(rest)).map(Cow::Owned),
        (1, "identity") => Err(Status::new(
            Code::Internal,
            "The message is compressed, but the request names no encoding.",
        )),
        (1, encoding) => Err(Status::new(
            Code::Unimplemented,
            format!("The encoding {encoding} is not supported."),
        )),
        _ => Err(broken()),
    }
}

fn unpack(packed: impl Read) -> Result<Vec<u8>, Status> {
    let mut message = Vec::new();
    let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX);
    match packed.take(limit + 1).read_to_end(&mut message) {
        Ok(length) if length > LARGEST => Err(too_large(length)),
        Ok(_) => Ok(message),
        Err(_) => Err(Status::new(Code::Internal, "The message cannot be decompressed.")),
    }
}

fn too_large(length: usize) -> Status {
    let message = format!("Received message larger than max ({length} vs. {LARGEST})");
    Status::new(Code::ResourceExhausted, message)
}

fn broken() -> Status {
    Status::new(Code::Internal, "The request does not hold exactly one message.")
}

/// The first frame of what has come so far, taken out; `None` while it is not whole.
pub(super) fn take(bytes: &mut BytesMut) -> Result<Option<BytesMut>, Status> {
    let Some((prefix, rest)) = bytes.split_at_checked(PREFIX) else { return Ok(None) };
    let [flag, length @ ..] = prefix else { return Err(broken()) };
    let length = length.try_into().map(u32::from_be_bytes).map_err(|_| broken())?;
    let length = usize::try_from(length).map_err(|_| broken())?;
    if length > LARGEST {
        return Err(too_large(length));
    } else if *flag != 0 {
        return Err(Status::new(Code::Unimplemented, "Messages of a stream are not unpacked."));
    }
    if rest.len() < length {
        return Ok(None);
    }
    bytes.advance(PREFIX);
    Ok(Some(bytes.split_to(length)))
}

/// A message as a frame.
pub(super) fn plain(message: &[u8]) -> Bytes {
    flagged(0, message)
}

/// The same, packed.
pub(super) fn packed(message: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory cannot fail.
    match encoder.write_all(message).and_then(|()| encoder.finish()) {
        Ok(packed) => flagged(1, &packed),
        Err(_) => plain(message),
    }
}

fn flagged(flag: u8, message: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(PREFIX + message.len());
    frame.push(flag);
    frame.extend(u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
    frame.extend(message);
    frame.into()
}
