//! Errors: one canonical code, one sentence, and details; the same for REST and for gRPC.
//! Source: `google/rpc/{code,status,error_details}.proto`.

use {
    super::{schema::Schema, transcode::violation::Violation},
    prost::Message,
    prost_reflect::{DynamicMessage, MapKey, ReflectMessage, Value},
    std::borrow::Cow,
};

/// A canonical code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    Cancelled,
    Unknown,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    ResourceExhausted,
    FailedPrecondition,
    Aborted,
    OutOfRange,
    Unimplemented,
    Internal,
    Unavailable,
    DataLoss,
    Unauthenticated,
}

/// All of them.
const CODES: [Code; 16] = [
    Code::Cancelled,
    Code::Unknown,
    Code::InvalidArgument,
    Code::DeadlineExceeded,
    Code::NotFound,
    Code::AlreadyExists,
    Code::PermissionDenied,
    Code::ResourceExhausted,
    Code::FailedPrecondition,
    Code::Aborted,
    Code::OutOfRange,
    Code::Unimplemented,
    Code::Internal,
    Code::Unavailable,
    Code::DataLoss,
    Code::Unauthenticated,
];

/// An error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) details: Vec<Detail>,
    /// What `WWW-Authenticate` says.
    pub(crate) challenge: Option<&'static str>,
    /// The status over HTTP, where it is not the one of the code.
    pub(crate) http_status: Option<u16>,
}

