//! A fact of a server that is known by a number: a few words, and why no client can see it, where
//! none can. What a server has to do about it stands in requirements.

use {crate::ordered::Ordered, serde::Deserialize};

/// The facts of one server, as `fixtures/facts/*.yaml` has them.
pub type Facts = Ordered<Fact>;

/// One fact.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Fact {
    /// One that cases check.
    Checked(String),
    /// One that none does.
    Unchecked(Unchecked),
}

/// A fact that no case checks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unchecked {
    /// What it is.
    pub is: String,
    /// Why no case checks it.
    pub unchecked: String,
}

/// Whose facts a file of requirements or a case speaks of: `google` or `kubernetes`.
pub fn server(file: &str) -> &'static str {
    let name = file.strip_prefix("fixtures/requirements/").or(file.strip_prefix("fixtures/"));
    if name.is_some_and(|it| it.starts_with("google")) { "google" } else { "kubernetes" }
}
