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

/// A rule that was applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Its name.
    pub rule: &'static str,
    /// What it looked at.
    pub facts: Facts,
    /// Whether it was kept.
    pub holds: bool,
}

/// A witness that writes everything down.
#[derive(Debug, Default)]
pub struct Checks(Vec<Check>);

impl Checks {
    /// What was checked, in its order; the last rule was broken unless the token was accepted.
    pub fn end(mut self, accepted: bool) -> Vec<Check> {
        if !accepted {
            self.begins_anew();
        }
        self.0
    }
}

impl Witness for Checks {
    fn sees(&mut self, rule: &'static str, facts: impl FnOnce() -> Facts) {
        self.0.push(Check { rule, facts: facts(), holds: true });
    }

    fn begins_anew(&mut self) {
        if let Some(last) = self.0.last_mut() {
            last.holds = false;
        }
    }
}

impl std::fmt::Display for Check {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Facts { found, wanted } = &self.facts;
        let verdict = if self.holds { "holds" } else { "broken" };
        write!(formatter, "{} {verdict}: found {found}, wanted {wanted}", self.rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rule_before_a_refusal_was_broken() {
        let mut checks = Checks::default();
        checks.sees("a", || Facts::new(1, 1));
        checks.sees("b", || Facts::new(1, 2));
        checks.begins_anew();
        checks.sees("a", || Facts::new(1, 1));
        let holds = |checks: Vec<Check>| checks.iter().map(|it| it.holds).collect::<Vec<_>>();
        assert_eq!(holds(checks.end(true)), [true, false, true]);
        let mut checks = Checks::default();
        checks.sees("a", || Facts::new(1, 2));
        let checks = checks.end(false);
        assert_eq!(checks[0].to_string(), "a broken: found 1, wanted 2");
    }
}
