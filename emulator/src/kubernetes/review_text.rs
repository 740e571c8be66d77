//! What kube-apiserver says of a token that does not hold.

use {
    crate::{
        codec::quote::quote,
        tokens::{legacy::LegacyError, members::Undecodable, review::Error},
        world::objects::Kind,
    },
    std::fmt::Write,
};

/// What every unknown bearer token is called.
const INVALID: &str = "invalid bearer token";

/// The text of TokenReview's `status.error`: the words of the authenticators that refused it.
pub fn describe(error: &Error) -> String {
    let mut reasons = reasons(error);
    // The same is said once.
    reasons.dedup();
    match reasons.is_empty() {
        true => INVALID.to_owned(),
        false => format!("[{INVALID}, {}]", reasons.join(", ")),
    }
}

fn reasons(error: &Error) -> Vec<String> {
    match error {
        Error::Both(first, second) => [reasons(first), reasons(second)].concat(),
        error => reason(error).into_iter().collect(),
    }
}

fn reason(error: &Error) -> Option<String> {
    let reason = match error {
        Error::NotOurs | Error::Both(..) => return None,
        Error::NoKeyFound => "invalid signature, no keys found".to_owned(),
        Error::BadSignature => "go-jose/go-jose: error in cryptographic primitive".to_owned(),
        Error::BadHeader(why) | Error::BadClaim(why) => undecodable(why),
        Error::OtherIssuer(issuer) => format!("token issuer {} is invalid", quote(issuer)),
        Error::WrongAudience { token, wanted } => format!(
            "token audiences {} is invalid for the target audiences {}",
            list(token),
            list(wanted)
        ),
        Error::NotValidYet => "service account token is not valid yet".to_owned(),
        Error::Expired => "service account token has expired".to_owned(),
        Error::IssuedInTheFuture => "service account token is issued in the future".to_owned(),
        Error::Nameless => "resource name may not be empty".to_owned(),
        Error::NoNamespace => "the server could not find the requested resource".to_owned(),
        Error::BadName { what, name } => bad_name(what, name),
        Error::ServiceAccountNotFound(name) => format!("serviceaccounts \"{name}\" not found"),
        Error::OtherUid { kind, found, claimed } => other_uid(*kind, found, claimed),
        Error::ServiceAccountDeleted { namespace, name } => {
            format!("service account {namespace}/{name} has been deleted")
        }
        Error::BoundObjectGone => "service account token has been invalidated".to_owned(),
        Error::BoundToWebhook => "feature gate \"APIServerWebhookAuthenticationToken\" is \
                                  disabled, but token is webhook bound"
            .to_owned(),
        Error::Legacy(error) => legacy(error),
    };
    Some(reason)
}

// Source: apimachinery `pkg/api/validation/path/name.go`.
fn bad_name(what: &str, name: &str) -> String {
    let found = |part: &&str| name.contains(*part);
    let why: Vec<_> = match name {
        "." | ".." => vec![format!("may not be '{name}'")],
        _ => {
            let parts = ["/", "%"].into_iter().filter(found);
            parts.map(|part| format!("may not contain '{part}'")).collect()
        }
    };
    format!("invalid {what} {}: [{}]", quote(name), why.join(" "))
}

fn undecodable(why: &Undecodable) -> String {
    match why {
        Undecodable::Expected(expected) => format!("go-jose/go-jose/jwt: {expected}"),
        Undecodable::Type { found, wanted } => {
            format!("json: cannot unmarshal {found} into Go value of type {wanted}")
        }
        Undecodable::Duplicate(name) => format!("json: duplicate key '{name}' in object"),
    }
}

fn legacy(error: &LegacyError) -> String {
    match error {
        LegacyError::MissingClaim(claim) => format!("{claim} claim is missing"),
        LegacyError::OtherSubject => "sub claim is invalid".to_owned(),
        LegacyError::Invalidated => "Token has been invalidated".to_owned(),
        LegacyError::OtherToken => "Token does not match server's copy".to_owned(),
        LegacyError::ServiceAccountDeleted { namespace, name } => {
            format!("ServiceAccount {namespace}/{name} has been deleted")
        }
        LegacyError::OtherUid { found, claimed } => {
            format!("ServiceAccount UID ({found}) does not match claim ({claimed})")
        }
    }
}

fn other_uid(kind: Kind, found: &str, claimed: &str) -> String {
    let (object, claim) = match kind {
        Kind::Pod => ("pod", "service account pod ref claim"),
        Kind::Secret => ("secret", "service account secret ref claim"),
        Kind::Node => ("node", "service account node ref claim"),
        _ => ("service account", "claim"),
    };
    format!("{object} UID ({found}) does not match {claim} ({claimed})")
}

/// A list of texts as Go prints it with `%q`.
fn list(texts: &[String]) -> String {
    let mut list = String::from("[");
    for (index, text) in texts.iter().enumerate() {
        let space = if index == 0 { "" } else { " " };
        let _ = write!(list, "{space}{}", quote(text));
    }
    list.push(']');
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_of_nobody_gets_no_reason() {
        assert_eq!(describe(&Error::NotOurs), "invalid bearer token");
        assert_eq!(
            describe(&Error::Expired),
            "[invalid bearer token, service account token has expired]"
        );
    }

    #[test]
    fn audiences_are_quoted() {
        let error = Error::WrongAudience {
            token: vec!["a".to_owned(), "b\"".to_owned()],
            wanted: vec!["c".to_owned()],
        };
        assert_eq!(
            describe(&error),
            "[invalid bearer token, token audiences [\"a\" \"b\\\"\"] is invalid for the target \
             audiences [\"c\"]]"
        );
    }
}
