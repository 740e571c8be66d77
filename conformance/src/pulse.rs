//! A server's clock by ours: what it told of when it made things bounds how far it is ahead, the
//! closer the more it told. One time that contradicts the others is left out; nothing is known of a
//! server whose clocks disagree.

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// By how much the clocks of the servers behind one address may differ, in milliseconds.
const SLACK: i64 = 250;

/// A second in milliseconds.
const SECOND: i64 = 1000;

/// So many have to agree for each that contradicts them: one that is wrong is left out, and of
/// servers whose clocks differ nothing is known.
const TRUSTED: usize = 5;

/// By how many milliseconds a server is ahead of us: at least, at most.
type Ahead = (i64, i64);

/// What is known of it.
#[derive(Debug)]
pub struct Pulse {
    /// Where our own clock begins.
    start: Instant,
    heard: Mutex<Heard>,
}

#[derive(Debug)]
struct Heard {
    /// What each time that it told bounds.
    each: Vec<Ahead>,
    /// What they bound together.
    together: Option<Ahead>,
}

impl Default for Pulse {
    fn default() -> Self {
        let heard = Heard { each: Vec::new(), together: Some((i64::MIN / 2, i64::MAX / 2)) };
        Self { start: Instant::now(), heard: Mutex::new(heard) }
    }
}

impl Pulse {
    /// Somewhere between two moments it read this second.
    pub fn hear(&self, from: Instant, until: Instant, second: i64) {
        let least = second * SECOND - self.local(until);
        let most = (second + 1) * SECOND - self.local(from);
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.each.push((least, most));
        heard.together = together(&heard.each);
    }

    /// The first and the last second that it may read between two moments.
    pub fn seconds(&self, from: Instant, until: Instant) -> Option<(i64, i64)> {
        let (least, most) = self.heard.lock().unwrap_or_else(PoisonError::into_inner).together?;
        let first = self.local(from).saturating_add(least) - SLACK;
        let last = self.local(until).saturating_add(most) + SLACK;
        Some((first.div_euclid(SECOND), last.div_euclid(SECOND)))
    }

    fn local(&self, at: Instant) -> i64 {
        let passed = at.saturating_duration_since(self.start).as_millis();
        i64::try_from(passed).unwrap_or(i64::MAX / 4)
    }
}

/// The bounds in which most of them agree, if nearly all do.
fn together(each: &[Ahead]) -> Option<Ahead> {
    // Each begins and ends; at one place what begins comes first.
    let mut ends: Vec<(i64, bool)> = Vec::with_capacity(each.len() * 2);
    for (least, most) in each {
        ends.extend([(*least, false), (most.saturating_add(SLACK), true)]);
    }
    ends.sort_unstable();
    let (mut open, mut agreed, mut bounds) = (0_usize, 0, None);
    for (at, is_end) in ends {
        if !is_end {
            open += 1;
            if open > agreed {
                (agreed, bounds) = (open, Some((at, i64::MAX)));
            }
            continue;
        }
        if open == agreed {
            // Of several places where as many agree, it may be any.
            bounds = bounds.map(|(least, _)| (least, at - SLACK));
        }
        open -= 1;
    }
    let (least, most) = bounds?;
    let others = each.len() - agreed;
    (others * TRUSTED <= agreed).then_some((least.min(most), most.max(least)))
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
    }

    #[test]
    fn one_time_that_contradicts_the_others_is_left_out() {
        let pulse = Pulse::default();
        let at = |milliseconds| pulse.start + Duration::from_millis(milliseconds);
        let tell = |times: usize| {
            for _ in 0..times {
                pulse.hear(at(600), at(610), 70);
                pulse.hear(at(640), at(650), 71);
            }
        };
        tell(3);
        pulse.hear(at(2000), at(2001), 70);
        assert_eq!(pulse.seconds(at(900), at(910)), Some((71, 71)));
        pulse.hear(at(2000), at(2001), 99);
        assert_eq!(pulse.seconds(at(900), at(910)), None);
        tell(2);
        assert_eq!(pulse.seconds(at(900), at(910)), Some((71, 71)));
    }

    #[test]
    fn nothing_is_known_of_two_clocks_that_differ() {
        let pulse = Pulse::default();
        let at = |milliseconds| pulse.start + Duration::from_millis(milliseconds);
        for _ in 0..9 {
            pulse.hear(at(500), at(510), 70);
            pulse.hear(at(500), at(510), 72);
        }
        assert_eq!(pulse.seconds(at(0), at(9)), None);
    }
}
