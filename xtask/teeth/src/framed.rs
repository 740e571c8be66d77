//! An answer over gRPC: what its frame and its trailers mean, and back again when that was altered.

use {
    crate::lie::About,
    base64::{Engine, prelude::BASE64_STANDARD_NO_PAD},
    serde_json::{Value, json},
    token_conformance::{
        exchange::{self, Answer, Request},
        google::{
            error, grpc,
            schema::{self, Method},
        },
    },
};

const DETAILS: &str = "grpc-status-details-bin";

/// Notes what an answer means, where a frame of gRPC hides it; its status stays that of HTTP.
pub(crate) fn read(request: &Request, answer: &mut Answer) {
    if !exchange::is_grpc(&request.path) {
        return;
    }
    let mut read = answer.clone();
    grpc::read(Method::at(&request.path).as_ref(), &mut read);
    answer.meaning = read.meaning;
}

/// Says what the answer means now, when that is not what it meant. `None` when gRPC has no words
/// for that.
pub(crate) fn write(request: &Request, before: &Answer, answer: &mut Answer) -> Option<()> {
    if before.meaning == answer.meaning {
        return Some(());
    }
    let meaning = answer.meaning.clone()?;
    match before.meaning.as_ref()?.get("error").filter(|_| before.body.is_empty()) {
        Some(_) => write_error(meaning.get("error")?, answer)?,
        None => {
            let method = Method::at(&request.path)?;
            let message = schema::from_json(method.output(), &meaning).ok()?;
            answer.body = grpc::frame(&message).ok()?;
        }
    }
    read(request, answer);
    (answer.meaning.as_ref() == Some(&meaning)).then_some(())
}

/// Whether there are words for a lie: a message has its types, and a code of gRPC no other number.
pub(crate) fn can_say(request: &Request, answer: &Answer, about: &About) -> bool {
    let mut altered = answer.clone();
    about.tell(&mut altered, &|text| Some(text.to_vec()))
        && write(request, answer, &mut altered).is_some()
}

fn write_error(error: &Value, answer: &mut Answer) -> Option<()> {
    let (code, message) = (error::number(error["status"].as_str()?)?, error["message"].as_str());
    let mut status = json!({"code": code, "message": message});
    set(answer, "grpc-status", Some(code.to_string()));
    set(answer, "grpc-message", message.map(escaped));
    if let Some(details) = error.get("details") {
        status["details"] = details.clone();
    }
    let packed = schema::from_json(schema::status()?, &status).ok()?;
    let packed = BASE64_STANDARD_NO_PAD.encode(prost::Message::encode_to_vec(&packed));
    set(answer, DETAILS, error.get("details").map(|_| packed));
    Some(())
}

fn set(answer: &mut Answer, name: &str, value: Option<String>) {
    crate::reply::set_header(answer, name, value.as_deref());
}

/// A message as a trailer can carry it.
fn escaped(text: &str) -> String {
    let plain = |it: &u8| (b' '..=b'~').contains(it) && *it != b'%';
    let byte = |it: u8| if plain(&it) { char::from(it).to_string() } else { format!("%{it:02X}") };
    text.bytes().map(byte).collect()
}
