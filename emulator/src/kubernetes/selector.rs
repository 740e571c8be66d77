//! Label and field selectors: which objects a list is about.
//!
//! Source: apimachinery `pkg/fields/selector.go`.

use {
    crate::{
        codec::quote::quote,
        kubernetes::{
            exchange::Exchange,
            label_selector::{self, Requirement, Test},
            metadata,
            status::Failure,
        },
        world::objects::{Kind, Object},
    },
    serde_json::Value,
};

/// What an object has to be like; all of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Selector {
    labels: Vec<Requirement>,
    fields: Vec<Requirement>,
}

/// The fields of a kind that can be selected by.
/// Source: kubernetes `pkg/apis/core/v1/conversion.go`.
fn selectable(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Pod => &[
            "metadata.name",
            "metadata.namespace",
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        Kind::Node => &["metadata.name", "spec.unschedulable"],
        Kind::Namespace => &["metadata.name", "status.phase"],
        Kind::Secret => &["metadata.name", "metadata.namespace", "type"],
        _ => &["metadata.name", "metadata.namespace"],
    }
}

/// Refuses fields that cannot be selected by.
pub fn check_fields(kind: Kind, selector: &Selector) -> Result<(), Failure> {
    let known = selectable(kind);
    let Some(unknown) = selector.fields.iter().find(|field| !known.contains(&field.key.as_str()))
    else {
        return Ok(());
    };
    let key = &unknown.key;
    Err(Failure::bad_request(match kind {
        Kind::Pod | Kind::Node | Kind::Namespace | Kind::Secret => {
            format!("field label not supported: {key}")
        }
        _ => format!(
            "{} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
            quote(key)
        ),
    }))
}

/// The selectors of a request.
pub fn read(exchange: &Exchange<'_>) -> Result<Selector, Failure> {
    let labels = exchange.query.get("labelSelector");
    let fields = exchange.query.get("fieldSelector");
    let fields = split(fields).into_iter().map(|term| comparison(&term));
    Ok(Selector {
        labels: label_selector::parse(labels).map_err(Failure::bad_request)?,
        fields: fields.collect::<Result<_, _>>()?,
    })
}

impl Selector {
    /// Whether every object is meant.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// Whether an object is meant.
    pub fn matches(&self, object: &Object) -> bool {
        let label = |key: &str| object.document["metadata"]["labels"][key].as_str();
        self.labels.iter().all(|requirement| requirement.accepts(label(&requirement.key)))
            && self.fields.iter().all(|field| field.accepts(Some(value(object, &field.key))))
    }
}

fn value<'a>(object: &'a Object, field: &str) -> &'a str {
    match field {
        "metadata.name" => metadata::text(&object.document, "name"),
        "metadata.namespace" => metadata::text(&object.document, "namespace"),
        _ => {
            let pointer = format!("/{}", field.replace('.', "/"));
            match object.document.pointer(&pointer) {
                Some(Value::String(text)) => text,
                Some(Value::Bool(true)) => "true",
                _ if matches!(field, "spec.hostNetwork" | "spec.unschedulable") => "false",
                _ => "",
            }
        }
    }
}

/// The terms of a selector: a comma behind a backslash does not part them.
fn split(selector: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut escaped = false;
    for character in selector.chars() {
        if character == ',' && !escaped {
            terms.push(String::new());
        } else if let Some(term) = terms.last_mut() {
            term.push(character);
        }
        escaped = character == '\\' && !escaped;
    }
    terms.retain(|term| !term.is_empty());
    terms
}

fn comparison(term: &str) -> Result<Requirement, Failure> {
    let mut places = term.char_indices().map(|(at, _)| term.split_at(at));
    let found = places.find_map(|(key, rest)| {
        let operators = ["!=", "==", "="].into_iter();
        operators.map(|it| (key, it, rest.strip_prefix(it))).find(|(_, _, rest)| rest.is_some())
    });
    let Some((key, operator, Some(value))) = found else {
        let message = format!("invalid selector: '{term}'; can't understand '{term}'");
        return Err(Failure::bad_request(message));
    };
    let values = [unescape(value)?].into();
    let test = if operator == "!=" { Test::NotIn(values) } else { Test::In(values) };
    Ok(Requirement { key: key.to_owned(), test })
}

fn unescape(value: &str) -> Result<String, Failure> {
    let bad = |what: &str| Failure::bad_request(format!("invalid field selector: {what}"));
    let mut text = String::with_capacity(value.len());
    let mut rest = value.chars();
    while let Some(character) = rest.next() {
        text.push(match character {
            '\\' => match rest.next() {
                Some(escaped @ ('\\' | ',' | '=')) => escaped,
                other => {
                    let other = other.map(String::from).unwrap_or_default();
                    return Err(bad(&format!("invalid escape sequence: \\{other}")));
                }
            },
            // Go prints the character's number.
            ',' | '=' => {
                let number = u32::from(character);
                return Err(bad(&format!("unescaped character in value: {number}")));
            }
            character => character,
        });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_compared() {
        for (term, value, accepted) in
            [("a=b", "b", true), ("a==b", "c", false), ("a!=b", "c", true), ("a!=b", "b", false)]
        {
            assert_eq!(comparison(term).unwrap().accepts(Some(value)), accepted, "{term}");
        }
        assert!(comparison("a").is_err());
        assert!(comparison("a=b=c").is_err());
        assert_eq!(split("a=b,c!=d\\,e,"), ["a=b", "c!=d\\,e"]);
    }
}
