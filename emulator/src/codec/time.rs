//! Times as text: RFC 3339 as Go's package `time` reads it, leniency and error texts included.

use {crate::codec::quote::quote_time, std::fmt::Write as _};

const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";

/// Seconds since 1970 of Go's zero time, which documents show as absent.
pub const ZERO: i64 = -62_135_596_800;

/// Seconds since 1970 of a time written as RFC 3339; fractions are cut off.
pub fn parse(text: &str) -> Result<i64, String> {
    let mut parser = Parser { text, rest: text };
    let year = parser.year()?;
    parser.literal("-")?;
    let month = parser.number("01", true)?;
    if !(1..=12).contains(&month) {
        return Err(parser.out_of_range("month"));
    }
    parser.literal("-")?;
    let day = parser.number("02", true)?;
    parser.literal("T")?;
    let hour = parser.in_range("15", false, 23, "hour")?;
    parser.literal(":")?;
    let minute = parser.in_range("04", true, 59, "minute")?;
    parser.literal(":")?;
    let second = parser.in_range("05", true, 59, "second")?;
    parser.fraction();
    let offset = parser.offset()?;
    if !parser.rest.is_empty() {
        let extra = format!("extra text: {}", quote_time(parser.rest));
        return Err(parser.failed(&extra));
    }
    if day < 1 || day > days_in(year, month) {
        return Err(parser.out_of_range("day"));
    }
    let days = days_from_civil(year, month, day);
    Ok(days * 86_400 + hour * 3_600 + minute * 60 + second - offset)
}

/// A time in UTC, in whole seconds: `2026-01-02T03:04:05Z`.
pub fn format(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil_from_days(days);
    let mut text = String::with_capacity(20);
    let sign = if year < 0 { "-" } else { "" };
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "{sign}{:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        year.unsigned_abs(),
        second / 3_600,
        second / 60 % 60,
        second % 60
    );
    text
}

/// A time in UTC with its microseconds: `2026-01-02T03:04:05.000006Z`.
pub fn format_micros(seconds: i64, micros: i64) -> String {
    let text = format(seconds);
    format!("{}.{:06}Z", text.trim_end_matches('Z'), micros.clamp(0, 999_999))
}

/// The microseconds of a time that can be parsed.
pub fn micros(text: &str) -> i64 {
    let fraction = text.split_once('.').map(|(_, fraction)| fraction).unwrap_or("");
    let digits =
        fraction.bytes().take_while(u8::is_ascii_digit).map(|digit| i64::from(digit - b'0'));
    digits.chain(std::iter::repeat(0)).take(6).fold(0, |micros, digit| micros * 10 + digit)
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
}

