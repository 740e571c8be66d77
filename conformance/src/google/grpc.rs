//! A call over gRPC: a frame out, a frame back, and the status in the trailers. What comes back is
//! given the form that it has over REST, so that one expectation judges both.
//! Source: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.

use {
    super::{
        error::names,
        schema::{self, Method},
    },
    crate::exchange::Answer,
    base64::{
        Engine, alphabet,
        engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
    },
    bytes::Bytes,
    percent_encoding::percent_decode_str,
    prost::Message,
    serde_json::{Value, json},
};

/// Binary metadata comes with padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The body of a request: one frame.
pub fn request(method: &Method, message: &Value) -> Result<Bytes, String> {
    frame(&schema::from_json(method.input(), message)?)
}

/// A message in a frame of its own.
pub fn frame(message: &impl Message) -> Result<Bytes, String> {
    let message = message.encode_to_vec();
    let length = u32::try_from(message.len()).map_err(|error| error.to_string())?;
    let mut frame = vec![0];
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&message);
    Ok(Bytes::from(frame))
}

/// Reads status and message out of what came over HTTP/2; the message of no known method is left
/// as it is.
pub fn read(method: Option<&Method>, answer: &mut Answer) {
    let meaning = match answer.header("grpc-status").first().and_then(|it| it.parse().ok()) {
        _ if answer.status != 200 => Err(format!("the HTTP status is {}", answer.status)),
        Some(0) => method.map_or(Ok(json!({})), |method| message(method, &answer.body)),
        Some(code) => error(code, answer),
        None => Err("the answer has no grpc-status".to_owned()),
    };
    let is_error = answer.header("grpc-status").first() != Some(&"0");
    match meaning {
        Ok(meaning) => {
            // An operation that is over may have an error of its own.
            let code = meaning["error"]["code"].as_u64().filter(|_| is_error);
            answer.status = code.map_or(200, |it| it as u16);
            answer.meaning = Some(meaning);
        }
        Err(why) => answer.meaning = Some(json!({"unreadable": why})),
    }
}

fn message(method: &Method, body: &[u8]) -> Result<Value, String> {
    let (prefix, message) = body.split_at_checked(5).ok_or("the answer has no frame")?;
    let length = u32::from_be_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]) as usize;
    if prefix[0] != 0 || length != message.len() {
        return Err("the answer is not one uncompressed frame".to_owned());
    }
    schema::to_json(method.output(), message)
}

/// The error as REST would show it. What the trailers say twice has to be the same.
fn error(code: u32, answer: &Answer) -> Result<Value, String> {
    let (http, name) = names(code);
    let message = answer.header("grpc-message").first().copied().unwrap_or_default();
    let message = percent_decode_str(message).decode_utf8_lossy();
    let mut error = json!({"code": http, "message": message, "status": name});
    if let Some(encoded) = answer.header("grpc-status-details-bin").first() {
        let status = details(encoded)?;
        if status["code"] != code || status["message"] != *message {
            return Err("grpc-status-details-bin says something else than the trailers".to_owned());
        }
        if let Some(details) = status.get("details") {
            error["details"] = details.clone();
        }
    }
    Ok(json!({"error": error}))
}

fn details(encoded: &str) -> Result<Value, String> {
    let bytes = BASE64.decode(encoded).map_err(|error| error.to_string())?;
    schema::to_json(schema::status().ok_or("there is no google.rpc.Status")?, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn method() -> Method {
        Method::find("AttachedClusters.GetAttachedCluster").unwrap()
    }

    fn answer(headers: &[(&str, &str)]) -> Answer {
        let headers = headers.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        Answer { status: 200, headers, ..Answer::default() }
    }

    #[test]
    fn an_error_reads_as_it_does_over_rest() {
        let mut answer = answer(&[("grpc-status", "5"), ("grpc-message", "no%20such")]);
        read(Some(&method()), &mut answer);
        assert_eq!(answer.status, 404);
        let error = json!({"error": {"code": 404, "message": "no such", "status": "NOT_FOUND"}});
        assert_eq!(answer.meaning, Some(error));
    }

    #[test]
    fn what_the_trailers_say_twice_has_to_be_the_same() {
        // {code: 5, message: "no"}
        let details = ("grpc-status-details-bin", "CAUSAm5v");
        let mut agreed = answer(&[("grpc-status", "5"), ("grpc-message", "no"), details]);
        read(Some(&method()), &mut agreed);
        assert_eq!(agreed.status, 404);
        let mut other = answer(&[("grpc-status", "5"), ("grpc-message", "yes"), details]);
        read(Some(&method()), &mut other);
        assert!(other.meaning.unwrap()["unreadable"].is_string());
    }

    #[test]
    fn a_message_reads_as_its_json() {
        let message = json!({"name": "projects/p/locations/l/attachedClusters/c"});
        let mut answer = answer(&[("grpc-status", "0")]);
        answer.body = request(&method(), &message).unwrap();
        read(Some(&method()), &mut answer);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.meaning, Some(message));
    }

    #[test]
    fn an_answer_without_a_status_says_so() {
        let mut answer = answer(&[]);
        read(Some(&method()), &mut answer);
        assert!(answer.meaning.unwrap()["unreadable"].is_string());
    }
}
