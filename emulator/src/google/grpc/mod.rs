//! One exchange over gRPC: a frame in, a frame out, and the status in the trailers.
//! Source: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.

mod frame;
mod health;
mod metadata;
pub(crate) mod reflection;

use {
    super::{
        auth::{self, Credentials},
        fault::Target,
        front,
        schema::Schema,
        service::Stop,
        status::{Code, Status},
        wire,
    },
    crate::{
        api::{Answer, Fetched, Request, Response},
        world::{World, journal::Summary},
    },
    base64::{Engine, prelude::BASE64_STANDARD_NO_PAD},
    bytes::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, Method as HttpMethod, StatusCode, header},
    prost::Message,
    prost_reflect::DynamicMessage,
    std::{fmt::Write, sync::Arc},
};

pub(crate) use {
    frame::LARGEST_BODY as LARGEST,
    metadata::{timeout, too_late},
};

/// A convenience that the real endpoint does not have, and a strict emulator neither.
const HEALTH: &str = "/grpc.health.v1.Health/Check";

const GRPC: &str = "application/grpc";

/// Answers one request.
pub(crate) fn answer(world: &World, request: &Request, fetched: &Fetched) -> Answer {
    if !is_supported(request.header("content-type").unwrap_or_default()) {
        return Response::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, GRPC, "").into();
    } else if request.head.method != HttpMethod::POST {
        return Response::new(StatusCode::METHOD_NOT_ALLOWED, GRPC, "")
            .with(header::ALLOW, "POST")
            .into();
    }
    let mut summary = Summary::default();
    let answer = match run(world, request, fetched, &mut summary) {
        Ok(message) => respond(request, &message).into(),
        Err(Stop::Fetch(fetch)) => Answer::Fetch(fetch),
        Err(Stop::Status(status)) => error(front::schema(), &status).into(),
    };
    answer.about(summary)
}

/// Whether there is a method at a path.
pub(crate) fn knows(world: &World, path: &str) -> bool {
    front::method(path).is_some() || (path == HEALTH && world.settings.google_conveniences)
}

fn run(
    world: &World,
    request: &Request,
    fetched: &Fetched,
    summary: &mut Summary,
) -> Result<Vec<u8>, Stop> {
    let path = request.path();
    if path == HEALTH && world.settings.google_conveniences {
        return Ok(health::check(&frame::read(request)?)?);
    }
    let (service, method) = front::method(path).ok_or_else(|| unknown_method(path))?;
    summary.operation = method.operation.into();
    metadata::check(&request.head.headers)?;
    let authorization = request.header_lossy("authorization");
    let credentials = Credentials {
        authorization: authorization.as_deref(),
        access_token: None,
        key: request.header("x-goog-api-key"),
    };
    let caller = auth::check(world, (service, method), &credentials)?;
    summary.caller = caller.map(Arc::new);
    let bytes = frame::read(request)?;
    let message = DynamicMessage::decode(method.input.clone(), &bytes[..]);
    let message = message
        .map_err(|_| Status::new(Code::Internal, "Failed to deserialize the request's message."))?;
    let resource = wire::text_at(&message, &method.resource_field);
    service.note(method, &message, summary);
    auth::check_project(world, service, resource, request.header("x-goog-user-project"))?;
    Ok(service.call(world, method, fetched, message)?.encode_to_vec())
}

/// What a request is for, as far as it can be read.
pub(crate) fn target(request: &Request) -> Option<Target> {
    let (service, method) = front::method(request.path())?;
    let bytes = frame::read(request).unwrap_or_default();
    let message = DynamicMessage::decode(method.input.clone(), &bytes[..]).ok();
    let resource = message.map(|it| wire::text_at(&it, &method.resource_field).to_owned());
    let resource = resource.unwrap_or_default();
    Some(Target { service, method: method.name.clone(), resource })
}

fn is_supported(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    matches!(media_type, "application/grpc" | "application/grpc+proto")
}

fn unknown_method(path: &str) -> Status {
    Status::new(Code::Unimplemented, format!("Method not found: {path}"))
}

/// A message, packed as its request was if the client can read that.
fn respond(request: &Request, message: &[u8]) -> Response {
    let packs = request.header("grpc-encoding") == Some("gzip")
        && request
            .header("grpc-accept-encoding")
            .is_some_and(|accepted| accepted.split(',').any(|name| name.trim() == "gzip"));
    let body = if packs { frame::packed(message) } else { frame::plain(message) };
    let mut response = Response::new(StatusCode::OK, GRPC, body);
    if packs {
        insert(&mut response.headers, "grpc-encoding", "gzip");
    }
    insert(&mut response.headers, "grpc-accept-encoding", frame::ENCODINGS);
    response.trailers = Some(HeaderMap::from_iter([status_line(0)]));
    response
}

/// An answer of trailers only.
pub(crate) fn error(schema: &Schema, status: &Status) -> Response {
    let mut response = Response::new(StatusCode::OK, GRPC, Bytes::new());
    insert(&mut response.headers, "grpc-accept-encoding", frame::ENCODINGS);
    add_status(&mut response.headers, schema, status);
    response
}

fn add_status(headers: &mut HeaderMap, schema: &Schema, status: &Status) {
    headers.extend([status_line(status.code.row().0)]);
    insert(headers, "grpc-message", &percent_encoded(&status.message));
    if !status.details.is_empty() {
        let details = BASE64_STANDARD_NO_PAD.encode(status.to_message(schema).encode_to_vec());
        insert(headers, "grpc-status-details-bin", &details);
    }
    if let Some(challenge) = status.challenge {
        insert(headers, "www-authenticate", challenge);
    }
}

fn status_line(code: i32) -> (HeaderName, HeaderValue) {
    (HeaderName::from_static("grpc-status"), code.into())
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
