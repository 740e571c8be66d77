//! Durations of settings, as Go writes them: `1h30m`, `200ms`, `0`.

use {crate::codec::duration, jiff::SignedDuration, std::time::Duration};

/// A duration that may be negative. Source: go `time.ParseDuration`.
pub fn signed(text: &str) -> Result<SignedDuration, String> {
    duration::parse(text).map(SignedDuration::from_nanos).map_err(|_| {
        format!(
            "{text:?} is no duration; durations are numbers with units (ns, us, ms, s, m, h), such \
             as 1h30m, 10s or 200ms, or 0"
        )
    })
}

/// A duration of zero or more.
pub fn unsigned(text: &str) -> Result<Duration, String> {
    Duration::try_from(signed(text)?)
        .map_err(|_| format!("{text:?} is negative; a duration here is 0 or more"))
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
