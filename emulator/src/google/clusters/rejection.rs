//! Why a subject token is not accepted: a sentence for people, a reason for programs. None of them
//! repeats the token, and none is a 401, which would speak of the bearer.

use crate::{google::status::Status, tokens::exchange::Rejection};

/// The error for a rejection; `audience` is the one that was asked for.
pub(super) fn rejected(rejection: &Rejection, audience: Option<&str>) -> Status {
    let (reason, sentence) = match rejection {
        Rejection::Malformed => {
            ("SUBJECT_TOKEN_MALFORMED", "The subject token is not a signed JWT.")
        }
        Rejection::Algorithm => (
            "SUBJECT_TOKEN_ALGORITHM_UNSUPPORTED",
            "The subject token is not signed with a supported algorithm.",
        ),
        Rejection::Critical => (
            "SUBJECT_TOKEN_CRITICAL_HEADER",
            "The subject token's header demands an extension that is not supported.",
        ),
        Rejection::UnknownKey => (
            "SUBJECT_TOKEN_KEY_UNKNOWN",
            "The key that signed the subject token is not among the issuer's keys.",
        ),
        Rejection::KeyAlgorithm => (
            "SUBJECT_TOKEN_ALGORITHM_MISMATCH",
            "The subject token's algorithm is not the one of the key that it names.",
        ),
        Rejection::Signature => ("SUBJECT_TOKEN_SIGNATURE_INVALID", "Invalid JWT Signature."),
        Rejection::Claim(claim) => return missing(claim),
        Rejection::Issuer => (
            "SUBJECT_TOKEN_ISSUER_MISMATCH",
            "The issuer of the subject token is not the issuer of the cluster.",
        ),
        Rejection::Audience(audiences) => return other_audience(audiences, audience),
        Rejection::Expired => ("SUBJECT_TOKEN_EXPIRED", "The subject token has expired."),
        Rejection::NotYetValid => {
            ("SUBJECT_TOKEN_NOT_YET_VALID", "The subject token is not valid yet.")
        }
        Rejection::IssuedInFuture => {
            ("SUBJECT_TOKEN_ISSUED_IN_FUTURE", "The subject token was issued in the future.")
        }
        Rejection::TooLong => (
            "SUBJECT_TOKEN_LIFETIME_TOO_LONG",
            "The subject token expires 48 hours or more after it was issued.",
        ),
    };
    Status::bad_field_because("subject_token", sentence, reason)
}

fn missing(claim: &str) -> Status {
    let sentence = format!("The subject token has no valid claim \"{claim}\".");
    Status::bad_field_because("subject_token", &sentence, "SUBJECT_TOKEN_CLAIM_INVALID")
}

fn other_audience(audiences: &[String], expected: Option<&str>) -> Status {
    let audiences = audiences.join(", ");
    let expected = expected.unwrap_or_default();
    let sentence = format!(
        "The audience in ID Token [{audiences}] does not match the expected audience {expected}."
    );
    Status::bad_field_because("subject_token", &sentence, "SUBJECT_TOKEN_AUDIENCE_MISMATCH")
}
