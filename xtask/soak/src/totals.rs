//! What came of the requests, by their kinds, and whether that is what they have to be answered.

use {
    crate::disturbances::Disturbances,
    std::{
        collections::{BTreeMap, BTreeSet},
        fmt,
    },
};

/// A kind of request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// How it is answered when nothing disturbs it.
    success: &'static [u16],
    /// How it may be answered after a disturbance.
    disturbed: &'static [u16],
    /// Whether a fault may end its connection.
    breaks: bool,
}

impl Kind {
    const fn new(name: &'static str, success: &'static [u16]) -> Self {
        Self { name, success, disturbed: &[], breaks: false }
    }

    const fn or(self, disturbed: &'static [u16]) -> Self {
        Self { disturbed, ..self }
    }

    const fn or_breaks(self) -> Self {
        Self { breaks: true, ..self }
    }
}

/// The status of a fault that refuses.
const LIMITED: u16 = 429;

pub(crate) static TOKEN: Kind = Kind::new("TokenRequest", &[201]).or(&[LIMITED]);
pub(crate) static REVIEW: Kind = Kind::new("TokenReview", &[201]).or(&[LIMITED]).or_breaks();
/// The cluster is gone after a reset of the state, and a token is too old after a move of the clock.
pub(crate) static EXCHANGE: Kind =
    Kind::new("generateAttachedClusterAgentToken", &[200]).or(&[400, 404]);
pub(crate) static SECRETS: Kind = Kind::new("list of secrets", &[200]).or_breaks();
pub(crate) static CREATE: Kind = Kind::new("create of a config map", &[201]);
/// What is deleted is gone after a reset of the state.
pub(crate) static DELETE: Kind = Kind::new("delete of a config map", &[200]).or(&[404]);
pub(crate) static COSTLY: Kind = Kind::new("config map with bad annotations", &[422]);
pub(crate) static WATCH: Kind = Kind::new("watch", &[200, 101]);

/// What came of the requests.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    answered: BTreeMap<&'static str, u64>,
    succeeded: BTreeSet<&'static str>,
    /// Refusals that only a fault orders.
    limited: u64,
    /// Connections that ended, as only a fault orders it.
    broken: u64,
    /// What nothing ordered.
    wrong: u64,
    first_wrong: Option<String>,
}

impl Totals {
    pub(crate) fn add(&mut self, other: Self) {
        for (kind, count) in other.answered {
            *self.answered.entry(kind).or_default() += count;
        }
        self.succeeded.extend(other.succeeded);
        self.limited += other.limited;
        self.broken += other.broken;
        self.wrong += other.wrong;
        self.first_wrong = self.first_wrong.take().or(other.first_wrong);
    }

    /// Counts an answer.
    pub(crate) fn note(&mut self, kind: &Kind, status: u16) {
        *self.answered.entry(kind.name).or_default() += 1;
        if kind.success.contains(&status) {
            self.succeeded.insert(kind.name);
        } else if !kind.disturbed.contains(&status) {
            self.note_wrong(kind, &format!("is answered {status}"));
        } else if status == LIMITED {
            self.limited += 1;
        }
    }

    /// Counts a request whose connection ended before its answer did.
    pub(crate) fn note_broken(&mut self, kind: &Kind, why: &dyn fmt::Display) {
        if kind.breaks {
            self.broken += 1;
        } else {
            self.note_wrong(kind, &format!("is not answered: {why}"));
        }
    }

    /// Counts what must not happen.
    pub(crate) fn note_wrong(&mut self, kind: &Kind, what: &str) {
        self.wrong += 1;
        self.first_wrong.get_or_insert_with(|| format!("{} {what}", kind.name));
    }

    /// What is not as it has to be after these disturbances.
    pub(crate) fn failures(&self, disturbances: &Disturbances) -> Vec<String> {
        let mut failures = disturbances.failures.clone();
        if let Some(first) = &self.first_wrong {
            failures.push(format!("{} requests went wrong; the first: {first}", self.wrong));
        }
        for kind in [&TOKEN, &REVIEW, &EXCHANGE, &SECRETS, &CREATE, &DELETE, &COSTLY, &WATCH] {
            if !self.succeeded.contains(kind.name) {
                failures.push(format!("no {} succeeded", kind.name));
            }
        }
        for (what, found, most) in [
            ("connections ended", self.broken, disturbances.breaking),
            ("requests were refused with 429", self.limited, disturbances.limiting),
        ] {
            if found > most {
                failures.push(format!("{found} {what}, but faults ordered at most {most}"));
            }
        }
        failures
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { answered, broken, limited, wrong, .. } = self;
        for (kind, count) in answered {
            writeln!(formatter, "{kind}: {count} answers")?;
        }
        write!(
            formatter,
            "{limited} refused and {broken} connections ended by faults, {wrong} wrong"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_succeeded() -> Totals {
        let mut totals = Totals::default();
        for kind in [&TOKEN, &REVIEW, &EXCHANGE, &SECRETS, &CREATE, &DELETE, &COSTLY, &WATCH] {
            totals.note(kind, kind.success[0]);
        }
        totals
    }

    #[test]
    fn each_kind_has_to_succeed() {
        let none = Disturbances::default();
        assert_eq!(all_succeeded().failures(&none), Vec::<String>::new());
        let failures = Totals::default().failures(&none);
        assert!(failures.contains(&"no TokenRequest succeeded".to_owned()), "{failures:?}");
    }

    #[test]
    fn a_status_that_nothing_ordered_is_named() {
        for (kind, status) in [(&TOKEN, 401), (&SECRETS, 429), (&COSTLY, 400), (&WATCH, 403)] {
            let mut totals = all_succeeded();
            totals.note(kind, status);
            let first = format!("{} is answered {status}", kind.name);
            let expected = format!("1 requests went wrong; the first: {first}");
            assert_eq!(totals.failures(&Disturbances::default()), [expected]);
        }
    }

    #[test]
    fn no_more_is_refused_or_ends_than_faults_order() {
        let mut totals = all_succeeded();
        totals.note(&TOKEN, 429);
        totals.note_broken(&SECRETS, &"it ended");
        let ordered = Disturbances { breaking: 1, limiting: 1, ..Disturbances::default() };
        assert_eq!(totals.failures(&ordered), Vec::<String>::new());
        assert_eq!(totals.failures(&Disturbances::default()).len(), 2);
    }

    #[test]
    fn a_connection_that_no_fault_ends_is_named() {
        let mut totals = all_succeeded();
        totals.note_broken(&TOKEN, &"it ended");
        let failures = totals.failures(&Disturbances { breaking: 9, ..Disturbances::default() });
        assert!(failures[0].ends_with("TokenRequest is not answered: it ended"), "{failures:?}");
    }
}
