//! The last step of an exchange: what a handler came to, as a response.

use {
    crate::{
        api::{Answer, Response, Stream},
        codec::{
            json,
            negotiate::Output,
            quote::quote,
            schema::{Schema, Struct},
        },
        kubernetes::{
            body,
            exchange::{Exchange, Reply},
            status::Failure,
            status_code, web_socket,
        },
    },
    bytes::Bytes,
    http::{
        HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_TYPE, HeaderName, RETRY_AFTER, WARNING, X_CONTENT_TYPE_OPTIONS,
        },
    },
    std::fmt::Write,
};

const AUDIT_ID: HeaderName = HeaderName::from_static("audit-id");
const FLOW_SCHEMA: HeaderName = HeaderName::from_static("x-kubernetes-pf-flowschema-uid");
const PRIORITY_LEVEL: HeaderName = HeaderName::from_static("x-kubernetes-pf-prioritylevel-uid");
/// How many characters all warnings together may have before they are cut.
const WARNING_BUDGET: usize = 4096;
/// How many characters are left of a warning that is cut.
const WARNING_CUT: usize = 256;

/// The response of a handler that succeeded.
pub fn success(exchange: &Exchange<'_>, reply: Reply) -> Answer {
    match reply {
        Reply::Object { status, object, output } => match body::encode(&object, &output) {
            Ok(body) => finish(exchange, status_code(status), output.media_type.name(), body),
            Err(error) => failure(exchange, &error),
        },
        Reply::Watch(watch) => {
            let socket = exchange.request.head.is_web_socket().then(|| watch.framing());
            let head = match socket {
                Some(_) => web_socket::shake(exchange.request),
                None => finish(exchange, StatusCode::OK, watch.content_type(), Bytes::new()),
            };
            let stream = Stream { lasts: watch.lasts(), source: watch, socket };
            return Answer::Stream(head, stream);
        }
        Reply::Document { status, content_type, body, cache_control, nosniff } => {
            let mut response = finish(exchange, status_code(status), content_type, body);
            if let Some(Ok(value)) = cache_control.as_deref().map(HeaderValue::from_str) {
                response.headers.insert(CACHE_CONTROL, value);
            }
            if nosniff {
                forbid_sniffing(&mut response);
            }
            response
        }
        Reply::Served { status, headers, body } => {
            let mut response = finish(exchange, status, "text/plain", body);
            response.headers.remove(CONTENT_TYPE);
            response.headers.extend(headers);
            response
        }
    }
    .into()
}

/// The response of an exchange that failed.
pub fn failure(exchange: &Exchange<'_>, failure: &Failure) -> Response {
    let output = body::accept_error(exchange);
    let (output, body) = match body::encode_whole(&failure.status(), &output) {
        Ok(body) => (output, body),
        Err(_) => {
            (Output::default(), json::encode(status_struct(), &failure.status(), false).into())
        }
    };
    let mut response = finish(exchange, status_code(failure.code), output.media_type.name(), body);
    if let Some(seconds) = failure.details.as_ref().map(|it| it.retry_after).filter(|it| *it > 0) {
        response.headers.insert(RETRY_AFTER, seconds.into());
    }
    if failure.nosniff {
        forbid_sniffing(&mut response);
    }
    response
}

/// The response for a path that no web service answers for.
pub fn unknown_path(exchange: &Exchange<'_>) -> Response {
    let content_type = "text/plain; charset=utf-8";
    let body = Bytes::from_static(b"404 page not found\n");
    let mut response = finish(exchange, StatusCode::NOT_FOUND, content_type, body);
    forbid_sniffing(&mut response);
    response
}

/// The response of a server that has too much to do, as it is given before any handler is asked.
pub fn too_many_requests(exchange: &Exchange<'_>) -> Response {
    let content_type = "text/plain; charset=utf-8";
    let body = Bytes::from_static(b"Too many requests, please try again later.\n");
    let mut response = finish(exchange, StatusCode::TOO_MANY_REQUESTS, content_type, body);
    forbid_sniffing(&mut response);
    response
}

