//! What is wrong with a request's fields, in Google's words.

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// The field's path in snake_case; empty when the violation is of the request as a whole.
    pub(crate) field: String,
    /// What is wrong with it.
    pub(crate) description: String,
}

impl Violation {
    /// A name that means nothing where it stands: `at` is the path of the message around it.
    pub(crate) fn unknown_name(name: &str, at: &str, reason: &str) -> Self {
        let at_path = if at.is_empty() { String::new() } else { format!(" at '{at}'") };
        let description =
            format!("Invalid JSON payload received. Unknown name \"{name}\"{at_path}: {reason}");
        Self { field: at.to_owned(), description }
    }

    /// A value that its field cannot hold.
    pub(crate) fn invalid_value(at: &str, type_name: &str, value: &str) -> Self {
        let at_path = if at.is_empty() { String::new() } else { format!(" at '{at}'") };
        let description = format!("Invalid value{at_path} ({type_name}), {value}");
        Self { field: at.to_owned(), description }
    }

    /// All descriptions, as the message of one error.
    pub(crate) fn join(violations: &[Self]) -> String {
        let descriptions = violations.iter().map(|violation| violation.description.as_str());
        descriptions.collect::<Vec<_>>().join("\n")
    }
}
