//! What names, labels and keys may look like.
//!
//! Source: apimachinery `pkg/api/validation`, `pkg/util/validation`.

use crate::{codec::quote::quote, kubernetes::status::Failure, world::objects::Kind};

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/// Refuses a namespace that cannot stand in a path, as the one who looks it up does.
pub fn check_namespace_segment(namespace: &str) -> Result<(), Failure> {
    match segment_faults(namespace).first() {
        None => Ok(()),
        Some(fault) => {
            let name = quote(namespace);
            Err(Failure::internal(&format!("invalid resource name {name}: [{fault}]")))
        }
    }
}

/// Refuses a name that cannot stand in a path.
pub fn check_path_segment(name: &str) -> Result<(), Failure> {
    match segment_faults(name).first() {
        None => Ok(()),
        Some(fault) => {
            let name = quote(name);
            Err(Failure::bad_request(format!("Name parameter invalid: {name}: {fault}")))
        }
    }
}

/// What is wrong with an object's name, or with the start of one.
pub fn name_faults(kind: Kind, name: &str) -> Vec<&'static str> {
    let (valid, rule, longest) = match kind {
        Kind::Role | Kind::RoleBinding | Kind::ClusterRole | Kind::ClusterRoleBinding => {
            return segment_faults(name);
        }
        Kind::Namespace if !is_label(name) && is_subdomain(name) && name.contains('.') => {
            let longest = (name.len() > 63, "must be no more than 63 characters");
            return faults([longest, (true, "must not contain dots")]);
        }
        Kind::Namespace => (is_label(name), LABEL, (63, "must be no more than 63 characters")),
        _ => (is_subdomain(name), SUBDOMAIN, (253, "must be no more than 253 characters")),
    };
    faults([(name.len() > longest.0, longest.1), (!valid, rule)])
}

/// What is wrong with the key of a label, and with the name of a finalizer.
pub fn qualified_faults(key: &str) -> Vec<String> {
    let (prefix, name) = match key.split_once('/') {
        None => (None, key),
        Some((_, name)) if name.contains('/') => {
            return vec![format!(
                "a valid label key {QUALIFIED} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
        Some((prefix, name)) => (Some(prefix), name),
    };
    let mut found = Vec::new();
    match prefix {
        Some("") => found.push("prefix part must be non-empty".to_owned()),
        Some(prefix) if !is_subdomain(prefix) => found.push(format!("prefix part {SUBDOMAIN}")),
        _ => {}
    }
    let part = [
        (name.is_empty(), "must be non-empty"),
        (name.len() > 63, "must be no more than 63 bytes"),
        (!is_qualified(name), QUALIFIED),
    ];
    found.extend(faults(part).into_iter().map(|fault| format!("name part {fault}")));
    found
}

/// What is wrong with the value of a label.
pub fn label_value_faults(value: &str) -> Vec<&'static str> {
    let valid = value.is_empty() || is_qualified(value);
    faults([(value.len() > 63, "must be no more than 63 bytes"), (!valid, LABEL_VALUE)])
}

/// What is wrong with a key of a Secret or a ConfigMap.
pub fn config_key_faults(key: &str) -> Vec<&'static str> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let valid = !key.is_empty() && key.bytes().all(known);
    faults([
        (key.len() > 253, "must be no more than 253 bytes"),
        (!valid, CONFIG_KEY),
        (key == ".", "must not be '.'"),
        (key == "..", "must not be '..'"),
        (key != ".." && key.starts_with(".."), "must not start with '..'"),
    ])
}

fn segment_faults(name: &str) -> Vec<&'static str> {
    match name {
        "." => vec!["may not be '.'"],
        ".." => vec!["may not be '..'"],
        _ => faults([
            (name.contains('/'), "may not contain '/'"),
            (name.contains('%'), "may not contain '%'"),
        ]),
    }
}

fn faults<const N: usize>(rules: [(bool, &'static str); N]) -> Vec<&'static str> {
    rules.into_iter().filter(|(broken, _)| *broken).map(|(_, rule)| rule).collect()
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

fn is_qualified(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    text.bytes().all(inner) && edge(bytes.first()) && edge(bytes.last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lowercase_subdomains() {
        for (name, valid) in
            [("a", true), ("a-1.b", true), ("-a", false), ("a.", false), ("A", false), ("", false)]
        {
            assert_eq!(name_faults(Kind::Secret, name).is_empty(), valid, "{name}");
        }
        assert_eq!(name_faults(Kind::Namespace, "a.b"), ["must not contain dots"]);
        assert_eq!(name_faults(Kind::Namespace, "A"), [LABEL]);
        assert!(name_faults(Kind::ClusterRole, "system:x").is_empty());
        assert_eq!(name_faults(Kind::Role, "a%/").len(), 2);
    }

    #[test]
    fn keys_of_labels_are_qualified_names() {
        for (key, expected) in
            [("a", 0), ("b.c/A_d", 0), ("-a", 1), ("a/b/c", 1), ("/", 3), ("A/b", 1), ("", 2)]
        {
            assert_eq!(qualified_faults(key).len(), expected, "{key}");
        }
    }

    #[test]
    fn keys_of_a_secret_are_file_names() {
        for (key, valid) in [("a.b_C-1", true), ("a b", false), ("..", false), ("..a", false)] {
            assert_eq!(config_key_faults(key).is_empty(), valid, "{key}");
        }
    }
}