/// The response to a path that names a verb, and no resource after it.
pub fn resourceless(exchange: &Exchange<'_>) -> Response {
    let uri = exchange.request.head.uri.to_string();
    let path = uri.find('/').map_or("", |_| uri.as_str());
    let body = format!(
        "Internal Server Error: {}: failed to create RequestInfo: unable to determine kind and namespace from url, {path}\n",
        quote(path)
    );
    let body = body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    let mut response = finish(exchange, status, "text/plain; charset=utf-8", body.into());
    response.headers.remove(CACHE_CONTROL);
    forbid_sniffing(&mut response);
    unqueued(response)
}

/// The response to a request that was answered before it came to a queue.
pub fn unqueued(mut response: Response) -> Response {
    response.headers.remove(FLOW_SCHEMA);
    response.headers.remove(PRIORITY_LEVEL);
    response
}

/// The response to a path that cannot be decoded, as Go's HTTP server gives it.
pub fn bad_request() -> Response {
    let body = "400 Bad Request";
    Response::new(StatusCode::BAD_REQUEST, "text/plain; charset=utf-8", body)
}

/// The response to a question about the server as a whole, which Go's HTTP server answers itself.
pub fn options() -> Response {
    let mut response = Response::new(StatusCode::OK, "text/plain", "");
    response.headers.remove(CONTENT_TYPE);
    response
}

/// The response to an expectation that is none of HTTP's, as Go's HTTP server gives it.
pub fn expectation_failed() -> Response {
    let mut response = Response::new(StatusCode::EXPECTATION_FAILED, "text/plain", "");
    response.headers.remove(CONTENT_TYPE);
    response
}

fn finish(
    exchange: &Exchange<'_>,
    status: StatusCode,
    content_type: &'static str,
    body: Bytes,
) -> Response {
    let mut response = Response::new(status, content_type, body);
    let headers = &mut response.headers;
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    headers.insert(AUDIT_ID, audit_id(exchange));
    if status != StatusCode::UNAUTHORIZED {
        let (schema, level) = &exchange.world.flow_control;
        for (name, uid) in [(FLOW_SCHEMA, schema), (PRIORITY_LEVEL, level)] {
            if let Ok(uid) = HeaderValue::from_str(uid) {
                headers.insert(name, uid);
            }
        }
    }
    for warning in warnings(&exchange.warnings.borrow()) {
        if let Ok(value) = HeaderValue::from_bytes(warning.as_bytes()) {
            headers.append(WARNING, value);
        }
    }
    response
}

// The client's own, or a new one.
fn audit_id(exchange: &Exchange<'_>) -> HeaderValue {
    let sent = exchange.request.head.headers.get(AUDIT_ID).filter(|value| !value.is_empty());
    sent.cloned().unwrap_or_else(|| {
        HeaderValue::from_str(&exchange.world.entropy.uuid()).expect("a UUID is a header value")
    })
}

fn status_struct() -> &'static Struct {
    Schema::get().root("v1", "Status").expect("the schema has it")
}

fn forbid_sniffing(response: &mut Response) {
    response.headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// The values of the Warning headers. Source: kubernetes
/// `staging/src/k8s.io/apiserver/pkg/endpoints/filters/warning.go`.
fn warnings(texts: &[String]) -> Vec<String> {
    let total: usize = texts.iter().map(|text| text.chars().count()).sum();
    if total <= WARNING_BUDGET {
        return texts.iter().map(|text| warning(text)).collect();
    }
    let (mut values, mut written) = (Vec::new(), 0);
    for text in texts {
        let cut: String = text.chars().take(WARNING_CUT).collect();
        values.push(warning(&cut));
        written += cut.chars().count();
        if written > WARNING_BUDGET {
            break;
        }
    }
    values
}

// Source: apimachinery `pkg/util/net/http.go`, NewWarningHeader.
fn warning(text: &str) -> String {
    let mut value = String::with_capacity(text.len() + 10);
    value.push_str("299 - \"");
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            value.push('\\');
        }
        let _ = value.write_char(character);
    }
    value.push('"');
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_quoted_and_cut_when_there_are_too_many() {
        assert_eq!(
            warnings(&["unknown field \"a\"".to_owned()]),
            [r#"299 - "unknown field \"a\"""#]
        );
        let many = vec!["x".repeat(300); 20];
        let cut = warnings(&many);
        assert_eq!(cut.len(), 17);
        assert_eq!(cut[0].len(), 256 + 8);
    }
}
