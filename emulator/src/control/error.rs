//! The errors of the controls: a sentence, and what would have been allowed.

use {
    crate::{
        api::Response,
        control::{CONTROLS, FOLDER, respond},
    },
    http::{
        StatusCode,
        header::{ALLOW, WWW_AUTHENTICATE},
    },
    serde_json::json,
};

/// Why a control was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Error {
    /// The bearer is missing or another.
    Unauthorized,
    /// There is no such path.
    NotFound,
    /// The path knows other methods.
    MethodNotAllowed(&'static str),
    /// The body says nothing that can be done.
    BadRequest(String),
    /// The seed could not be planted again.
    Seed(String),
}

/// Where a body is wrong, and not what serde says of it: that may hold a credential.
pub(super) fn place(error: &serde_json::Error) -> String {
    format!("the body is wrong at line {}, column {}", error.line(), error.column())
}

impl Error {
    pub(super) fn response(&self) -> Response {
        match self {
            Self::Unauthorized => {
                let error = "the controls want the bearer that --control-token names, as the header \
                             Authorization: Bearer TOKEN";
                respond(StatusCode::UNAUTHORIZED, &json!({"error": error}))
                    .with(WWW_AUTHENTICATE, "Bearer")
            }
            Self::NotFound => {
                let allowed = CONTROLS.map(|(name, _)| format!("{FOLDER}{name}"));
                let body = json!({"error": "there is no such control", "allowed": allowed});
                respond(StatusCode::NOT_FOUND, &body)
            }
            Self::MethodNotAllowed(methods) => {
                let allowed: Vec<_> = methods.split(", ").collect();
                let body = json!({"error": "the control takes other methods", "allowed": allowed});
                respond(StatusCode::METHOD_NOT_ALLOWED, &body).with(ALLOW, methods)
            }
            Self::BadRequest(error) => respond(StatusCode::BAD_REQUEST, &json!({"error": error})),
            Self::Seed(error) => {
                respond(StatusCode::INTERNAL_SERVER_ERROR, &json!({"error": error}))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_wrong_somewhere_and_is_not_repeated() {
        let error = serde_json::from_str::<u8>("\n \"hush\"").unwrap_err();
        assert_eq!(place(&error), "the body is wrong at line 2, column 7");
    }
}
