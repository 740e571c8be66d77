//! What is wrong with a YAML file: where, and of which kind. What stands there is not told, since
//! it may be a credential.

use serde_saphyr::Error;

/// The line, the column and the kind of an error.
pub(super) fn told(error: &Error) -> String {
    let kind = match error.without_snippet() {
        Error::Eof { .. } => "the text ends too early",
        Error::MultipleDocuments { .. } => "there is more than one document",
        Error::DuplicateMappingKey { .. } => "a key is given twice",
        Error::UnknownAnchor { .. } => "an alias names no anchor",
        Error::InvalidUtf8Input => "the text is not UTF-8",
        Error::Unexpected { expected, .. } => return at(error, &format!("{expected} is wanted")),
        Error::ExternalMessage { .. } => "this is not YAML (indentation, quotes, brackets)",
        _ => "the value cannot be read",
    };
    at(error, kind)
}

fn at(error: &Error, kind: &str) -> String {
    match error.location() {
        Some(location) => {
            format!("line {}, column {}: {kind}", location.line(), location.column())
        }
        None => kind.to_owned(),
    }
}
