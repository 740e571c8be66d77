//! `POST …/selfsubjectreviews`: who the caller is.
//!
//! Source: kubernetes `pkg/registry/authentication/selfsubjectreview/rest.go`.

use {
    crate::{
        kubernetes::{
            admission, body,
            exchange::{Exchange, Outcome, Reply},
            metadata, token_review,
        },
        world::clock::rfc3339,
    },
    serde_json::json,
};

/// Answers with the caller's own identity; nothing of the request is echoed.
pub fn create(exchange: &Exchange<'_>) -> Outcome {
    let api_version = "authentication.k8s.io/v1";
    let kind = "SelfSubjectReview";
    let output = body::accept(exchange)?;
    let (mut review, _) = body::read_created(exchange, api_version, kind)?;
    metadata::match_namespace(&mut review, "")?;
    metadata::dedup_owners(exchange, &mut review);
    let name = metadata::shown_name(&review);
    admission::deny_as(exchange, "selfsubjectreviews", "authentication.k8s.io", name)?;
    let object = json!({
        "kind": kind,
        "apiVersion": api_version,
        "metadata": { "creationTimestamp": rfc3339(exchange.world.clock.now()) },
        "status": { "userInfo": token_review::user(&exchange.caller) },
    });
    Ok(Reply::Object { status: 201, object, output })
}
