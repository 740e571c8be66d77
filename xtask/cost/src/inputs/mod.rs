//! The kinds of inputs: every list that a client may make as long as it likes.

mod google;
mod head;
mod kubernetes;
mod patches;
mod rules;
mod text;

use {
    crate::input::Input,
    serde_json::{Map, Value},
};

/// All of them.
pub(crate) fn all() -> Vec<Input> {
    let parts =
        [kubernetes::all(), text::all(), patches::all(), head::all(), rules::all(), google::all()];
    parts.into_iter().flatten().collect()
}

/// A list of so many values.
fn each(count: usize, value: impl Fn(usize) -> Value) -> Value {
    (0..count).map(value).collect()
}

/// So many members of one value.
fn members_of(count: usize, key: &str, value: &Value) -> Value {
    let members = (0..count).map(|i| (format!("{key}{i}"), value.clone()));
    members.collect::<Map<_, _>>().into()
}

/// So many texts, each with a number.
fn texts(count: usize, text: impl Fn(usize) -> String) -> Vec<String> {
    (0..count).map(text).collect()
}
