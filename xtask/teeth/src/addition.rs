//! What an answer may have too much: a member that nobody knows, one that says something, or a
//! header once more.

use serde_json::{Map, Value};

/// What could be added: to bodies of which kind, where (the last names of the place, `*` being any,
/// or all of them after a `/`), which member, and its value in JSON.
type Row = (&'static str, &'static str, &'static str, &'static str);

/// A member that nobody knows, wherever there are members.
const UNKNOWN: Row = ("", "*", "madeUp", r#""x""#);

/// When something is said to have been deleted that was not.
const GONE: &str = r#""2026-01-02T03:04:05Z""#;

/// Members that say something where they stand.
const TELLING: &[Row] = &[
    UNKNOWN,
    ("Namespace", "/ metadata", "deletionTimestamp", GONE),
    ("Pod", "/ metadata", "deletionTimestamp", GONE),
    ("Secret", "/ metadata", "deletionTimestamp", GONE),
    ("ServiceAccount", "/ metadata", "deletionTimestamp", GONE),
    ("List", "items * metadata", "deletionTimestamp", GONE),
    ("Secret", "/ metadata", "ownerReferences", r#"[{"kind": "Node", "name": "made-up"}]"#),
    ("", "keys *", "d", r#""AQAB""#),
    ("", "keys *", "x5u", r#""https://made-up.example/""#),
    ("List", "/ metadata", "continue", r#""bWFkZS11cA""#),
    ("Status", "details", "retryAfterSeconds", "1"),
    ("Status", "details", "name", r#""made-up""#),
    ("TokenRequest", "spec", "audiences", r#"["made-up"]"#),
    ("TokenRequest", "spec", "boundObjectRef", r#"{"kind": "Pod", "name": "made-up"}"#),
    ("TokenReview", "spec", "audiences", r#"["made-up"]"#),
    ("TokenReview", "status", "authenticated", "true"),
    ("TokenReview", "status", "error", r#""made up""#),
    ("TokenReview", "status", "audiences", r#"["made-up"]"#),
    ("TokenReview", "status", "user", r#"{"username": "made-up"}"#),
    ("TokenReview", "user", "uid", r#""made-up""#),
    ("Review", "extra", "authentication.kubernetes.io/credential-id", r#"["JTI=made-up"]"#),
    ("Review", "extra", "authentication.kubernetes.io/node-name", r#"["made-up"]"#),
    ("Review", "extra", "authentication.kubernetes.io/pod-name", r#"["made-up"]"#),
];

/// What a token may claim too much.
const CLAIMS: &[Row] = &[
    UNKNOWN,
    ("", "", "email", r#""admin@example.com""#),
    ("", "", "groups", r#"["system:masters"]"#),
    ("", "kubernetes.io", "pod", r#"{"name": "made-up", "uid": "made-up"}"#),
    ("", "kubernetes.io", "secret", r#"{"name": "made-up", "uid": "made-up"}"#),
    ("", "kubernetes.io", "node", r#"{"name": "made-up", "uid": "made-up"}"#),
    ("", "kubernetes.io", "warnafter", "1"),
];

/// What its header may say too much.
const HEADER: &[Row] = &[
    UNKNOWN,
    ("", "", "crit", r#"["exp"]"#),
    ("", "", "jku", r#""https://made-up.example/""#),
    ("", "", "typ", r#""JWT""#),
];

/// Of a longer list only the first and the last are added to.
const LONG: usize = 4;

/// Whose members are added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    Body,
    Claims,
    Header,
}

/// One member too much: where, its name, its value in JSON.
pub(crate) type Addition = (Vec<String>, &'static str, &'static str);

/// Every member that could be added.
pub(crate) fn all(value: &Value, whose: Whose) -> Vec<Addition> {
    let table = match whose {
        Whose::Body => TELLING,
        Whose::Claims => CLAIMS,
        Whose::Header => HEADER,
    };
    let kind = value["kind"].as_str().unwrap_or_default();
    let mut found = Vec::new();
    walk(value, &mut Vec::new(), &mut |path, members| {
        let fits = |(of, place, name, _): &&Row| {
            kind.ends_with(of) && !members.contains_key(*name) && is_at(path, place)
        };
        found.extend(table.iter().filter(fits).map(|(.., name, it)| (path.to_vec(), *name, *it)));
    });
    found
}

/// Adds one; `None` when it is there, or nothing that it could be added to.
pub(crate) fn add(value: &mut Value, (path, name, member): &Addition) -> Option<()> {
    let mut at = value;
    for name in path {
        at = match at {
            Value::Object(members) => members.get_mut(name)?,
            Value::Array(elements) => elements.get_mut(name.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    let members = at.as_object_mut().filter(|it| !it.contains_key(*name))?;
    members.insert((*name).to_owned(), serde_json::from_str(member).ok()?);
    Some(())
}

/// A header that is said once more, with a value that takes back what it said first.
pub(crate) fn again(name: &str) -> Option<&'static str> {
    match name {
        "cache-control" => Some("public, max-age=3600"),
        "content-type" => Some("text/html"),
        "warning" => Some("299 - \"made up\""),
        "x-content-type-options" => Some("sniff"),
        "audit-id" | "vary" | "allow" => Some("made-up"),
        _ => None,
    }
}

/// Headers that no kube-apiserver has, and a client may act on.
pub(crate) const FOREIGN: &[(&str, &str)] =
    &[("set-cookie", "made=up"), ("access-control-allow-origin", "*")];

fn is_at(path: &[String], place: &str) -> bool {
    let names: Vec<&str> = place.split(' ').filter(|it| !it.is_empty()).collect();
    if place == "*" {
        return true;
    }
    if let ["/", names @ ..] = &names[..] {
        return path == names;
    }
    if names.is_empty() {
        return path.is_empty();
    }
    let fits = |(name, it): (&&str, &String)| *name == "*" || *name == it;
    path.len() >= names.len() && names.iter().rev().zip(path.iter().rev()).all(fits)
}

fn walk(
    value: &Value,
    path: &mut Vec<String>,
    visit: &mut impl FnMut(&[String], &Map<String, Value>),
) {
    match value {
        Value::Object(members) => {
            visit(path, members);
            for (name, value) in members {
                path.push(name.clone());
                walk(value, path, visit);
                path.pop();
            }
        }
        Value::Array(elements) => {
            for (at, value) in elements.iter().enumerate() {
                if elements.len() <= LONG || at == 0 || at + 1 == elements.len() {
                    path.push(at.to_string());
                    walk(value, path, visit);
                    path.pop();
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_member_is_added_where_it_says_something() {
        let review = json!({"kind": "TokenReview", "status": {"user": {"uid": "u", "extra": {}}}});
        let added: Vec<String> = all(&review, Whose::Body)
            .iter()
            .map(|(it, name, _)| format!("{} {name}", it.join(".")))
            .collect();
        for there in ["status audiences", "status.user.extra madeUp", " madeUp"] {
            assert!(added.contains(&there.to_owned()), "{added:?}");
        }
        assert!(!added.contains(&"status.user uid".to_owned()), "{added:?}");
    }

    #[test]
    fn a_member_is_added_once() {
        let mut claims = json!({"kubernetes.io": {}});
        let addition = (vec!["kubernetes.io".to_owned()], "warnafter", "1");
        assert_eq!(add(&mut claims, &addition), Some(()));
        assert_eq!(claims, json!({"kubernetes.io": {"warnafter": 1}}));
        assert_eq!(add(&mut claims, &addition), None);
    }
}
