//! A server's clock by ours: what it told of when it made things bounds how far it is ahead, the
//! closer the more it told. Nothing is known of a server whose clocks disagree.

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// By how much the clocks of the servers behind one address may differ, in milliseconds.
const SLACK: i64 = 250;

/// A second in milliseconds.
const SECOND: i64 = 1000;

/// What is known of it.
#[derive(Debug)]
pub struct Pulse {
    start: Instant,
    /// By how many milliseconds it is ahead of ours, which begins at `start`: at least, at most.
    ahead: Mutex<Option<(i64, i64)>>,
}

impl Default for Pulse {
    fn default() -> Self {
        Self { start: Instant::now(), ahead: Mutex::new(Some((i64::MIN / 2, i64::MAX / 2))) }
    }
}

impl Pulse {
    /// Somewhere between two moments it read this second.
    pub fn hear(&self, from: Instant, until: Instant, second: i64) {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((least, most)) = *ahead else { return };
        let least = least.max(second * SECOND - self.local(until));
        let most = most.min((second + 1) * SECOND - self.local(from));
        *ahead = (least - most <= SLACK).then_some((least.min(most), most.max(least)));
    }

    /// The first and the last second that it may read between two moments.
    pub fn seconds(&self, from: Instant, until: Instant) -> Option<(i64, i64)> {
        let (least, most) = (*self.ahead.lock().unwrap_or_else(PoisonError::into_inner))?;
        let first = self.local(from).saturating_add(least) - SLACK;
        let last = self.local(until).saturating_add(most) + SLACK;
        Some((first.div_euclid(SECOND), last.div_euclid(SECOND)))
    }

    fn local(&self, at: Instant) -> i64 {
        let passed = at.saturating_duration_since(self.start).as_millis();
        i64::try_from(passed).unwrap_or(i64::MAX / 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_second_is_known_the_better_the_more_were_told() {
        let pulse = Pulse::default();
        let at = |milliseconds| pulse.start + Duration::from_millis(milliseconds);
        assert!(pulse.seconds(at(0), at(9)).is_some_and(|(first, last)| first < 0 && last > 99));
        pulse.hear(at(500), at(510), 70);
        assert_eq!(pulse.seconds(at(500), at(510)), Some((69, 71)));
        // It began its next second within these two.
        pulse.hear(at(600), at(610), 70);
        pulse.hear(at(640), at(650), 71);
        assert_eq!(pulse.seconds(at(900), at(910)), Some((71, 71)));
        assert_eq!(pulse.seconds(at(1000), at(1100)), Some((71, 71)));
        pulse.hear(at(2000), at(2001), 70);
        assert_eq!(pulse.seconds(at(0), at(9)), None);
    }
}