impl Parser<'_> {
    fn bytes(&self) -> &[u8] {
        self.rest.as_bytes()
    }

    fn digit(&self, at: usize) -> Option<i64> {
        let byte = self.bytes().get(at)?;
        byte.is_ascii_digit().then(|| i64::from(byte - b'0'))
    }

    fn cut(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or("");
    }

    fn year(&mut self) -> Result<i64, String> {
        let digits: Option<i64> = (0..4).try_fold(0, |year, at| Some(year * 10 + self.digit(at)?));
        let year = digits.ok_or_else(|| self.expected("2006"))?;
        self.cut(4);
        Ok(year)
    }

    fn literal(&mut self, literal: &'static str) -> Result<(), String> {
        match self.rest.strip_prefix(literal) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => Err(self.expected(literal)),
        }
    }

    fn number(&mut self, element: &'static str, two_digits: bool) -> Result<i64, String> {
        let first = self.digit(0).ok_or_else(|| self.expected(element))?;
        match self.digit(1) {
            Some(second) => {
                self.cut(2);
                Ok(first * 10 + second)
            }
            None if two_digits => Err(self.expected(element)),
            None => {
                self.cut(1);
                Ok(first)
            }
        }
    }

    fn in_range(
        &mut self,
        element: &'static str,
        two_digits: bool,
        most: i64,
        name: &str,
    ) -> Result<i64, String> {
        let number = self.number(element, two_digits)?;
        if number > most { Err(self.out_of_range(name)) } else { Ok(number) }
    }

    fn fraction(&mut self) {
        if matches!(self.bytes().first(), Some(b'.' | b',')) && self.digit(1).is_some() {
            let digits = self.bytes()[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            self.cut(1 + digits);
        }
    }

    fn offset(&mut self) -> Result<i64, String> {
        if self.rest.starts_with('Z') {
            self.cut(1);
            return Ok(0);
        }
        let two = |at| Some(self.digit(at)? * 10 + self.digit(at + 1)?);
        let bytes = self.bytes();
        let shape = bytes.len() >= 6 && bytes[3] == b':';
        let (hours, minutes) = if shape { (two(1), two(4)) } else { (None, None) };
        if shape && self.rest.is_char_boundary(6) {
            // The range is looked at before anything else that may be wrong.
            let after = Parser { text: self.text, rest: &self.rest[6..] };
            if hours.is_some() && minutes.is_some_and(|minutes| minutes > 60) {
                return Err(after.out_of_range("time zone offset minute"));
            }
            if hours.is_some_and(|hours| hours > 24) {
                return Err(after.out_of_range("time zone offset hour"));
            }
        }
        let sign = match bytes.first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Err(self.expected("Z07:00")),
        };
        let (Some(hours), Some(minutes)) = (hours, minutes) else {
            return Err(self.expected("Z07:00"));
        };
        self.cut(6);
        Ok(sign * (hours * 60 + minutes) * 60)
    }

    fn expected(&self, element: &str) -> String {
        format!(
            "parsing time {} as {}: cannot parse {} as {}",
            quote_time(self.text),
            quote_time(LAYOUT),
            quote_time(self.rest),
            quote_time(element)
        )
    }

    fn out_of_range(&self, name: &str) -> String {
        self.failed(&format!("{name} out of range"))
    }

    fn failed(&self, why: &str) -> String {
        format!("parsing time {}: {why}", quote_time(self.text))
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

// Days since 1970 in the proleptic Gregorian calendar, by counting years from March so that the
// leap day is the last of its year.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[test]
    fn microseconds_are_read_and_written() {
        for (text, expected) in [("00Z", 0), ("00.5Z", 500_000), ("00.0000019+01:00", 1)] {
            assert_eq!(micros(&format!("2026-01-02T03:04:{text}")), expected, "{text}");
        }
        assert_eq!(format_micros(0, 6), "1970-01-01T00:00:00.000006Z");
    }

    #[rstest]
    #[case("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z")]
    #[case("2026-01-02T03:04:05.999999999+02:00", "2026-01-02T01:04:05Z")]
    #[case("2026-01-02T3:04:05,5Z", "2026-01-02T03:04:05Z")]
    #[case("2024-02-29T23:59:59-01:00", "2024-03-01T00:59:59Z")]
    #[case("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z")]
    #[case("0000-01-01T00:00:00+10:00", "-0001-12-31T14:00:00Z")]
    #[case("1969-12-31T24:00:00Z", "")]
    fn times_are_read_and_written(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(parse(text).map(format).unwrap_or_default(), expected);
    }

    #[rstest]
    #[case("x", "\"x\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"x\" as \"2006\"")]
    #[case("", "\"\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as \"2006\"")]
    #[case("2026-13-01T00:00:00Z", "\"2026-13-01T00:00:00Z\": month out of range")]
    #[case("2026-02-29T00:00:00Z", "\"2026-02-29T00:00:00Z\": day out of range")]
    #[case("2026-01-01T24:00:00Z", "\"2026-01-01T24:00:00Z\": hour out of range")]
    #[case("2026-01-01T00:00:00Zx", "\"2026-01-01T00:00:00Zx\": extra text: \"x\"")]
    fn errors_are_those_of_go(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(parse(text).unwrap_err(), format!("parsing time {expected}"));
    }

    #[test]
    fn zero_is_the_first_day_of_year_one() {
        assert_eq!(parse("0001-01-01T00:00:00Z"), Ok(ZERO));
    }
}
