//! The Google side's gRPC, below what a client library lets one send.

use {
    crate::google_world::{Google, request_with},
    flate2::{
        Compression,
        read::GzDecoder,
        write::{GzEncoder, ZlibEncoder},
    },
    http::{HeaderMap, StatusCode},
    rstest::rstest,
    std::io::{Read, Write},
    token_emulator::{api::Response, world::settings::Settings},
};

const LIST: &str = "/google.cloud.gkemulticloud.v1.AttachedClusters/ListAttachedClusters";

/// `ListAttachedClustersRequest { parent: "projects/p/locations/l" }`
const MESSAGE: &[u8] = b"\x0a\x16projects/p/locations/l";

fn frame(flag: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[flag], &length[..], message].concat()
}

fn gzip(message: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(message).unwrap();
    encoder.finish().unwrap()
}

fn zlib(message: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(message).unwrap();
    encoder.finish().unwrap()
}

fn send(path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let headers = [&[("content-type", "application/grpc")], headers].concat();
    Google::new().respond(&request_with("POST", path, &headers, body))
}

/// What says how a call ended: an error comes without a body, and in one piece.
fn trailers(response: &Response) -> &HeaderMap {
    response.trailers.as_ref().unwrap_or(&response.headers)
}

fn status(response: &Response) -> &str {
    trailers(response)["grpc-status"].to_str().unwrap()
}

#[test]
fn an_empty_answer_is_an_empty_frame() {
    let response = send(LIST, &[], &frame(0, MESSAGE));
    assert_eq!((response.status.as_u16(), status(&response)), (200, "0"));
    assert_eq!(response.body, &[0; 5][..]);
    assert_eq!(response.headers["content-type"], "application/grpc");
}

#[rstest]
#[case::compressed(&[("grpc-encoding", "gzip")], &frame(1, &gzip(MESSAGE)), "0")]
#[case::deflated(&[("grpc-encoding", "deflate")], &frame(1, &zlib(MESSAGE)), "0")]
#[case::deflated_without_its_header(&[("grpc-encoding", "deflate")], &frame(1, &zlib(MESSAGE)[2..]), "13")]
#[case::too_large_when_inflated(&[("grpc-encoding", "deflate")], &frame(1, &zlib(&vec![0; 5 << 20])), "8")]
#[case::named_but_not_compressed(&[("grpc-encoding", "gzip")], &frame(0, MESSAGE), "0")]
#[case::compressed_without_a_name(&[], &frame(1, &gzip(MESSAGE)), "13")]
#[case::an_unknown_encoding(&[("grpc-encoding", "snappy")], &frame(1, MESSAGE), "12")]
#[case::not_what_it_says(&[("grpc-encoding", "gzip")], &frame(1, MESSAGE), "13")]
#[case::too_large_when_unpacked(&[("grpc-encoding", "gzip")], &frame(1, &gzip(&vec![0; 5 << 20])), "8")]
#[case::too_large(&[], &frame(0, &vec![0; 5 << 20]), "8")]
#[case::no_message(&[], b"", "13")]
#[case::half_a_message(&[], &frame(0, MESSAGE)[..9], "13")]
#[case::two_messages(&[], &[frame(0, MESSAGE), frame(0, MESSAGE)].concat(), "13")]
#[case::no_protobuf(&[], &frame(0, b"\xff"), "13")]
#[case::an_unknown_field(&[], &frame(0, &[MESSAGE, b"\xf8\x07\x01"].concat()), "0")]
#[case::a_deadline(&[("grpc-timeout", "10S")], &frame(0, MESSAGE), "0")]
#[case::a_deadline_that_is_over(&[("grpc-timeout", "0n")], &frame(0, MESSAGE), "4")]
#[case::no_deadline(&[("grpc-timeout", "soon")], &frame(0, MESSAGE), "13")]
#[case::no_unit(&[("grpc-timeout", "10")], &frame(0, MESSAGE), "13")]
#[case::nothing(&[("grpc-timeout", "")], &frame(0, MESSAGE), "13")]
#[case::the_longest_deadline(&[("grpc-timeout", "99999999H")], &frame(0, MESSAGE), "0")]
#[case::a_digit_too_many(&[("grpc-timeout", "100000000n")], &frame(0, MESSAGE), "13")]
#[case::binary_metadata(&[("x-y-bin", "AAE="), ("x-z-bin", "AAE,AAE")], &frame(0, MESSAGE), "0")]
#[case::broken_metadata(&[("x-y-bin", "*")], &frame(0, MESSAGE), "13")]
#[case::metadata_that_means_nothing(&[("x-y", "*"), ("x-goog-request-params", "parent=other")], &frame(0, MESSAGE), "0")]
fn a_frame_is_judged(
    #[case] headers: &[(&str, &str)],
    #[case] body: &[u8],
    #[case] expected: &str,
) {
    let response = send(LIST, headers, body);
    assert_eq!(status(&response), expected, "{:?}", trailers(&response));
}

