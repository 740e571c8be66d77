//! What holds for every time that a server reads from its clock: it is close to the last one that it
//! told, when it made what the case was given, and within the exchange that tells it.

use {
    crate::{
        expect::{Context, Mismatch},
        level::Level,
    },
    jiff::Timestamp,
    serde_json::Value,
};

/// How long a case may take, in seconds, with room to spare.
const LONGEST: i64 = 300;

/// What is wrong with a time that is now. Where the case moves the clock, nobody knows what is now.
pub(super) fn judge(what: &str, time: &Value, context: Context<'_>) -> Option<Mismatch> {
    let within = || judge_within(what, read(time)?, context);
    judge_after(what, time, 0, context).or_else(within)
}

/// What is wrong with a time that is so many seconds from now.
pub(super) fn judge_after(
    what: &str,
    time: &Value,
    after: i64,
    context: Context<'_>,
) -> Option<Mismatch> {
    let before = context.vars.get("now")?;
    let later = read(time)? - read(before)? - after;
    let expected = || format!("{after} s after {before}, or somewhat later");
    (!(-1..=LONGEST).contains(&later)).then(|| Mismatch::must(what, expected(), time))
}

/// A clock is read while a request is being answered.
pub(super) fn judge_within(what: &str, second: i64, context: Context<'_>) -> Option<Mismatch> {
    let (first, last) = context.seconds?;
    let expected = || format!("{first} to {last}, when it was asked for");
    (!(first..=last).contains(&second))
        .then(|| Mismatch::new(Level::Should, what, expected(), second))
}

fn read(time: &Value) -> Option<i64> {
    Some(time.as_str()?.parse::<Timestamp>().ok()?.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vars::Vars;

    #[test]
    fn a_time_lies_within_its_exchange() {
        let vars = Vars::default();
        let seconds = Some((1_767_323_045, 1_767_323_046));
        let context = Context { seconds, ..Context::of(&vars) };
        for (time, fits) in
            [("03:04:04", false), ("03:04:05", true), ("03:04:06", true), ("03:04:07", false)]
        {
            let time = format!("2026-01-02T{time}Z");
            assert_eq!(judge("time", &time.into(), context).is_none(), fits);
        }
    }
}
