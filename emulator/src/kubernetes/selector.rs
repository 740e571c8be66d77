//! Label and field selectors: which objects a list is about.
//!
//! Source: apimachinery `pkg/labels/selector.go`, `pkg/fields/selector.go`.

use crate::{
    kubernetes::{
        exchange::Exchange,
        field_selector,
        label_selector::{self, Term},
        selectable,
        status::Failure,
    },
    world::objects::Object,
};

/// What an object has to be like; all of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Selector {
    labels: Vec<Requirement>,
    fields: Vec<Requirement>,
}

#[derive(Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug, PartialEq, Eq)]
enum Test {
    /// In their order.
    In(Vec<String>),
    /// In their order.
    NotIn(Vec<String>),
    Exists,
    Absent,
    Greater(i64),
    Less(i64),
}

/// Refuses fields that cannot be selected by.
pub fn check_fields(exchange: &Exchange<'_>, selector: &Selector) -> Result<(), Failure> {
    let attributes = &exchange.attributes;
    let (group, plural) = (attributes.group, attributes.resource);
    selector.fields.iter().try_for_each(|field| {
        let refusal = selectable::refusal(group, plural, &field.key);
        refusal.map_or(Ok(()), |message| Err(Failure::bad_request(message)))
    })
}

/// The selectors of a request.
pub fn read(exchange: &Exchange<'_>) -> Result<Selector, Failure> {
    let labels = exchange.query.get("labelSelector");
    let fields = exchange.query.get("fieldSelector");
    let labels = label_selector::parse(labels).map_err(Failure::bad_request)?;
    let fields = field_selector::parse(fields).map_err(Failure::bad_request)?;
    Ok(Selector {
        labels: labels.into_iter().map(label).collect(),
        fields: fields.into_iter().map(field).collect(),
    })
}

impl Selector {
    /// Whether every object is meant.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// Means one object alone, unless fields mean others.
    pub fn narrow(&mut self, name: &str) -> Result<(), Failure> {
        let own = Test::In(vec![name.to_owned()]);
        let is_own = |field: &Requirement| field.key == "metadata.name" && field.test == own;
        if !self.fields.is_empty() && !self.fields.iter().any(is_own) {
            let message = "fieldSelector metadata.name doesn't match requested name";
            return Err(Failure::bad_request(message));
        }
        if self.fields.is_empty() {
            self.fields.push(Requirement { key: "metadata.name".to_owned(), test: own });
        }
        Ok(())
    }

    /// The value that a field has to have, where there is but one.
    pub fn exact(&self, field: &str) -> Option<&str> {
        self.fields.iter().filter(|it| it.key == field).find_map(|it| match &it.test {
            Test::In(values) => values.first().map(String::as_str),
            _ => None,
        })
    }

    /// Whether an object is meant.
    pub fn matches(&self, object: &Object) -> bool {
        let label = |key: &str| object.document["metadata"]["labels"][key].as_str();
        self.labels.iter().all(|requirement| requirement.accepts(label(&requirement.key)))
            && self.fields.iter().all(|it| it.accepts(Some(&selectable::value(object, &it.key))))
    }
}

impl Requirement {
    fn accepts(&self, value: Option<&str>) -> bool {
        let listed = |values: &[String]| {
            value
                .is_some_and(|value| values.binary_search_by(|one| one.as_str().cmp(value)).is_ok())
        };
        match &self.test {
            Test::In(values) => listed(values),
            Test::NotIn(values) => !listed(values),
            Test::Exists => value.is_some(),
            Test::Absent => value.is_none(),
            Test::Greater(limit) => number(value).is_some_and(|it| it > *limit),
            Test::Less(limit) => number(value).is_some_and(|it| it < *limit),
        }
    }
}

fn label(term: Term) -> Requirement {
    let limit = || number(term.values.first().map(String::as_str)).unwrap_or(0);
    let test = match term.operator {
        ">" => Test::Greater(limit()),
        "<" => Test::Less(limit()),
        "!" => Test::Absent,
        "exists" => Test::Exists,
        "notin" | "!=" => Test::NotIn(term.values),
        _ => Test::In(term.values),
    };
    Requirement { key: term.key, test }
}

fn number(value: Option<&str>) -> Option<i64> {
    value?.parse().ok()
}

fn field(term: field_selector::Term) -> Requirement {
    let values = vec![term.value];
    let test = if term.equal { Test::In(values) } else { Test::NotIn(values) };
    Requirement { key: term.field, test }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_of_labels_say_what_they_want() {
        for (term, value, accepted) in [
            ("a=b", Some("b"), true),
            ("a==b", Some("c"), false),
            ("a!=b", None, true),
            ("a", Some(""), true),
            ("!a", None, true),
            ("a in (b, c)", Some("c"), true),
            ("a notin (b,c)", Some("c"), false),
            ("a>1", Some("2"), true),
            ("a<1", Some("x"), false),
        ] {
            let parsed = label_selector::parse(term).unwrap().remove(0);
            assert_eq!(label(parsed).accepts(value), accepted, "{term} {value:?}");
        }
    }
}
