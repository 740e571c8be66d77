//! Durations as Go writes them: `1h30m`, `200ms`, `0`.

use {jiff::SignedDuration, std::time::Duration};

/// The units, the longest first where one begins another.
const UNITS: [(&str, i128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// A duration that may be negative. Source: go `time.ParseDuration`.
pub fn signed(text: &str) -> Result<SignedDuration, String> {
    nanoseconds(text)
        .and_then(|nanoseconds| i64::try_from(nanoseconds).ok())
        .map(SignedDuration::from_nanos)
        .ok_or_else(|| {
            format!(
                "{text:?} is no duration; durations are numbers with units (ns, us, ms, s, m, h), \
                 such as 1h30m, 10s or 200ms, or 0"
            )
        })
}

/// A duration of zero or more.
pub fn unsigned(text: &str) -> Result<Duration, String> {
    Duration::try_from(signed(text)?)
        .map_err(|_| format!("{text:?} is negative; a duration here is 0 or more"))
}

fn nanoseconds(text: &str) -> Option<i128> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    } else if rest.is_empty() {
        return None;
    }
    let mut total = 0_i128;
    while !rest.is_empty() {
        let (amount, after) = one(rest)?;
        total = total.checked_add(amount)?;
        rest = after;
    }
    Some(sign * total)
}

/// One number with its unit, and what comes after.
fn one(text: &str) -> Option<(i128, &str)> {
    let (whole, text) = digits(text);
    let (fraction, text) = text.strip_prefix('.').map_or(("", text), digits);
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let (scale, text) =
        UNITS.iter().find_map(|(unit, scale)| Some((*scale, text.strip_prefix(unit)?)))?;
    let whole = if whole.is_empty() { 0 } else { whole.parse::<i128>().ok()? };
    // Nobody can tell apart what is behind the eighteenth place of an hour.
    let fraction = &fraction[..fraction.len().min(18)];
    let places = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    let part = if fraction.is_empty() { 0 } else { fraction.parse::<i128>().ok()? };
    Some((whole.checked_mul(scale)?.checked_add(part * scale / places)?, text))
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("0", 0)]
    #[case("0s", 0)]
    #[case("+0", 0)]
    #[case("200ms", 200_000_000)]
    #[case("10s", 10_000_000_000)]
    #[case("1h30m", 5_400_000_000_000)]
    #[case("1.5h", 5_400_000_000_000)]
    #[case(".5s", 500_000_000)]
    #[case("1.s", 1_000_000_000)]
    #[case("-30m", -1_800_000_000_000)]
    #[case("3us4µs5ns", 7_005)]
    #[case("2540400h", 9_145_440_000_000_000_000)]
    fn a_duration_is_read_as_go_reads_it(#[case] text: &str, #[case] nanoseconds: i64) {
        assert_eq!(signed(text).unwrap(), SignedDuration::from_nanos(nanoseconds));
    }

    #[rstest]
    #[case("")]
    #[case("-")]
    #[case("1")]
    #[case(".s")]
    #[case("1 h")]
    #[case("1d")]
    #[case("h")]
    #[case("1h-1m")]
    #[case("9999999999999999999999999999999999999999h")]
    #[case("2600000000h")]
    fn what_go_does_not_read_is_refused(#[case] text: &str) {
        assert!(signed(text).is_err());
    }

    #[test]
    fn a_setting_is_not_negative() {
        assert!(unsigned("-1s").unwrap_err().contains("0 or more"));
    }
}
