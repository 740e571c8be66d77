//! Cross-origin requests of pages that are allowed to ask, for APIs that do not answer them by
//! themselves: what a browser asks before it sends one, and what lets the page read the answer.
//!
//! Source: the Fetch standard (CORS protocol); kube-apiserver's `--cors-allowed-origins`, apiserver
//! `pkg/server/filters/cors.go`.

use {
    crate::api::{Head, Response},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS,
            ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_REQUEST_HEADERS,
            ACCESS_CONTROL_REQUEST_METHOD, CONTENT_TYPE, VARY,
        },
    },
};

const METHODS: &str = "DELETE, GET, HEAD, PATCH, POST, PUT";
const EXPOSED: &str = "Audit-Id, Date, Location, Retry-After, Warning, WWW-Authenticate";

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

// Asked by a browser before a page of the internet gets at a private address.
const REQUEST_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-allow-private-network");

/// The answer to a browser that asks whether a page may send a request; `None` for any other
/// request. The headers that let the page read it are added by [`share`], as to all answers.
pub(super) fn preflight(head: &Head) -> Option<Response> {
    let is_asked = head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if head.method != Method::OPTIONS || !is_asked {
        return None;
    }
    let mut response = Response::new(StatusCode::NO_CONTENT, "text/plain", "");
    let headers = &mut response.headers;
    headers.remove(CONTENT_TYPE);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
    if let Some(wanted) = head.headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    if head.headers.contains_key(REQUEST_PRIVATE_NETWORK) {
        headers.insert(ALLOW_PRIVATE_NETWORK, HeaderValue::from_static("true"));
    }
    Some(response)
}

/// Lets no page of another origin have an answer, not even as a script.
pub(super) fn keep(headers: &mut HeaderMap) {
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
}

/// Lets pages of an origin read an answer.
pub(super) fn share(origin: HeaderValue, headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    headers.append(VARY, HeaderValue::from_static("Origin"));
}
