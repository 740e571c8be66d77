//! An answer's form: JSON, a script or a message's own bytes, its headers, and whether it is packed.

use {
    super::{Exchange, cors},
    crate::{
        api::{Request, Response},
        google::{
            front,
            status::{Code, Status},
            transcode::{
                mask::Mask,
                system::System,
                write::{self, Style, Writer},
            },
            wire,
        },
    },
    bytes::Bytes,
    flate2::{Compression, write::GzEncoder},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    prost::Message,
    prost_reflect::DynamicMessage,
    std::io::Write,
};

const JSON: &str = "application/json; charset=UTF-8";
const SCRIPT: &str = "text/javascript; charset=UTF-8";
const PROTOBUF: &str = "application/x-protobuf";

/// What every answer of the API carries. `Alt-Svc` is left out: it would send clients to a port
/// of the emulator's host where nothing of it listens.
const HEADERS: [(HeaderName, &str); 8] = [
    (header::VARY, "Origin"),
    (header::VARY, "X-Origin"),
    (header::VARY, "Referer"),
    (header::SERVER, "ESF"),
    (header::CACHE_CONTROL, "private"),
    (header::X_XSS_PROTECTION, "0"),
    (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// Adds what every answer of the API carries.
pub(super) fn add_headers(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.append(name, HeaderValue::from_static(value));
    }
}

impl Exchange<'_> {
    pub(super) fn success(&self, mut message: DynamicMessage, mask: Option<&Mask>) -> Response {
        let System { pretty, enum_numbers, .. } = self.system;
        if self.system.protobuf {
            if let Some(mask) = mask {
                mask.prune(&mut message);
            }
            return self.finish(Response::new(StatusCode::OK, PROTOBUF, message.encode_to_vec()));
        }
        let body = write::write(&message, Style { pretty, enum_numbers, mask });
        self.respond(StatusCode::OK, body)
    }

    pub(crate) fn error(&self, status: &Status) -> Response {
        let http_status = StatusCode::from_u16(status.http_status()).unwrap_or_default();
        let mut response = if self.system.protobuf {
            let message = status.to_message(front::schema()).encode_to_vec();
            self.finish(Response::new(http_status, PROTOBUF, message))
        } else {
            self.respond(http_status, error_body(&self.system, status))
        };
        if let Some(challenge) = status.challenge {
            let challenge = HeaderValue::from_static(challenge);
            response.headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }

    fn respond(&self, status: StatusCode, body: String) -> Response {
        self.finish(match &self.system.callback {
            Some(callback) => {
                let script = format!("// API callback\n{callback}({});\n", body.trim_end());
                Response::new(status, SCRIPT, script)
            }
            None => Response::new(status, JSON, body),
        })
    }

    fn finish(&self, mut response: Response) -> Response {
        add_headers(&mut response.headers);
        cors::share(self.request, &mut response.headers);
        if wants_gzip(self.request)
            && let Some(packed) = gzip(&response.body)
        {
            response.body = packed;
            let encoding = HeaderValue::from_static("gzip");
            response.headers.insert(header::CONTENT_ENCODING, encoding);
        }
        response
    }
}

/// Google packs only for clients that say so twice: in `Accept-Encoding` and in `User-Agent`.
fn wants_gzip(request: &Request) -> bool {
    let encodings = request.header("accept-encoding").unwrap_or_default().to_ascii_lowercase();
    let accepts = encodings.split(',').any(|encoding| {
        let (name, quality) = encoding.split_once(';').unwrap_or((encoding, ""));
        let quality = quality.trim().strip_prefix("q=").unwrap_or("1");
        name.trim() == "gzip" && quality.parse::<f32>().is_ok_and(|quality| quality > 0.0)
    });
    accepts && request.header("user-agent").is_some_and(|agent| agent.contains("gzip"))
}

fn gzip(bytes: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).ok().map(Bytes::from)
}

fn error_body(system: &System, status: &Status) -> String {
    let (_, _, name) = status.code.row();
    let mut writer = Writer::new(system.pretty, system.enum_numbers);
    writer.open('{');
    writer.key("error");
    writer.open('{');
    writer.key("code");
    writer.raw(status.http_status());
    writer.key("message");
    writer.string(&status.message);
    if system.legacy_errors {
        legacy_errors(&mut writer, status);
    }
    writer.key("status");
    writer.string(name);
    if !status.details.is_empty() {
        writer.key("details");
        writer.open('[');
        for detail in wire::messages(&status.to_message(front::schema()), "details") {
            writer.next();
            writer.message(detail, None);
        }
        writer.close(']');
    }
    writer.close('}');
    writer.close('}');
    writer.finish()
}

fn legacy_errors(writer: &mut Writer, status: &Status) {
    let reason = match status.code {
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => "badRequest",
        Code::Unauthenticated => "authError",
        Code::PermissionDenied => "forbidden",
        Code::NotFound => "notFound",
        Code::AlreadyExists | Code::Aborted => "conflict",
        Code::ResourceExhausted => "rateLimitExceeded",
        _ => "backendError",
    };
    writer.key("errors");
    writer.open('[');
    writer.next();
    writer.open('{');
    for (key, value) in
        [("message", status.message.as_str()), ("domain", "global"), ("reason", reason)]
    {
        writer.key(key);
        writer.string(value);
    }
    writer.close('}');
    writer.close(']');
}
