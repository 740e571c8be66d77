//! The same over gRPC: a server that lies in status, trailers, details or frame.

use {
    crate::{
        deviant::{Lie, Reply},
        emulator::{self, RUNTIME},
        google_teeth::{EXCHANGE, MISSING, UNKNOWN, judge_at},
        grpc_deviant,
    },
    base64::{Engine, prelude::BASE64_STANDARD_NO_PAD},
    rstest::rstest,
    token_conformance::variant::Variant,
};

const DETAILS: &str = "grpc-status-details-bin";
/// What is said when no error can be read.
const NO_ERROR: &[&str] = &["body error", "body unreadable"];
/// What is said when no message can be.
const NO_MESSAGE: &[&str] =
    &["body access_token", "body expires_in", "body token_type", "body unreadable"];

#[rstest]
#[case::status(UNKNOWN, |it: &mut Reply| it.set("grpc-status", Some("10")), &["body error status"])]
#[case::no_status(UNKNOWN, |it: &mut Reply| it.set("grpc-status", None), NO_ERROR)]
#[case::status_of_http(EXCHANGE, |it: &mut Reply| it.status = 500, &["status", "body access_token", "body expires_in", "body token_type", "body unreadable", "body error"])]
#[case::an_error_that_is_none(EXCHANGE, |it: &mut Reply| it.set("grpc-status", Some("3")), &["status", "body access_token", "body expires_in", "body token_type", "body error message", "frames"])]
#[case::an_error_and_more(UNKNOWN, |it: &mut Reply| it.body.push(0), &["frames"])]
#[case::success_that_is_none(MISSING, |it: &mut Reply| it.set("grpc-status", Some("0")), NO_ERROR)]
#[case::status_of_the_details(MISSING, |it: &mut Reply| it.set("grpc-status", Some("9")), NO_ERROR)]
#[case::message(UNKNOWN, |it: &mut Reply| it.set("grpc-message", None), &["body error message"])]
#[case::message_of_the_details(MISSING, |it: &mut Reply| it.set("grpc-message", Some("no")), NO_ERROR)]
#[case::no_details(MISSING, |it: &mut Reply| it.set(DETAILS, None), &["error violations"])]
#[case::violation(MISSING, |it: &mut Reply| details(it, b"\x0a\x07version", b"\x0a\x07versiom"), &["error violations 0 field"])]
#[case::type_of_the_details(MISSING, |it: &mut Reply| details(it, b"rpc.BadRequest", b"rpc.QuotaFailur"), NO_ERROR)]
#[case::garbled_details(MISSING, |it: &mut Reply| it.set(DETAILS, Some("?")), NO_ERROR)]
#[case::media_type(EXCHANGE, |it: &mut Reply| it.set("content-type", Some("application/grpc-web")), &["header content-type"])]
#[case::no_frame(EXCHANGE, |it: &mut Reply| it.body.clear(), NO_MESSAGE)]
#[case::compressed(EXCHANGE, |it: &mut Reply| it.body[0] = 1, NO_MESSAGE)]
#[case::cut(EXCHANGE, |it: &mut Reply| it.body.truncate(20), NO_MESSAGE)]
#[case::member(EXCHANGE, |it: &mut Reply| replace(&mut it.body, b"Bearer", b"bearer"), &["body token_type"])]
fn every_lie_is_told(#[case] case: &str, #[case] lie: Lie, #[case] expected: &[&str]) {
    assert_eq!(judge(case, lie), expected);
}

#[rstest]
fn an_honest_server_passes(#[values(EXCHANGE, MISSING, UNKNOWN)] case: &str) {
    assert_eq!(judge(case, |_| {}), [""; 0]);
}

fn judge(case: &str, lie: Lie) -> Vec<String> {
    let emulator = &emulator::shared().emulator;
    RUNTIME.block_on(async {
        let url = grpc_deviant::start(emulator.url(), lie).await;
        judge_at((&url, emulator.google_access_token()), case, Variant::Grpc).await
    })
}

/// Alters the details and leaves the trailers that say the same alone.
fn details(reply: &mut Reply, from: &[u8], to: &[u8]) {
    let encoded = reply.header(DETAILS).unwrap();
    let mut bytes = BASE64_STANDARD_NO_PAD.decode(encoded.trim_end_matches('=')).unwrap();
    replace(&mut bytes, from, to);
    reply.set(DETAILS, Some(&BASE64_STANDARD_NO_PAD.encode(bytes)));
}

/// Replaces the last occurrence of some bytes by as many.
fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    let at = bytes.windows(from.len()).rposition(|it| it == from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
}
