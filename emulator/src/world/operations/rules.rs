//! Which of the operations that begin from now on are to go wrong, and how often.

use {
    crate::world::operations::operation::{Failure, Verb},
    std::sync::{Mutex, MutexGuard, PoisonError},
};

/// Operations that are to fail: those that begin from now on and fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureRule {
    /// What is done to the cluster; `None` for anything.
    pub verb: Option<Verb>,
    /// What the target's name holds.
    pub target: String,
    /// How many of them; then the rule is forgotten.
    pub times: u32,
    /// What goes wrong with them.
    pub failure: Failure,
}

/// The rules, the oldest first.
#[derive(Debug, Default)]
pub struct FailureRules {
    rules: Mutex<Vec<FailureRule>>,
}

impl FailureRules {
    /// Lets operations fail that begin from now on.
    pub fn add(&self, rule: FailureRule) {
        self.lock().push(rule);
    }

    /// What is to fail.
    pub fn list(&self) -> Vec<FailureRule> {
        self.lock().clone()
    }

    /// Lets all operations end well again.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// What the first rule that fits has go wrong; its count goes down.
    pub(super) fn failure_of(&self, verb: Verb, target: &str) -> Option<Failure> {
        let mut rules = self.lock();
        let place = rules.iter().position(|rule| rule.fits(verb, target))?;
        let rule = &mut rules[place];
        rule.times = rule.times.saturating_sub(1);
        let failure = rule.failure.clone();
        if rule.times == 0 {
            rules.remove(place);
        }
        Some(failure)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<FailureRule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FailureRule {
    fn fits(&self, verb: Verb, target: &str) -> bool {
        self.verb.is_none_or(|wanted| wanted == verb) && target.contains(&self.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_fits_so_often_and_is_forgotten() {
        let rules = FailureRules::default();
        let failure = Failure { code: "ABORTED".to_owned(), message: "no".to_owned() };
        let (verb, target) = (Some(Verb::Create), "/c1".to_owned());
        rules.add(FailureRule { verb, target, times: 2, failure: failure.clone() });
        assert_eq!(rules.failure_of(Verb::Delete, "l/c1"), None);
        assert_eq!(rules.failure_of(Verb::Create, "l/c2"), None);
        assert_eq!(rules.failure_of(Verb::Create, "l/c1"), Some(failure.clone()));
        assert_eq!(rules.failure_of(Verb::Create, "l/c1"), Some(failure));
        assert_eq!(rules.failure_of(Verb::Create, "l/c1"), None);
        assert_eq!(rules.list(), []);
    }
}
