//! Reflection: a stream on which each question is answered while the client still talks.

use {
    bytes::Bytes,
    http::{Request, Response},
    http_body::Frame,
    http_body_util::BodyExt,
    hyper::{
        body::{Body, Incoming},
        client::conn::http2,
    },
    hyper_util::rt::{TokioExecutor, TokioIo},
    prost_reflect::prost_types::{FileDescriptorProto, FileDescriptorSet},
    rstest::rstest,
    std::{
        convert::Infallible,
        pin::Pin,
        task::{Context, Poll},
        time::Duration,
    },
    token_emulator::Emulator,
    tokio::sync::mpsc,
};

/// What a client says, as it says it.
struct Saying(mpsc::UnboundedReceiver<Bytes>);

impl Body for Saying {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|said| said.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// A field of type string, and a message with one field that is bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
}

fn frame(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0], &length[..], message].concat().into()
}

/// The message of the next frame.
async fn hear(body: &mut Incoming) -> Bytes {
    let mut heard = Vec::new();
    loop {
        if let Some(prefix) = heard.get(1..5) {
            let length = u32::from_be_bytes(<[u8; 4]>::try_from(prefix).unwrap()) as usize;
            if heard.len() == 5 + length {
                return Bytes::from(heard).slice(5..);
            }
        }
        heard.extend(body.frame().await.unwrap().unwrap().into_data().unwrap());
    }
}

async fn converse(version: &str) -> (Emulator, mpsc::UnboundedSender<Bytes>, Incoming) {
    let path = format!("grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
    let (emulator, say, response) = begin(&path).await;
    (emulator, say, response.into_body())
}

/// Begins a stream, and says nothing yet.
async fn begin(path: &str) -> (Emulator, mpsc::UnboundedSender<Bytes>, Response<Incoming>) {
    let emulator = Emulator::start().await.unwrap();
    let stream = tokio::net::TcpStream::connect(emulator.address()).await.unwrap();
    let io = TokioIo::new(stream);
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let (say, said) = mpsc::unbounded_channel();
    let request = Request::post(format!("{}/{path}", emulator.url()))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Saying(said))
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/grpc");
    (emulator, say, response)
}

#[tokio::test]
async fn a_stream_that_nobody_takes_is_refused_before_the_client_speaks() {
    let answered = tokio::time::timeout(Duration::from_secs(20), begin("no.such/Stream"));
    let (_emulator, _say, response) = answered.await.unwrap();
    assert_eq!(response.headers()["grpc-status"], "12");
}

#[rstest]
#[case("v1")]
#[case("v1alpha")]
#[tokio::test]
async fn each_question_is_answered_before_the_next(#[case] version: &str) {
    let (_emulator, say, mut heard) = converse(version).await;
    let services = frame(&field(7, b""));
    say.send(services.slice(..3)).unwrap();
    say.send(services.slice(3..)).unwrap();
    let answer = hear(&mut heard).await;
    let text = String::from_utf8_lossy(&answer);
    for service in [
        "google.cloud.gkemulticloud.v1.AttachedClusters",
        "google.longrunning.Operations",
        "grpc.health.v1.Health",
    ] {
        assert!(text.contains(service), "{text}");
    }

    say.send(frame(&field(4, b"google.cloud.gkemulticloud.v1.AttachedClusters"))).unwrap();
    let answer = hear(&mut heard).await;
    let text = String::from_utf8_lossy(&answer);
    for file in ["gkemulticloud/v1/attached_service.proto", "google/protobuf/any.proto"] {
        assert!(text.contains(file), "{file}");
    }

    say.send(frame(&field(4, b"no.such.Service"))).unwrap();
    let answer = hear(&mut heard).await;
    assert!(String::from_utf8_lossy(&answer).contains("no.such.Service is not known."));
    drop(say);
    let trailers = heard.frame().await.unwrap().unwrap().into_trailers().unwrap();
    assert_eq!(trailers["grpc-status"], "0");
}

#[tokio::test]
async fn a_stream_stands_in_the_journal_once_it_has_begun() {
    let (emulator, _say, _heard) = converse("v1").await;
    let (_, journal) = crate::client::get(&emulator, "/_emulator/v1/journal").await;
    assert!(journal.to_string().contains("grpc.reflection.v1.ServerReflection"), "{journal}");
}

#[tokio::test]
async fn questions_that_come_together_are_answered_one_by_one() {
    let (_emulator, say, mut heard) = converse("v1").await;
    let services = frame(&field(7, b""));
    say.send([services.as_ref(); 3].concat().into()).unwrap();
    for _ in 0..3 {
        let answer = hear(&mut heard).await;
        assert!(String::from_utf8_lossy(&answer).contains("AttachedClusters"));
    }
}

#[rstest]
#[case(frame(b"\xff"))]
#[case(Bytes::from_static(b"\0\xff\xff\xff\xff"))]
#[case(Bytes::from_static(b"\x01\0\0\0\0"))]
#[tokio::test]
async fn what_cannot_be_read_ends_it(#[case] said: Bytes) {
    let (_emulator, say, mut heard) = converse("v1").await;
    say.send(said).unwrap();
    let trailers = heard.frame().await.unwrap().unwrap().into_trailers().unwrap();
    assert_ne!(trailers["grpc-status"], "0");
}

/// The files that a descriptor's answer holds make a whole.
#[tokio::test]
async fn a_file_comes_with_all_that_it_needs() {
    use prost_reflect::prost::Message;
    let (_emulator, say, mut heard) = converse("v1").await;
    let name = b"google/cloud/gkemulticloud/v1/attached_service.proto";
    say.send(frame(&field(3, name))).unwrap();
    let answer = hear(&mut heard).await;
    let mut files = files_of(&answer);
    let mut set = FileDescriptorSet::default();
    files.sort_by_key(|file| file.dependency.len());
    assert!(files.iter().any(|file| file.name().as_bytes() == name));
    set.file = files;
    let pool = prost_reflect::DescriptorPool::decode(set.encode_to_vec().as_slice()).unwrap();
    assert!(pool.get_service_by_name("google.cloud.gkemulticloud.v1.AttachedClusters").is_some());
}

/// `file_descriptor_response` is field 4; in it the files are field 1.
fn files_of(mut response: &[u8]) -> Vec<FileDescriptorProto> {
    use prost_reflect::prost::Message;
    let mut files = Vec::new();
    while let Some((&key, rest)) = response.split_first() {
        let (length, rest) = varint(rest);
        if key == 4 << 3 | 2 {
            response = &rest[..length];
        } else if key == 1 << 3 | 2
            && FileDescriptorProto::decode(&rest[..length]).is_ok_and(|file| file.name.is_some())
        {
            files.push(FileDescriptorProto::decode(&rest[..length]).unwrap());
            response = &rest[length..];
        } else {
            response = &rest[length..];
        }
    }
    files
}

fn varint(mut bytes: &[u8]) -> (usize, &[u8]) {
    let (mut number, mut shift) = (0, 0);
    while let Some((&byte, rest)) = bytes.split_first() {
        number |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        bytes = rest;
        if byte < 0x80 {
            break;
        }
    }
    (number, bytes)
}