#[rstest]
#[case("/google.cloud.gkemulticloud.v1.AttachedClusters/Nothing")]
#[case("/google.longrunning.Operations/WaitOperation")]
#[case("/grpc.reflection.v2.ServerReflection/ServerReflectionInfo")]
#[case("/grpc.health.v1.Health/Watch")]
#[case("/a")]
fn a_method_that_is_not_there_is_unimplemented(#[case] path: &str) {
    assert_eq!(status(&send(path, &[], &frame(0, b""))), "12");
}

#[test]
fn a_message_is_percent_encoded() {
    let response = send("/a/100%25", &[], &frame(0, b""));
    assert!(response.trailers.is_none() && response.body.is_empty());
    assert_eq!(response.headers["grpc-message"], "Method not found: /a/100%2525");
}

#[test]
fn other_encodings_of_messages_are_not_spoken() {
    for content_type in ["application/grpc+json", "application/grpc-web"] {
        let request = request_with("POST", LIST, &[("content-type", content_type)], b"");
        assert_eq!(Google::new().respond(&request).status.as_u16(), 415);
    }
}

#[test]
fn an_answer_is_packed_as_its_request_was() {
    let accepting = ("grpc-accept-encoding", "identity, gzip");
    let zip = ("grpc-encoding", "gzip");
    let path = "/google.cloud.gkemulticloud.v1.AttachedClusters/GetAttachedServerConfig";
    let message = b"\x0a\x2bprojects/p/locations/l/attachedServerConfig";
    let response = send(path, &[zip, accepting], &frame(1, &gzip(message)));
    assert_eq!((status(&response), response.body[0]), ("0", 1), "{:?}", trailers(&response));
    assert_eq!(response.headers["grpc-encoding"], "gzip");
    let mut unpacked = Vec::new();
    GzDecoder::new(&response.body[5..]).read_to_end(&mut unpacked).unwrap();
    let response = send(path, &[accepting], &frame(0, message));
    assert_eq!(response.body, frame(0, &unpacked));
    assert!(!response.headers.contains_key("grpc-encoding"));
}

#[test]
fn a_call_is_a_post() {
    let request = request_with("GET", LIST, &[("content-type", "application/grpc")], b"");
    let response = Google::new().respond(&request);
    assert_eq!(response.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers["allow"], "POST");
}

#[rstest]
#[case(true, b"", "0")]
#[case(true, b"\x0a\x01x", "5")]
#[case(false, b"", "12")]
fn health_is_told_unless_it_is_turned_off(
    #[case] google_conveniences: bool,
    #[case] message: &[u8],
    #[case] expected: &str,
) {
    let google = Google::with(Settings { google_conveniences, ..Settings::default() });
    let headers = [("content-type", "application/grpc")];
    let path = "/grpc.health.v1.Health/Check";
    let response = google.respond(&request_with("POST", path, &headers, &frame(0, message)));
    assert_eq!(status(&response), expected);
    if expected == "0" {
        assert_eq!(response.body, &b"\0\0\0\0\x02\x08\x01"[..]);
    }
}
