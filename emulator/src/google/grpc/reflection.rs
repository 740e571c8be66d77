//! `grpc.reflection`: what the API's descriptors say, for tools that ask a server for them. A
//! convenience that the real endpoint does not have.
//! Source: <https://github.com/grpc/grpc/blob/master/src/proto/grpc/reflection/v1/reflection.proto>.

use {
    super::{
        super::{
            front,
            service::Service,
            status::{Code, Status},
        },
        GRPC, add_status, frame, status_line,
    },
    crate::api::{self, Answer, Conversation, Piece},
    bytes::BytesMut,
    http::{HeaderMap, StatusCode},
    prost::Message,
    prost_reflect::{DescriptorPool, FileDescriptor, MessageDescriptor},
    std::collections::HashSet,
};

/// Where it is asked for; both versions say the same with the same bytes.
pub(crate) const PATHS: [&str; 2] = [
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// The answer to a client that begins to ask.
pub(crate) fn answer(services: &'static [&'static Service]) -> Answer {
    let head = api::Response::new(StatusCode::OK, GRPC, "");
    Answer::Conversation(head, Box::new(Reflection::new(services)))
}

/// One stream of questions and answers.
#[derive(Debug)]
struct Reflection {
    services: &'static [&'static Service],
    received: BytesMut,
    /// The files that the client has been sent.
    sent: HashSet<String>,
}

#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(string, tag = "1")]
    host: String,
    #[prost(oneof = "Question", tags = "3, 4, 5, 6, 7")]
    question: Option<Question>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Question {
    #[prost(string, tag = "3")]
    FileByName(String),
    #[prost(string, tag = "4")]
    FileOfSymbol(String),
    #[prost(message, tag = "5")]
    FileOfExtension(Extension),
    #[prost(string, tag = "6")]
    ExtensionsOf(String),
    #[prost(string, tag = "7")]
    Services(String),
}

