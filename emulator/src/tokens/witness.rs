//! Somebody who watches a token being checked, rule by rule, and has no say in it.

use serde_json::Value;

/// Hears of each rule before it is applied. When the check ends with an error, the rule heard of
/// last is the one that was broken.
pub trait Witness {
    /// A rule is applied: its name, what is looked at, and what it has to be.
    fn sees(&mut self, rule: &'static str, facts: impl FnOnce() -> Facts);

    /// The rule heard of last was broken, and the token is checked anew as one of another kind.
    fn begins_anew(&mut self) {}
}

/// What a rule looks at, and what it wants to see there.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// What is there.
    pub found: Value,
    /// What has to be there, in words or as values.
    pub wanted: Value,
}

/// Nobody watches; then it costs nothing.
#[derive(Debug)]
pub struct Nobody;

impl Witness for Nobody {
    fn sees(&mut self, _: &'static str, _: impl FnOnce() -> Facts) {}
}

impl Facts {
    /// What is found, and what is wanted.
    pub fn new(found: impl Into<Value>, wanted: impl Into<Value>) -> Self {
        Self { found: found.into(), wanted: wanted.into() }
    }
}
