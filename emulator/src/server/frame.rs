//! An answer as HTTP sends it: with a length, in chunks, or without its body.

use {
    crate::{
        api::{Api, Request, Response},
        server::body::Body,
    },
    http::{StatusCode, Version, header::CONTENT_LENGTH},
    hyper::ext::ReasonPhrase,
};

/// The response to a request, ready to be sent.
pub(super) fn frame(
    api: &dyn Api,
    request: &Request,
    mut response: Response,
) -> http::Response<Body> {
    let is_head = request.head.method == http::Method::HEAD;
    if is_head {
        // hyper leaves the body out of an answer to HEAD on HTTP/1.1 only.
        let length = std::mem::take(&mut response.body).len();
        response.headers.insert(CONTENT_LENGTH, length.into());
    }
    let may_chunk = request.head.version == Version::HTTP_11 && !is_head;
    let chunked = may_chunk && api.is_chunked(request, &response);
    let body = if response.trailers.is_some() || chunked {
        Body::streamed(response.body, response.trailers)
    } else {
        Body::sized(response.body)
    };
    let mut framed = http::Response::new(body);
    // Go calls it by its old name.
    if response.status == StatusCode::PAYLOAD_TOO_LARGE {
        framed.extensions_mut().insert(ReasonPhrase::from_static(b"Request Entity Too Large"));
    }
    *framed.status_mut() = response.status;
    *framed.headers_mut() = response.headers;
    framed
}
