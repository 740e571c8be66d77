//! What a client gets when a handler panics: a 500 in the words of its API, and the next request
//! is served.

use {
    crate::{
        api::{Answer, Request, Response},
        google,
        server::router::Api,
    },
    http::{HeaderName, StatusCode},
    std::panic::{AssertUnwindSafe, catch_unwind},
};

const KUBERNETES: &str = r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Internal error occurred: the emulator failed on this request","reason":"InternalError","details":{"causes":[{"message":"the emulator failed on this request"}]},"code":500}
"#;

const GOOGLE: &str = r#"{
  "error": {
    "code": 500,
    "message": "Internal error encountered.",
    "status": "INTERNAL"
  }
}
"#;

const CONTROL: &str = r#"{"error":"the emulator failed on this request"}
"#;

/// Runs a handler; a panic in it becomes an answer. What the panic said is on stderr already.
pub(super) fn guarded(api: Api, request: &Request, handler: impl FnOnce() -> Answer) -> Answer {
    // The world's locks recover from poisoning, so that half of a write is all that can be lost.
    catch_unwind(AssertUnwindSafe(handler)).unwrap_or_else(|_| answer(api, request).into())
}

/// What comes of something that is no answer; nothing when it panics.
pub(super) fn caught<T>(work: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_default()
}

/// The 500 of an API.
pub(super) fn answer(api: Api, request: &Request) -> Response {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    match api {
        Api::Kubernetes => Response::new(status, "application/json", KUBERNETES),
        Api::Control => Response::new(status, "application/json", CONTROL),
        Api::Google if google::is_grpc(&request.headers) => {
            Response::new(StatusCode::OK, "application/grpc", "")
                .with(HeaderName::from_static("grpc-status"), "13")
                .with(HeaderName::from_static("grpc-message"), "Internal error encountered.")
        }
        Api::Google => Response::new(status, "application/json; charset=UTF-8", GOOGLE),
    }
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        http::{HeaderMap, Method, Uri, Version, header::CONTENT_TYPE},
    };

    fn check(api: Api, content_type: &str, expected: (u16, &str)) {
        let request = Request {
            method: Method::POST,
            uri: Uri::from_static("/"),
            version: Version::HTTP_11,
            headers: HeaderMap::from_iter([(CONTENT_TYPE, content_type.parse().unwrap())]),
            body: bytes::Bytes::new(),
            truncated: false,
            broken: false,
            secure: false,
            local_address: "".into(),
        };
        let Answer::Response(response) = guarded(api, &request, || panic!("on purpose")) else {
            panic!("a crash is an answer")
        };
        assert_eq!(
            (response.status.as_u16(), response.headers[CONTENT_TYPE].to_str().unwrap()),
            expected
        );
    }

    #[test]
    fn a_panic_is_answered_in_the_words_of_the_api() {
        check(Api::Kubernetes, "application/json", (500, "application/json"));
        check(Api::Google, "application/json", (500, "application/json; charset=UTF-8"));
        check(Api::Google, "application/grpc", (200, "application/grpc"));
        check(Api::Control, "", (500, "application/json"));
    }
}
