//! Times go on: whatever a server has told of lies behind it when it begins something new.

use {
    crate::{expect::Mismatch, level::Level},
    jiff::{SignedDuration, Timestamp},
    serde_json::Value,
};

/// How far the clocks of one service may be apart.
const APART: SignedDuration = SignedDuration::from_mins(1);

/// The latest time that was told.
#[derive(Debug, Default)]
pub(super) struct Clock {
    latest: Option<Timestamp>,
    /// What began before it was moved may begin afterwards.
    moved: bool,
}

impl Clock {
    /// It was moved.
    pub(super) fn move_it(&mut self) {
        *self = Self { latest: None, moved: true };
    }

    /// Notes when something began or was changed.
    pub(super) fn has_been(&mut self, time: &Value) {
        if !self.moved {
            self.latest = self.latest.max(read(time));
        }
    }

    /// Notes when something ended.
    pub(super) fn has_ended(&mut self, time: &Value) {
        self.latest = self.latest.max(read(time));
    }

    /// What begins now does not lie before what has been.
    pub(super) fn is_now(&mut self, what: &str, time: &Value, found: &mut Vec<Mismatch>) {
        if let (Some(latest), Some(now)) = (self.latest, read(time))
            && now.checked_add(APART).is_ok_and(|it| it < latest)
        {
            found.push(Mismatch::new(Level::Should, what, format!("not before {latest}"), time));
        }
    }
}

/// What an operation did happened while it ran.
pub(super) fn within(what: &str, time: &Value, operation: &Value, found: &mut Vec<Mismatch>) {
    let metadata = &operation["metadata"];
    is_between(what, (&metadata["createTime"], &metadata["endTime"]), time, found);
}

/// Two things happened at once.
pub(super) fn is_about(what: &str, expected: &Value, time: &Value, found: &mut Vec<Mismatch>) {
    is_between(what, (expected, expected), time, found);
}

fn is_between(what: &str, ends: (&Value, &Value), time: &Value, found: &mut Vec<Mismatch>) {
    let ends = read(ends.0).zip(read(ends.1));
    let Some(((begun, ended), at)) = ends.zip(read(time)) else { return };
    let apart = |it: Timestamp, other: Timestamp| it.duration_since(other) > APART;
    if apart(begun, at) || apart(at, ended) {
        let expected = format!("between {begun} and {ended}");
        found.push(Mismatch::new(Level::Should, what, expected, time));
    }
}

/// A time of an answer.
pub(super) fn read(time: &Value) -> Option<Timestamp> {
    time.as_str()?.parse().ok()
}
