//! One exchange over gRPC: a frame in, a frame out, and the status in the trailers.
//! Source: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.

use {
    super::{
        auth::{self, Credentials},
        schema::{Method, Schema},
        service::{Context, Stop},
        status::{Code, Status},
        wire,
    },
    crate::{
        server::message::{Answer, Fetched, Request, Response},
        world::{World, settings::GoogleAuth},
    },
    base64::{Engine, prelude::BASE64_STANDARD_NO_PAD},
    bytes::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    prost::Message,
    prost_reflect::DynamicMessage,
    std::{borrow::Cow, fmt::Write, io::Read},
};

/// The largest message that is taken, in bytes, as gRPC's own libraries have it.
const LARGEST: usize = 4 << 20;

/// A convenience that the real endpoint does not have, and a strict emulator neither.
const HEALTH: &str = "/grpc.health.v1.Health/Check";

/// Flag and length before each message.
const PREFIX: usize = 5;

/// Answers one request.
pub(crate) fn answer(world: &World, request: &Request, fetched: &Fetched) -> Answer {
    if !is_supported(request.header("content-type").unwrap_or_default()) {
        return Response::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "application/grpc", "").into();
    }
    let schema = Schema::get();
    match run(world, schema, request, fetched) {
        Ok(message) => respond(frame(&message), &HeaderMap::new(), (0, "")).into(),
        Err(Stop::Fetch(fetch)) => Answer::Fetch(fetch),
        Err(Stop::Status(status)) => error(schema, &status).into(),
    }
}

fn run(
    world: &World,
    schema: &Schema,
    request: &Request,
    fetched: &Fetched,
) -> Result<Vec<u8>, Stop> {
    let path = request.path();
    if path == HEALTH && world.settings.google_auth == GoogleAuth::Off {
        return Ok(super::health::check(schema, &read_frame(request)?)?);
    }
    let method = find(schema, path).ok_or_else(|| unknown_method(path))?;
    check_timeout(request)?;
    let authorization = request.header_lossy("authorization");
    let credentials = Credentials {
        authorization: authorization.as_deref(),
        access_token: None,
        key: request.header("x-goog-api-key"),
    };
    auth::check(world, method, &credentials)?;
    let bytes = read_frame(request)?;
    let message = DynamicMessage::decode(method.input.clone(), &bytes[..]);
    let message = message
        .map_err(|_| Status::new(Code::Internal, "Failed to deserialize the request's message."))?;
    auth::check_project(world, resource(&message, &method.resource_field))?;
    let context = Context { world, schema, method, fetched };
    Ok((method.handler)(&context, &message)?.encode_to_vec())
}

fn is_supported(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    matches!(media_type, "application/grpc" | "application/grpc+proto")
}

fn find<'a>(schema: &'a Schema, path: &str) -> Option<&'a Method> {
    let (service, method) = path.strip_prefix('/')?.split_once('/')?;
    schema.method(&format!("{service}.{method}"))
}

fn unknown_method(path: &str) -> Status {
    Status::new(Code::Unimplemented, format!("Method not found: {path}"))
}

/// A deadline that has passed before the work begins.
fn check_timeout(request: &Request) -> Result<(), Status> {
    let Some(timeout) = request.header("grpc-timeout") else { return Ok(()) };
    let digits = timeout.trim_end_matches(['H', 'M', 'S', 'm', 'u', 'n']);
    match digits.parse::<u64>() {
        Ok(_) if timeout.len() != digits.len() + 1 => Err(bad_timeout()),
        Ok(0) => Err(Status::new(
            Code::DeadlineExceeded,
            "Deadline expired before operation could complete.",
        )),
        Ok(_) => Ok(()),
        Err(_) => Err(bad_timeout()),
    }
}

fn bad_timeout() -> Status {
    Status::new(Code::Internal, "Malformed grpc-timeout.")
}

/// The message of a request, decompressed.
fn read_frame(request: &Request) -> Result<Cow<'_, [u8]>, Status> {
    let body: &Bytes = &request.body;
    let Some((prefix, rest)) = body.split_at_checked(PREFIX) else {
        return Err(Status::new(Code::Internal, "The request has no message."));
    };
    let [compressed, length @ ..] = prefix else { return Err(broken()) };
    let length = length.try_into().map(u32::from_be_bytes).map_err(|_| broken())?;
    let length = usize::try_from(length).map_err(|_| broken())?;
    if length > LARGEST || request.truncated {
        return Err(too_large(length));
    }
    if rest.len() != length {
        return Err(broken());
    }
    match (compressed, request.header("grpc-encoding").unwrap_or("identity")) {
        (0, _) => Ok(Cow::Borrowed(rest)),
        (1, "gzip") => decompress(rest).map(Cow::Owned),
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

fn decompress(compressed: &[u8]) -> Result<Vec<u8>, Status> {
    let mut message = Vec::new();
    let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX);
    let mut decoder = flate2::read::GzDecoder::new(compressed).take(limit + 1);
    match decoder.read_to_end(&mut message) {
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

/// The name of what a request is about.
fn resource<'a>(message: &'a DynamicMessage, field: &str) -> &'a str {
    match field.split_once('.') {
        None => wire::text(message, field),
        Some((parent, rest)) => {
            wire::inner(message, parent).map_or("", |inner| resource(inner, rest))
        }
    }
}

fn frame(message: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(PREFIX + message.len());
    frame.push(0);
    frame.extend(u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
    frame.extend(message);
    frame.into()
}

fn error(schema: &Schema, status: &Status) -> Response {
    let mut extra = HeaderMap::new();
    if !status.details.is_empty() {
        let details = BASE64_STANDARD_NO_PAD.encode(status.to_message(schema).encode_to_vec());
        insert(&mut extra, "grpc-status-details-bin", &details);
    }
    if let Some(challenge) = status.challenge {
        insert(&mut extra, "www-authenticate", challenge);
    }
    respond(Bytes::new(), &extra, (status.code.row().0, &status.message))
}

fn respond(body: Bytes, extra: &HeaderMap, (code, message): (i32, &str)) -> Response {
    let mut response = Response::new(StatusCode::OK, "application/grpc", body);
    insert(&mut response.headers, "grpc-accept-encoding", "identity,gzip");
    let mut trailers = extra.clone();
    insert(&mut trailers, "grpc-status", &code.to_string());
    if !message.is_empty() {
        insert(&mut trailers, "grpc-message", &percent_encoded(message));
    }
    response.trailers = Some(trailers);
    response
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// Only `%` and what is not printable ASCII is encoded.
fn percent_encoded(message: &str) -> String {
    let mut encoded = String::with_capacity(message.len());
    for byte in message.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => encoded.push(char::from(byte)),
            // Writing to a string cannot fail.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}
