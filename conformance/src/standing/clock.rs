//! What holds for every time that a server reads from its clock: it is close to the last one that it
//! told, when it made what the case was given.

use {
    crate::expect::{Context, Mismatch},
    jiff::Timestamp,
    serde_json::Value,
};

/// How long a case may take, in seconds, with room to spare.
const LONGEST: i64 = 300;

/// What is wrong with a time that is now. Where the case moves the clock, nobody knows what is now.
pub(super) fn judge(what: &str, time: &Value, context: Context<'_>) -> Option<Mismatch> {
    judge_after(what, time, 0, context)
}

/// What is wrong with a time that is so many seconds from now.
pub(super) fn judge_after(
    what: &str,
    time: &Value,
    after: i64,
    context: Context<'_>,
) -> Option<Mismatch> {
    let read = |it: &Value| it.as_str()?.parse::<Timestamp>().ok();
    let (time, before) = (read(time)?, read(context.vars.get("now")?)?);
    let later = time.as_second() - before.as_second() - after;
    let expected = || format!("{after} s after {before}, or somewhat later");
    (!(-1..=LONGEST).contains(&later)).then(|| Mismatch::must(what, expected(), time))
}
