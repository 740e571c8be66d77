//! Durations as Go's package `time` reads them.

use crate::codec::quote::quote_time;

/// Nanoseconds of a duration such as `1h30m`; an error text when it is none.
pub fn parse(text: &str) -> Result<i64, String> {
    let error = |what: &str| format!("time: {what} duration {}", quote_time(text));
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned == "0" {
        return Ok(0);
    }
    if unsigned.is_empty() {
        return Err(error("invalid"));
    }
    let mut total = 0_u64;
    let mut rest = unsigned;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => digits(after),
            None => ("", after),
        };
        let number = whole_number(whole).ok_or_else(|| error("invalid"))?;
        if whole.is_empty() && fraction.is_empty() {
            return Err(error("invalid"));
        }
        let end = after.find(|character: char| character == '.' || character.is_ascii_digit());
        let (name, after) = after.split_at(end.unwrap_or(after.len()));
        if name.is_empty() {
            return Err(error("missing unit in"));
        }
        let unit =
            unit(name).ok_or_else(|| error(&format!("unknown unit {} in", quote_time(name))))?;
        total = number
            .checked_mul(unit)
            .and_then(|whole| whole.checked_add(part(fraction, unit)))
            .and_then(|part| total.checked_add(part))
            .filter(|total| *total <= 1 << 63)
            .ok_or_else(|| error("invalid"))?;
        rest = after;
    }
    if text.starts_with('-') {
        return Ok(0_i64.wrapping_sub_unsigned(total));
    }
    i64::try_from(total).map_err(|_| error("invalid"))
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

fn whole_number(digits: &str) -> Option<u64> {
    if digits.is_empty() {
        Some(0)
    } else {
        digits.parse().ok().filter(|number| *number <= 1 << 63)
    }
}

// The digits after the point, as far as they matter, in nanoseconds.
fn part(digits: &str, unit: u64) -> u64 {
    let digits = &digits[..digits.len().min(18)];
    let number: u128 = digits.parse().unwrap_or(0);
    let scale = 10_u128.pow(u32::try_from(digits.len()).unwrap_or(0));
    u64::try_from(number * u128::from(unit) / scale).unwrap_or(0)
}

fn unit(name: &str) -> Option<u64> {
    Some(match name {
        "ns" => 1,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("0", 0)]
    #[case("1h30m", 5_400_000_000_000)]
    #[case("-1.5s", -1_500_000_000)]
    #[case(".5ms", 500_000)]
    #[case("+2us3ns", 2_003)]
    fn durations_are_read(#[case] text: &str, #[case] expected: i64) {
        assert_eq!(parse(text), Ok(expected));
    }

    #[rstest]
    #[case("abc", "time: invalid duration \"abc\"")]
    #[case("-", "time: invalid duration \"-\"")]
    #[case("5", "time: missing unit in duration \"5\"")]
    #[case("5x", "time: unknown unit \"x\" in duration \"5x\"")]
    #[case("9999999999h", "time: invalid duration \"9999999999h\"")]
    #[case("1s.", "time: invalid duration \"1s.\"")]
    fn errors_are_those_of_go(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(parse(text).unwrap_err(), expected);
    }
}
