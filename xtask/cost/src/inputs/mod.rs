//! The kinds of inputs: every list that a client may make as long as it likes.

mod google;
mod head;
mod kubernetes;
mod patches;
mod rules;
mod text;

use crate::input::Input;

/// All of them.
pub(crate) fn all() -> Vec<Input> {
    let parts =
        [kubernetes::all(), text::all(), patches::all(), head::all(), rules::all(), google::all()];
    parts.into_iter().flatten().collect()
}

/// So many texts, each with a number.
fn texts(count: usize, text: impl Fn(usize) -> String) -> Vec<String> {
    (0..count).map(text).collect()
}
