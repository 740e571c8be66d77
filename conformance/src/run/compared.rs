//! Whole exchanges, and what was recorded of a server of the same version.

use {
    super::Run,
    crate::{
        case::Need,
        expect::Mismatch,
        level::Level,
        snapshot,
        verdict::{Failure, Outcome},
    },
};

/// Which snapshots an exchange has to equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// None: they are about to be written.
    Nothing,
    /// Those of a kube-apiserver of the target's version.
    Kubernetes,
    /// Those of the emulator too, if the target is one.
    Everything,
}

impl Run {
    fn is_about_the_cap(&self, id: &str) -> bool {
        self.catalog.cases.get(id).is_some_and(|it| it.needs.contains(&Need::Capped))
    }

    /// Compares the whole exchange with what was recorded from a server of the same version.
    pub(super) fn compare(&self, id: &str, outcome: &Outcome) -> Option<Failure> {
        if self.level < Level::Observed {
            return None;
        }
        let snapshot = self.catalog.snapshots.get(id)?;
        let server = self.target.facts.server();
        if self.longest.is_some_and(|it| it != RECORDED_CAP) && self.is_about_the_cap(id) {
            return None;
        }
        // A cluster that was named is not the one that was recorded.
        let own = self.target.cluster.is_none();
        let emulator = own && self.target.facts.features.contains(&Need::Clock);
        let applies = match self.compared {
            Compared::Nothing => false,
            _ if snapshot.recorded_from == server => true,
            Compared::Kubernetes => false,
            Compared::Everything => emulator && snapshot.recorded_from == snapshot::EMULATOR,
        };
        if !applies {
            return None;
        }
        let recorded = snapshot.section(outcome.variant.recorded_as()).unwrap_or_default();
        let got = snapshot::section(&outcome.transcript);
        let (expected, got) = first_difference(recorded, &got)?;
        let mismatch = Mismatch::new(Level::Observed, "snapshot", expected, got);
        Some(Failure { step: outcome.transcript.len().saturating_sub(1), mismatch })
    }
}

/// The cap on lifetimes of the servers that were recorded, where they had one.
const RECORDED_CAP: i64 = 7200;

/// The first line that differs, with its number.
fn first_difference(expected: &str, got: &str) -> Option<(String, String)> {
    let (mut left, mut right) = (expected.lines(), got.lines());
    for number in 1usize.. {
        match (left.next(), right.next()) {
            (None, None) => return None,
            (left, right) if left == right => {}
            (left, right) => {
                let shown = |it: Option<&str>| format!("line {number}: {}", it.unwrap_or("(end)"));
                return Some((shown(left), shown(right)));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_different_line_is_shown() {
        assert_eq!(first_difference("a\nb", "a\nb"), None);
        let (expected, got) = first_difference("a\nb", "a").unwrap();
        assert_eq!((expected.as_str(), got.as_str()), ("line 2: b", "line 2: (end)"));
    }
}
