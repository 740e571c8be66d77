//! A second API of Google's, for tests of the layer: it is a table and a handler, and has REST,
//! gRPC, errors and faults from the layer.

use {
    super::{
        front::Google,
        service::{Context, Row, Service, Stop},
        status::Status,
        wire,
    },
    crate::{
        api::{
            Answer, Api, Failure, Fetched, Head, Request, Response,
            faults::{Code, Refusal},
        },
        world::{World, callers::Callers, key_set::Keys, settings::Settings},
    },
    http::Method,
    prost_reflect::DynamicMessage,
    rstest::rstest,
    std::sync::OnceLock,
};

/// A FileDescriptorSet with `message Text { string text = 1; }` and
/// `service Second { rpc Exchange(Text) returns (Text); }` in the package `google.second.v1`.
const DESCRIPTORS: &[u8] = b"\
    \x0a\x8a\x01\x0a\x0csecond.proto\x12\x10google.second.v1\x22\x1a\x0a\x04Text\x12\x12\
    \x0a\x04text\x18\x01 \x01(\x09R\x04text2D\x0a\x06Second\x12:\x0a\x08Exchange\x12\x16\
    .google.second.v1.Text\x1a\x16.google.second.v1.Textb\x06proto3";

const METHODS: [Row; 1] = [("Second.Exchange", "google.second.exchange", exchange)];

pub(super) static SERVICE: Service = Service {
    name: "second.googleapis.com",
    title: "Second API",
    package: "google.second.v1",
    descriptors: DESCRIPTORS,
    routes: "google.second.v1.Second.Exchange POST /v1/second *",
    methods: &METHODS,
    permission: |_| "second.exchange".to_owned(),
    response: |_, _| None,
    metadata: |context, _| context.output(),
    noted: &["text"],
    schema: OnceLock::new(),
};

fn exchange(context: &Context<'_>, request: &DynamicMessage) -> Result<DynamicMessage, Stop> {
    let text = wire::text(request, "text");
    if text.is_empty() {
        return Err(Status::bad_field("text", "Required field is missing").into());
    }
    let mut answer = context.output();
    wire::set_text(&mut answer, "text", text);
    Ok(answer)
}

fn world() -> World {
    World::new(Settings::default(), Keys::generate(), Callers::default())
}

fn request(path: &str, content_type: &str, body: &[u8]) -> Request {
    let mut head = Head::new(Method::POST, path.parse().unwrap());
    head.headers.insert("content-type", content_type.parse().unwrap());
    Request::new(head, body.to_vec())
}

fn ask(request: &Request) -> Response {
    match Google.answer(&world(), request, &Fetched::default()) {
        Answer::Response(response) => response,
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case(r#"{"text": "a"}"#, 200, "\"text\": \"a\"")]
#[case("{}", 400, "\"field\": \"text\"")]
#[case(r#"{"other": 1}"#, 400, "Unknown name \\\"other\\\"")]
fn it_is_answered_over_rest(#[case] body: &str, #[case] status: u16, #[case] part: &str) {
    let response = ask(&request("/v1/second", "application/json", body.as_bytes()));
    let body = String::from_utf8_lossy(&response.body);
    assert!(response.status.as_u16() == status && body.contains(part), "{body}");
    assert_eq!(response.summary.operation, "google.second.exchange");
}

#[test]
fn it_is_answered_over_grpc() {
    let frame = [&[0, 0, 0, 0, 3, 0x0a, 1][..], b"a"].concat();
    let path = "/google.second.v1.Second/Exchange";
    let response = ask(&request(path, "application/grpc", &frame));
    assert_eq!(&response.body[..], &frame[..]);
    assert_eq!(response.summary.details, [("text", "a".to_owned())]);
}

#[test]
fn a_fault_has_its_words() {
    let refusal = Refusal {
        code: Code::Name("PERMISSION_DENIED".to_owned()),
        reason: "IAM_PERMISSION_DENIED".to_owned(),
        message: String::new(),
        retry_after: None,
    };
    let request = request("/v1/second", "application/json", b"{}");
    let response = Google.fail(&world(), &request, &Failure::Injected(refusal));
    let body = String::from_utf8_lossy(&response.body);
    assert!(body.contains("Permission 'second.exchange' denied on resource '//second."), "{body}");
}
