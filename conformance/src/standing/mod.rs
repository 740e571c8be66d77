//! What holds for every answer of an API, so that no case has to say it.

mod claims;
mod clock;
mod discovery;
mod discreet;
mod google;
mod object;
mod resource;
mod self_review;
mod token_request;
mod token_review;
mod user;
mod watch;

use {
    crate::{
        exchange::{Api, Exchange},
        expect::{Context, Expect, Mismatch, compare},
        level::Level,
        unique,
        variant::Variant,
    },
    serde_json::{Value, json},
};

/// What is not as every answer of its API is. A case that expects another value of a header says
/// so, and is believed.
pub fn judge(
    exchange: &Exchange,
    expected: &[&Expect],
    variant: Variant,
    context: Context<'_>,
) -> Vec<Mismatch> {
    match exchange.api {
        Api::Google if exchange.answer.meaning.is_some() => google::grpc(exchange),
        Api::Google => google::rest(exchange, expected),
        Api::Kubernetes => {
            let mut found = headers(exchange, expected, variant);
            found.extend(body(exchange, expected, context));
            found.extend(discreet::judge(exchange));
            found.extend(readable(exchange));
            let repeated = unique::repeated(&exchange.answer.body);
            found.extend(
                repeated.map(|it| Mismatch::new(Level::Should, "body", "each member once", it)),
            );
            found
        }
    }
}

/// Its media type, that it is not to be cached, that it can be found in the audit log, and nothing
/// that nobody asked for.
fn headers(exchange: &Exchange, expected: &[&Expect], variant: Variant) -> Vec<Mismatch> {
    let mut found = Vec::new();
    for (name, value, level) in [
        ("content-type", variant.encoding().media_type(), Level::Should),
        ("cache-control", "no-cache, private", Level::Should),
        ("audit-id", "<text>", Level::Should),
        ("allow", "<absent>", Level::Should),
        ("location", "<absent>", Level::Should),
        ("retry-after", "<absent>", Level::Should),
        ("warning", "<absent>", Level::Should),
        ("www-authenticate", "<absent>", Level::Should),
        ("x-content-type-options", sniffing(exchange), Level::Should),
        ("access-control-allow-origin", "<absent>", Level::Observed),
        ("set-cookie", "<absent>", Level::Observed),
    ] {
        if !expected.iter().any(|it| it.headers.contains_key(name)) {
            // A header that is there twice is its values, joined, to whoever reads it.
            let values = exchange.answer.header(name);
            let got = (!values.is_empty()).then(|| Value::from(values.join(", ")));
            let what = format!("header {name}");
            compare(&what, &value.into(), got.as_ref(), level, &mut found);
        }
    }
    found
}

/// Who did not say that he can undo an encoding cannot.
fn readable(exchange: &Exchange) -> Option<Mismatch> {
    let offered = |(name, _): &(String, String)| name.eq_ignore_ascii_case("accept-encoding");
    let encodings = exchange.answer.header("content-encoding").join(", ");
    let plain = matches!(encodings.as_str(), "" | "identity");
    let fits = plain || exchange.request.headers.iter().any(offered);
    (!fits).then(|| Mismatch::must("header content-encoding", "<absent>", encodings))
}

/// Only who may not do what he asks for is answered in words of his own.
fn sniffing(exchange: &Exchange) -> &'static str {
    let message = exchange.answer.value().and_then(|it| it["message"].as_str().map(str::to_owned));
    let refused = message.is_some_and(|it| it.contains("forbidden: User \""));
    if exchange.answer.status == 403 && refused { "nosniff" } else { "<absent>" }
}

fn body(exchange: &Exchange, expected: &[&Expect], context: Context<'_>) -> Vec<Mismatch> {
    let request = &exchange.request;
    let path = request.path.split('?').next().unwrap_or_default();
    let value = exchange.answer.value();
    // Who asks for another form of the object gets that.
    let plain = !request.headers.iter().any(|(name, it)| name == "accept" && it.contains("as="));
    match (exchange.answer.status, value.as_ref()) {
        (400.., _) => error(exchange, expected, value.as_ref()),
        (201, Some(body)) if plain && path.ends_with("/token") => {
            token_request::judge(exchange, body, expected, context)
        }
        (201, Some(body)) if plain && path.ends_with("/tokenreviews") => {
            token_review::judge(exchange, body)
        }
        (201, Some(body)) if plain && path.ends_with("/selfsubjectreviews") => {
            self_review::judge(exchange, body, context)
        }
        (200, Some(body)) if path.trim_end_matches('/') == "/.well-known/openid-configuration" => {
            discovery::document(body, context)
        }
        (200, Some(body)) if path.trim_end_matches('/') == "/openid/v1/jwks" => {
            discovery::key_set(body, context)
        }
        (201, Some(body)) if body["kind"] == "Status" => {
            let mut found = Vec::new();
            let status = json!({
                "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201,
            });
            compare("body", &status, Some(body), Level::Should, &mut found);
            found
        }
        (200, _) if plain && watch::is_one(&request.path) => watch::judge(exchange, context),
        (200..=202, Some(body)) if plain => object::judge(exchange, body, context),
        (200..=202, None) if plain && request.method != "HEAD" && object::is_there(path) => {
            vec![Mismatch::must("body", "an object", "nothing that can be read")]
        }
        _ => Vec::new(),
    }
}

/// An error is a Status that says of itself what the response says.
fn error(exchange: &Exchange, expected: &[&Expect], body: Option<&Value>) -> Vec<Mismatch> {
    let mut found = Vec::new();
    if expected.iter().any(|it| it.text.is_some()) {
        return found;
    }
    let code = exchange.answer.status;
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "<text>", "reason": reason(code), "code": code,
    });
    compare("body", &status, body, Level::Should, &mut found);
    if let Some(details) = body.and_then(|it| it.get("details")) {
        compare("details", &json!({}), Some(details), Level::Should, &mut found);
        if !RETRIED.contains(&code) {
            let hurried = json!({"retryAfterSeconds": "<absent>"});
            compare("details", &hurried, Some(details), Level::Should, &mut found);
        }
        if UNNAMED.contains(&code) {
            let unnamed = json!({"name": "<absent>"});
            compare("details", &unnamed, Some(details), Level::Should, &mut found);
        }
        let causes = details["causes"].as_array().map(Vec::as_slice).unwrap_or_default();
        for (index, cause) in causes.iter().enumerate() {
            let cause_is = json!({"message": "<text>"});
            compare(&format!("causes {index}"), &cause_is, Some(cause), Level::Should, &mut found);
        }
    }
    found
}

/// The statuses of what was refused before an object was looked for, which name none.
const UNNAMED: &[u16] = &[405, 406, 415];

/// The statuses that may say when to come again, which clients do.
const RETRIED: &[u16] = &[429, 500, 503, 504];

/// The reason that goes with a status.
fn reason(code: u16) -> &'static str {
    match code {
        400 => "BadRequest",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        406 => "NotAcceptable",
        409 => "~ ^(Conflict|AlreadyExists)$",
        410 => "~ ^(Expired|Gone)$",
        413 => "RequestEntityTooLarge",
        415 => "UnsupportedMediaType",
        422 => "Invalid",
        _ => "<text>",
    }
}
