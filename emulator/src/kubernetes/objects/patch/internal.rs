//! What a patch leaves without a version: it is read as the form that is kept in memory, which
//! knows none of the names of the wire.
//!
//! Source: apimachinery `pkg/runtime/serializer/json/json.go`, `Decode`, `gvkWithDefaults`.

use {
    crate::{
        codec::{quote::quote, schema::kinds::INTERNAL},
        kubernetes::kinds::Resource,
    },
    serde_json::Value,
};

/// The text that a patched object is read from, given the one that it makes, and what is wrong with
/// it beforehand; or why it cannot be read.
pub(super) fn read(
    resource: &Resource,
    object: &Value,
    text: String,
) -> Result<(String, Vec<String>), String> {
    match look(resource, object) {
        Internal::Versioned => Ok((text, Vec::new())),
        Internal::Versionless => Err(format!("Object 'apiVersion' is missing in '{text}'")),
        Internal::Other(version) => {
            let mut other = object.clone();
            other["apiVersion"] = version.into();
            Ok((other.to_string(), Vec::new()))
        }
        Internal::Unknown(names) => {
            let told = |name: &String| format!("unknown field {}", quote(name));
            Ok(("{}".to_owned(), names.iter().map(told).collect()))
        }
    }
}

/// What becomes of an object whose version a patch took away.
#[derive(Debug, PartialEq, Eq)]
enum Internal {
    /// It has a version, or one that makes no sense.
    Versioned,
    /// It has a group that does not say which version is meant.
    Versionless,
    /// It is of another kind, of this version.
    Other(String),
    /// It is empty but for these members, which nobody knows.
    Unknown(Vec<String>),
}

/// Looks at what a patch has left.
fn look(resource: &Resource, object: &Value) -> Internal {
    let Some(members) = object.as_object() else { return Internal::Versioned };
    let text = |name: &str| match members.get(name) {
        None | Some(Value::Null) => Some(""),
        Some(value) => value.as_str(),
    };
    let (Some(api_version), Some(kind)) = (text("apiVersion"), text("kind")) else {
        return Internal::Versioned;
    };
    match api_version.strip_suffix('/').unwrap_or(api_version) {
        "" => {}
        group if group == api_version || group.contains('/') => return Internal::Versioned,
        group if group == resource.group => {}
        _ => return Internal::Versionless,
    }
    if kind.is_empty() || kind == resource.name {
        let names = members.keys().filter(|name| !matches!(name.as_str(), "apiVersion" | "kind"));
        let mut names: Vec<String> = names.cloned().collect();
        names.sort_unstable();
        return Internal::Unknown(names);
    }
    let group = resource.group;
    let separator = if group.is_empty() { "" } else { "/" };
    Internal::Other(format!("{group}{separator}{INTERNAL}"))
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::{kubernetes::kinds::of, world::objects::Kind},
        rstest::rstest,
        serde_json::json,
    };

    #[rstest]
    #[case(json!({"apiVersion": "v1", "kind": "ServiceAccount"}), Internal::Versioned)]
    #[case(json!({"apiVersion": "/v1", "kind": "ServiceAccount"}), Internal::Versioned)]
    #[case(json!({"apiVersion": "a/b/", "kind": "ServiceAccount"}), Internal::Versioned)]
    #[case(json!({"apiVersion": 5}), Internal::Versioned)]
    #[case(json!({"apiVersion": "v1/"}), Internal::Versionless)]
    #[case(json!({"apiVersion": "", "kind": "Pod"}), Internal::Other("__internal".to_owned()))]
    #[case(json!({"metadata": {}, "a": 1}), Internal::Unknown(vec!["a".to_owned(), "metadata".to_owned()]))]
    #[case(json!({"apiVersion": "/"}), Internal::Unknown(Vec::new()))]
    fn what_has_no_version_is_told_apart(#[case] object: Value, #[case] expected: Internal) {
        assert_eq!(look(of(Kind::ServiceAccount), &object), expected);
    }

    #[test]
    fn a_group_alone_means_its_form_in_memory() {
        let object = json!({"apiVersion": "rbac.authorization.k8s.io/"});
        assert_eq!(look(of(Kind::Role), &object), Internal::Unknown(Vec::new()));
    }
}
