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
pub(super) struct Clock(Option<Timestamp>);

impl Clock {
    /// Notes a time that was told as past.
    pub(super) fn has_been(&mut self, time: &Value) {
        self.0 = self.0.max(read(time));
    }

    /// What begins now does not lie before what has been.
    pub(super) fn is_now(&mut self, what: &str, time: &Value, found: &mut Vec<Mismatch>) {
        if let (Some(latest), Some(now)) = (self.0, read(time))
            && now.checked_add(APART).is_ok_and(|it| it < latest)
        {
            found.push(Mismatch::new(Level::Should, what, format!("not before {latest}"), time));
        }
    }
}

/// What an operation did happened while it ran.
pub(super) fn within(what: &str, time: &Value, operation: &Value, found: &mut Vec<Mismatch>) {
    let metadata = &operation["metadata"];
    let (begun, ended) = (read(&metadata["createTime"]), read(&metadata["endTime"]));
    let Some(((begun, ended), at)) = begun.zip(ended).zip(read(time)) else { return };
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
