//! The one clock. Issuing, reviewing, exchanging and every check of a token's times follow it.

use {
    jiff::{SignedDuration, Timestamp},
    std::sync::Mutex,
};

/// A clock that runs with the system's, ahead of or behind it, or stands still.
#[derive(Debug, Default)]
pub struct Clock {
    state: Mutex<State>,
}

/// How the clock's time follows from the system's.
#[derive(Debug, Clone, Copy)]
enum State {
    /// The system's time and a difference.
    Running(SignedDuration),
    /// Always this time.
    Frozen(Timestamp),
}

impl Default for State {
    fn default() -> Self {
        Self::Running(SignedDuration::ZERO)
    }
}

/// The first time that tokens and objects can be written with: years have four digits.
const FIRST: Timestamp = Timestamp::constant(-62_135_596_800, 0);

/// A time outside of the years 1 to 9999.
#[derive(Debug, PartialEq, Eq)]
pub struct OutOfRange;

impl std::fmt::Display for OutOfRange {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the time is out of range; the years are 1 to 9999")
    }
}

impl std::error::Error for OutOfRange {}

impl Clock {
    /// The emulated time.
    pub fn now(&self) -> Timestamp {
        self.lock().now()
    }

    /// Whether the clock stands still.
    pub fn is_frozen(&self) -> bool {
        matches!(*self.lock(), State::Frozen(_))
    }

    /// Sets the time; a frozen clock stays frozen there, a running one runs on from it.
    pub fn set(&self, time: Timestamp) -> Result<(), OutOfRange> {
        let mut state = self.lock();
        *state = state.at(time)?;
        Ok(())
    }

    /// Moves the time on, or back.
    pub fn advance(&self, by: SignedDuration) -> Result<(), OutOfRange> {
        let mut state = self.lock();
        let time = state.now().checked_add(by).map_err(|_| OutOfRange)?;
        *state = state.at(time)?;
        Ok(())
    }

    /// Changes several things at once, or, when one of them fails, nothing.
    pub fn change(
        &self,
        change: impl FnOnce(&Self) -> Result<(), OutOfRange>,
    ) -> Result<(), OutOfRange> {
        let mut state = self.lock();
        let draft = Self { state: Mutex::new(*state) };
        change(&draft)?;
        *state = *draft.lock();
        Ok(())
    }

    /// Stops the clock where it is.
    pub fn freeze(&self) {
        let mut state = self.lock();
        *state = State::Frozen(state.now());
    }

    /// Lets a frozen clock run on from where it stands.
    pub fn resume(&self) {
        let mut state = self.lock();
        *state = State::Running(state.now().duration_since(system_time()));
    }

    /// Back to the system's time, running.
    pub fn reset(&self) {
        *self.lock() = State::default();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl State {
    fn now(self) -> Timestamp {
        match self {
            Self::Running(ahead) => system_time().saturating_add(ahead).unwrap_or(Timestamp::MAX),
            Self::Frozen(time) => time,
        }
    }

    fn at(self, time: Timestamp) -> Result<Self, OutOfRange> {
        if time < FIRST {
            return Err(OutOfRange);
        }
        Ok(match self {
            Self::Running(_) => Self::Running(time.duration_since(system_time())),
            Self::Frozen(_) => Self::Frozen(time),
        })
    }
}

fn system_time() -> Timestamp {
    Timestamp::now()
}

/// The whole second that a time lies in, as Kubernetes writes it: `2026-01-02T03:04:05Z`.
pub fn rfc3339(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_moves_only_when_told() {
        let clock = Clock::default();
        clock.freeze();
        let start = clock.now();
        assert_eq!(clock.now(), start);
        clock.advance(SignedDuration::from_hours(2)).unwrap();
        assert_eq!(clock.now(), start + SignedDuration::from_hours(2));
        assert!(clock.is_frozen());
    }

    #[test]
    fn a_clock_set_back_runs_on_from_there() {
        let clock = Clock::default();
        clock.set(Timestamp::UNIX_EPOCH).unwrap();
        assert!(clock.now() >= Timestamp::UNIX_EPOCH);
        assert!(clock.now() < Timestamp::from_second(3600).unwrap());
    }

    #[test]
    fn a_time_past_the_calendar_is_refused() {
        let clock = Clock::default();
        assert_eq!(clock.advance(SignedDuration::MAX), Err(OutOfRange));
        assert_eq!(clock.advance(SignedDuration::from_hours(-24 * 366 * 3000)), Err(OutOfRange));
        assert_eq!(clock.set("-000001-12-31T23:59:59Z".parse().unwrap()), Err(OutOfRange));
        clock.freeze();
        clock.set("0001-01-01T00:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(clock.advance(SignedDuration::from_nanos(-1)), Err(OutOfRange));
        assert_eq!(rfc3339(clock.now()), "0001-01-01T00:00:00Z");
    }

    #[test]
    fn times_are_cut_to_whole_seconds() {
        assert_eq!(rfc3339(Timestamp::from_millisecond(1_999).unwrap()), "1970-01-01T00:00:01Z");
    }
}