#[derive(Clone, PartialEq, Message)]
struct Extension {
    #[prost(string, tag = "1")]
    of: String,
    #[prost(int32, tag = "2")]
    number: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Response {
    #[prost(string, tag = "1")]
    host: String,
    #[prost(message, optional, tag = "2")]
    request: Option<Request>,
    #[prost(oneof = "Reply", tags = "4, 5, 6, 7")]
    reply: Option<Reply>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Reply {
    #[prost(message, tag = "4")]
    Files(Files),
    #[prost(message, tag = "5")]
    Extensions(Extensions),
    #[prost(message, tag = "6")]
    Services(Services),
    #[prost(message, tag = "7")]
    Error(Error),
}

#[derive(Clone, PartialEq, Message)]
struct Files {
    #[prost(bytes = "vec", repeated, tag = "1")]
    files: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
struct Extensions {
    #[prost(string, tag = "1")]
    of: String,
    #[prost(int32, repeated, tag = "2")]
    numbers: Vec<i32>,
}

#[derive(Clone, PartialEq, Message)]
struct Services {
    #[prost(message, repeated, tag = "1")]
    services: Vec<ServiceResponse>,
}

#[derive(Clone, PartialEq, Message)]
struct ServiceResponse {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct Error {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

impl Conversation for Reflection {
    fn receive(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
    }

    fn next(&mut self) -> Option<Piece> {
        let request = match frame::take(&mut self.received) {
            Ok(None) => return None,
            Ok(Some(message)) => Request::decode(message)
                .map_err(|_| Status::new(Code::Internal, "The message cannot be read.")),
            Err(status) => Err(status),
        };
        Some(match request {
            Ok(request) => Piece::Bytes(frame::plain(&self.answer(request).encode_to_vec())),
            Err(status) => Piece::End(self.trailers(&status)),
        })
    }

    fn end(&mut self) -> HeaderMap {
        if self.received.is_empty() {
            return HeaderMap::from_iter([status_line(0)]);
        }
        self.trailers(&Status::new(Code::Internal, "The last message is not whole."))
    }
}

impl Reflection {
    fn new(services: &'static [&'static Service]) -> Self {
        Self { services, received: BytesMut::new(), sent: HashSet::new() }
    }

    fn trailers(&self, status: &Status) -> HeaderMap {
        let mut trailers = HeaderMap::new();
        add_status(&mut trailers, front::schema(), status);
        trailers
    }

    fn answer(&mut self, request: Request) -> Response {
        let reply = match &request.question {
            Some(Question::FileByName(name)) => {
                self.files(self.find(|pool| pool.get_file_by_name(name)), name)
            }
            Some(Question::FileOfSymbol(name)) => {
                self.files(self.find(|pool| file_of(pool, name)), name)
            }
            Some(Question::FileOfExtension(Extension { of, number })) => {
                let number = u32::try_from(*number).unwrap_or_default();
                let message = self.find(|pool| pool.get_message_by_name(of));
                let extension = message.and_then(|message| message.get_extension(number));
                self.files(extension.map(|extension| extension.parent_file()), of)
            }
            Some(Question::ExtensionsOf(name)) => {
                let message = self.find(|pool| pool.get_message_by_name(name));
                message.map_or_else(|| missing(name), |message| extensions(name, &message))
            }
            Some(Question::Services(_)) => Reply::Services(self.services()),
            None => Reply::Error(Error {
                code: Code::InvalidArgument.row().0,
                message: "The request asks nothing.".to_owned(),
            }),
        };
        Response { host: request.host.clone(), request: Some(request), reply: Some(reply) }
    }

    /// What the first API that has it knows.
    fn find<T>(&self, find: impl Fn(&DescriptorPool) -> Option<T>) -> Option<T> {
        self.services.iter().find_map(|service| find(service.schema().pool()))
    }

    /// The services of all APIs, each once.
    fn services(&self) -> Services {
        let mut names: Vec<String> = Vec::new();
        for service in self.services.iter().flat_map(|api| api.schema().pool().services()) {
            if !names.iter().any(|name| name == service.full_name()) {
                names.push(service.full_name().to_owned());
            }
        }
        Services { services: names.into_iter().map(|name| ServiceResponse { name }).collect() }
    }

    /// A file and all that it needs, but for what this client has been sent. A file that is asked
    /// for by itself is sent again.
    fn files(&mut self, file: Option<FileDescriptor>, name: &str) -> Reply {
        let Some(file) = file else { return missing(name) };
        let mut files = vec![file.encode_to_vec()];
        self.sent.insert(file.name().to_owned());
        let mut needed: Vec<FileDescriptor> = file.dependencies().collect();
        while let Some(file) = needed.pop() {
            if self.sent.insert(file.name().to_owned()) {
                files.push(file.encode_to_vec());
                needed.extend(file.dependencies());
            }
        }
        Reply::Files(Files { files })
    }
}

fn extensions(name: &str, message: &MessageDescriptor) -> Reply {
    let numbers = message.extensions().filter_map(|it| it.number().try_into().ok());
    Reply::Extensions(Extensions { of: name.to_owned(), numbers: numbers.collect() })
}

/// The file that declares a message, an enumeration, a service, or a member of one of these.
fn file_of(pool: &DescriptorPool, name: &str) -> Option<FileDescriptor> {
    let declared = |name: &str| {
        let message = pool.get_message_by_name(name).map(|it| it.parent_file());
        let enumeration = || pool.get_enum_by_name(name).map(|it| it.parent_file());
        let service = || pool.get_service_by_name(name).map(|it| it.parent_file());
        let extension = || pool.get_extension_by_name(name).map(|it| it.parent_file());
        message.or_else(enumeration).or_else(service).or_else(extension)
    };
    declared(name).or_else(|| {
        let (parent, member) = name.rsplit_once('.')?;
        let is_method = || {
            let service = pool.get_service_by_name(parent);
            service.is_some_and(|service| service.methods().any(|it| it.name() == member))
        };
        let is_field = || {
            let message = pool.get_message_by_name(parent);
            message.is_some_and(|message| message.get_field_by_name(member).is_some())
        };
        declared(parent).filter(|_| is_method() || is_field())
    })
}

fn missing(name: &str) -> Reply {
    let message = format!("{name} is not known.");
    Reply::Error(Error { code: Code::NotFound.row().0, message })
}
