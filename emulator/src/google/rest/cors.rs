//! Pages of other origins: the question before a request, and what its answer lets them see.
//! Every origin may; a page still needs a bearer.

use {
    super::answer::add_headers,
    crate::{
        api::{Request, Response},
        google::front,
    },
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
            ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
        },
    },
};

const METHODS: &str = "DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT";
const EXPOSED: &str = "Vary,Content-Encoding,Date,Server,WWW-Authenticate";

/// The answer to a browser that asks whether it may ask: for a path that the API has with the
/// method that is to come.
pub(super) fn preflight(request: &Request) -> Option<Response> {
    if request.head.method != Method::OPTIONS || !request.head.headers.contains_key(ORIGIN) {
        return None;
    }
    let wanted = request.header(ACCESS_CONTROL_REQUEST_METHOD.as_str())?;
    front::route(&wanted.parse().ok()?, request.path())?;
    let mut response = Response::new(StatusCode::OK, "text/html", "");
    let headers = &mut response.headers;
    add_headers(headers);
    share(request, headers);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3600"));
    if let Some(wanted) = request.head.headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    Some(response)
}

/// Lets the page that asked read the answer.
pub(super) fn share(request: &Request, headers: &mut HeaderMap) {
    if let Some(origin) = request.head.headers.get(ORIGIN) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
}
