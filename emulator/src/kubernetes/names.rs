//! What names may look like.
//!
//! Source: apimachinery `pkg/api/validation`, `pkg/util/validation`.

use {
    crate::{
        kubernetes::status::{Failure, FieldError},
        world::objects::Kind,
    },
    serde_json::Value,
};

/// The rule for most names, in the words of an error.
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
/// The rule for a namespace's name.
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

/// Refuses the segments of a path that name no object: empty ones, `.` and `..`, and those with a
/// percent sign.
pub fn check_segments(namespace: &str, name: &str) -> Result<(), Failure> {
    if namespace.is_empty() {
        return Err(Failure::bad_request("Namespace parameter required."));
    }
    if name.is_empty() {
        return Err(Failure::bad_request("name must be provided"));
    }
    if let Some(fault) = fault(namespace) {
        return Err(Failure::internal(&format!("invalid resource name {namespace:?}: [{fault}]")));
    }
    check_path_segment(name)
}

/// Refuses a name that cannot stand in a path.
pub fn check_path_segment(name: &str) -> Result<(), Failure> {
    match fault(name) {
        None => Ok(()),
        Some(fault) => {
            Err(Failure::bad_request(format!("Name parameter invalid: {name:?}: {fault}")))
        }
    }
}

/// What is wrong with an object's name, if anything is.
pub fn check_name(kind: Kind, name: &str) -> Option<FieldError> {
    let (longest, rule, valid) = match kind {
        Kind::Namespace => (63, LABEL, is_label(name)),
        Kind::Role | Kind::RoleBinding | Kind::ClusterRole | Kind::ClusterRoleBinding => {
            let fault = fault(name)?;
            return Some(FieldError::invalid("metadata.name", &Value::from(name), fault));
        }
        _ => (253, SUBDOMAIN, name.split('.').all(is_label)),
    };
    let field = "metadata.name";
    if !valid {
        return Some(FieldError::invalid(field, &Value::from(name), rule));
    }
    let detail = format!("must be no more than {longest} bytes");
    (name.len() > longest).then(|| FieldError::invalid(field, &Value::from(name), &detail))
}

fn fault(name: &str) -> Option<&'static str> {
    match name {
        "." => Some("may not be '.'"),
        ".." => Some("may not be '..'"),
        _ if name.contains('/') => Some("may not contain '/'"),
        _ if name.contains('%') => Some("may not contain '%'"),
        _ => None,
    }
}

fn is_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    let inner = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let [first, .., last] = bytes else {
        return matches!(bytes, [b'a'..=b'z' | b'0'..=b'9']);
    };
    bytes.iter().all(inner) && *first != b'-' && *last != b'-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lowercase_subdomains() {
        for (name, valid) in
            [("a", true), ("a-1.b", true), ("-a", false), ("a.", false), ("A", false), ("", false)]
        {
            assert_eq!(check_name(Kind::Secret, name).is_none(), valid, "{name}");
        }
        assert!(check_name(Kind::Namespace, "a.b").is_some());
        assert!(check_name(Kind::ClusterRole, "system:x").is_none());
    }
}