/// What an error says beyond its sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Detail {
    /// A reason that programs read; an empty domain is left out.
    ErrorInfo {
        reason: Cow<'static, str>,
        domain: &'static str,
        metadata: Vec<(&'static str, String)>,
    },
    /// Fields that are wrong, each with a reason that programs read, or none.
    BadRequest(Vec<(Violation, &'static str)>),
    /// The sentence once more, with its language.
    LocalizedMessage(String),
    /// Where to read on: description and URL.
    Help(&'static str, String),
    /// After how many seconds to try again.
    RetryInfo(u32),
}

impl Code {
    /// The code of that name in JSON.
    pub(crate) fn named(name: &str) -> Option<Self> {
        CODES.into_iter().find(|code| code.row().2 == name)
    }

    /// The number over gRPC, the status over HTTP, the name in JSON.
    pub(crate) fn row(self) -> (i32, u16, &'static str) {
        match self {
            Self::Cancelled => (1, 499, "CANCELLED"),
            Self::Unknown => (2, 500, "UNKNOWN"),
            Self::InvalidArgument => (3, 400, "INVALID_ARGUMENT"),
            Self::DeadlineExceeded => (4, 504, "DEADLINE_EXCEEDED"),
            Self::NotFound => (5, 404, "NOT_FOUND"),
            Self::AlreadyExists => (6, 409, "ALREADY_EXISTS"),
            Self::PermissionDenied => (7, 403, "PERMISSION_DENIED"),
            Self::ResourceExhausted => (8, 429, "RESOURCE_EXHAUSTED"),
            Self::FailedPrecondition => (9, 400, "FAILED_PRECONDITION"),
            Self::Aborted => (10, 409, "ABORTED"),
            Self::OutOfRange => (11, 400, "OUT_OF_RANGE"),
            Self::Unimplemented => (12, 501, "UNIMPLEMENTED"),
            Self::Internal => (13, 500, "INTERNAL"),
            Self::Unavailable => (14, 503, "UNAVAILABLE"),
            Self::DataLoss => (15, 500, "DATA_LOSS"),
            Self::Unauthenticated => (16, 401, "UNAUTHENTICATED"),
        }
    }
}

impl Status {
    /// An error without details.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        let (details, challenge, http_status) = (Vec::new(), None, None);
        Self { code, message: message.into(), details, challenge, http_status }
    }

    /// Another host was asked. No code stands for it.
    pub(crate) fn misdirected(message: &str) -> Self {
        Self { http_status: Some(421), ..Self::new(Code::FailedPrecondition, message) }
    }

    /// The status over HTTP.
    pub(crate) fn http_status(&self) -> u16 {
        self.http_status.unwrap_or(self.code.row().1)
    }

    /// The same with one more detail.
    #[must_use]
    pub(crate) fn with(mut self, detail: Detail) -> Self {
        self.details.push(detail);
        self
    }

    /// A field that this API itself refuses: `SENTENCE, field: PATH`.
    pub(crate) fn bad_field(field: &str, sentence: &str) -> Self {
        Self::bad_field_because(field, sentence, "")
    }

    /// The same with a reason that programs read.
    pub(crate) fn bad_field_because(field: &str, sentence: &str, reason: &'static str) -> Self {
        let violation = Violation { field: field.to_owned(), description: sentence.to_owned() };
        Self::new(Code::InvalidArgument, format!("{sentence}, field: {field}"))
            .with(Detail::BadRequest(vec![(violation, reason)]))
    }

    /// What could not be read of a request.
    pub(crate) fn violations(violations: Vec<Violation>) -> Self {
        let message = Violation::join(&violations);
        let violations = violations.into_iter().map(|violation| (violation, "")).collect();
        Self::new(Code::InvalidArgument, message).with(Detail::BadRequest(violations))
    }

    /// The error as `google.rpc.Status`.
    pub(crate) fn to_message(&self, schema: &Schema) -> DynamicMessage {
        let mut status = schema.message("google.rpc.Status");
        status.set_field_by_name("code", Value::I32(self.code.row().0));
        status.set_field_by_name("message", Value::String(self.message.clone()));
        let details = self.details.iter().map(|detail| any(schema, &detail.to_message(schema)));
        status.set_field_by_name("details", Value::List(details.collect()));
        status
    }
}

impl Detail {
    fn to_message(&self, schema: &Schema) -> DynamicMessage {
        match self {
            Self::ErrorInfo { reason, domain, metadata } => {
                let mut info = schema.message("google.rpc.ErrorInfo");
                info.set_field_by_name("reason", text(reason));
                info.set_field_by_name("domain", text(domain));
                let metadata = metadata.iter();
                let metadata =
                    metadata.map(|(key, value)| (MapKey::String((*key).into()), text(value)));
                info.set_field_by_name("metadata", Value::Map(metadata.collect()));
                info
            }
            Self::BadRequest(violations) => {
                let mut bad_request = schema.message("google.rpc.BadRequest");
                let violations = violations.iter();
                let violations = violations.map(|(violation, reason)| {
                    let mut message = schema.message("google.rpc.BadRequest.FieldViolation");
                    message.set_field_by_name("field", text(&violation.field));
                    message.set_field_by_name("description", text(&violation.description));
                    message.set_field_by_name("reason", text(reason));
                    Value::Message(message)
                });
                bad_request
                    .set_field_by_name("field_violations", Value::List(violations.collect()));
                bad_request
            }
            Self::LocalizedMessage(message) => {
                let mut localized = schema.message("google.rpc.LocalizedMessage");
                localized.set_field_by_name("locale", text("en-US"));
                localized.set_field_by_name("message", text(message));
                localized
            }
            Self::RetryInfo(seconds) => {
                let mut delay = schema.message("google.protobuf.Duration");
                delay.set_field_by_name("seconds", Value::I64(i64::from(*seconds)));
                let mut info = schema.message("google.rpc.RetryInfo");
                info.set_field_by_name("retry_delay", Value::Message(delay));
                info
            }
            Self::Help(description, url) => {
                let mut link = schema.message("google.rpc.Help.Link");
                link.set_field_by_name("description", text(description));
                link.set_field_by_name("url", text(url));
                let mut help = schema.message("google.rpc.Help");
                help.set_field_by_name("links", Value::List(vec![Value::Message(link)]));
                help
            }
        }
    }
}

/// Whether a canonical code has that name: `FAILED_PRECONDITION`.
pub fn is_code(name: &str) -> bool {
    Code::named(name).is_some()
}

/// A message within a `google.protobuf.Any`.
pub(crate) fn any(schema: &Schema, message: &DynamicMessage) -> Value {
    let mut any = schema.message("google.protobuf.Any");
    let type_url = format!("type.googleapis.com/{}", message.descriptor().full_name());
    any.set_field_by_name("type_url", Value::String(type_url));
    any.set_field_by_name("value", Value::Bytes(message.encode_to_vec().into()));
    Value::Message(any)
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}
