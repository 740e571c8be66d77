//! Quantities (`100m`, `1Gi`, `1e3`) in the text that Kubernetes shows for them.
//! apimachinery: pkg/api/resource/quantity.go

const WRONG_FORMAT: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const WRONG_SUFFIX: &str = "unable to parse quantity's suffix";
const WRONG_NUMBER: &str = "unable to parse numeric part of quantity";

// The smallest powers of ten that are kept.
const NANO: i64 = -9;
const MILLI: i64 = -3;

// More digits than this are not counted; nothing that is measured has as many.
const MAX_DIGITS: usize = 30;

#[derive(Clone, Copy, PartialEq)]
enum Format {
    Decimal,
    Exponent,
    Binary,
}

struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    suffix: &'a str,
}

/// The canonical text of a quantity; an error text when it is none.
pub(super) fn canonical(text: &str) -> Result<String, &'static str> {
    rounded(text, NANO)
}

/// A quantity as lists of resources have it: in thousandths at least, away from zero.
/// Source: kubernetes `pkg/apis/core/v1/defaults.go`, SetDefaults_ResourceList.
pub fn in_thousandths(text: &str) -> String {
    rounded(text, MILLI).unwrap_or_else(|_| text.to_owned())
}

fn rounded(text: &str, least: i64) -> Result<String, &'static str> {
    if text.is_empty() {
        return Err(WRONG_FORMAT);
    }
    let parts = split(text)?;
    let (exponent, format) = suffix(parts.suffix).ok_or(WRONG_SUFFIX)?;
    let shifted = format!("{}{}", parts.whole, parts.fraction);
    if text == "0" || is_kept(&parts, &shifted, (exponent, least), format) {
        return Ok(text.to_owned());
    }
    if shifted.is_empty() || shifted.len() > MAX_DIGITS {
        return Err(WRONG_NUMBER);
    }
    let digits: i128 = shifted.parse().map_err(|_| WRONG_NUMBER)?;
    let scale = -i64::try_from(parts.fraction.len()).unwrap_or(0);
    let (amount, scale, format) = match format {
        Format::Binary => binary(digits, scale, (exponent, least)),
        _ => {
            let (amount, scale) = round_up(digits, scale + exponent, least);
            (amount, scale, format)
        }
    };
    let number = match format {
        Format::Binary => binary_text(round_up(amount, scale, 0)),
        _ => decimal_text(amount, scale, format),
    };
    Ok(if parts.negative && amount != 0 { format!("-{number}") } else { number })
}

fn split(text: &str) -> Result<Parts<'_>, &'static str> {
    let (negative, rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let rest = rest.trim_start_matches('0');
    let (whole, rest) = digits(rest);
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(rest) => digits(rest),
        None => ("", rest),
    };
    let letters = suffix.trim_start_matches(|character| "eEinumkKMGTP".contains(character));
    let exponent = letters.strip_prefix(['-', '+']).unwrap_or(letters);
    if !exponent.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(WRONG_FORMAT);
    }
    Ok(Parts { negative, whole: if whole.is_empty() { "0" } else { whole }, fraction, suffix })
}

// Short numbers that look canonical are shown as they came, sign and trailing dot included.
fn is_kept(
    parts: &Parts<'_>,
    shifted: &str,
    (exponent, least): (i64, i64),
    format: Format,
) -> bool {
    let fraction = i64::try_from(parts.fraction.len()).unwrap_or(i64::MAX);
    if format == Format::Binary {
        let value: i64 = shifted.parse().unwrap_or(0);
        let digits = i64::try_from(parts.whole.len()).unwrap_or(i64::MAX);
        return fraction == 0 && 14 - digits - exponent * 3 / 10 >= 0 && value & 7 != 0;
    }
    let scale = exponent - fraction;
    let plain = !shifted.ends_with("000") && !shifted.starts_with('0');
    shifted.len() <= 18 && scale >= least && scale % 3 == 0 && plain
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at(end)
}

fn suffix(suffix: &str) -> Option<(i64, Format)> {
    const DECIMAL: [(&str, i64); 10] = [
        ("n", -9),
        ("u", -6),
        ("m", -3),
        ("", 0),
        ("k", 3),
        ("M", 6),
        ("G", 9),
        ("T", 12),
        ("P", 15),
        ("E", 18),
    ];
    if let Some((_, exponent)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Some((*exponent, Format::Decimal));
    }
    if let Some(at) = BINARY.iter().position(|name| !name.is_empty() && *name == suffix) {
        return Some((i64::try_from(at * 10).ok()?, Format::Binary));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    let exponent: i64 = exponent.parse().ok()?;
    // Go cuts it to 32 bits.
    #[expect(clippy::cast_possible_truncation, reason = "Go cuts it as well")]
    let exponent = exponent as i32;
    Some((i64::from(exponent), Format::Exponent))
}

const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

fn binary(digits: i128, scale: i64, (exponent, least): (i64, i64)) -> (i128, i64, Format) {
    let amount = digits.saturating_mul(1 << exponent);
    let (amount, scale) = round_up(amount, scale, least);
    let below_one = scale < 0 && amount < 10_i128.pow(u32::try_from(-scale).unwrap_or(0));
    if below_one && amount > 0 {
        return (amount, scale, Format::Decimal);
    }
    let (whole, _) = round_up(amount, scale, 0);
    if whole > i128::from(i64::MAX) {
        return (i128::from(i64::MAX), 0, Format::Binary);
    }
    (amount, scale, Format::Binary)
}

// The amount at a scale that is no smaller than the least, rounded away from zero.
fn round_up(mut amount: i128, mut scale: i64, least: i64) -> (i128, i64) {
    let mut inexact = false;
    if amount == 0 {
        return (0, least);
    }
    while scale < least {
        if amount == 0 {
            return (1, least);
        }
        inexact |= amount % 10 != 0;
        amount /= 10;
        scale += 1;
    }
    (amount + i128::from(inexact), scale)
}

fn binary_text((mut amount, _): (i128, i64)) -> String {
    let mut times = 0;
    while amount >= 1024 && amount % 1024 == 0 && times < 6 {
        amount /= 1024;
        times += 1;
    }
    format!("{amount}{}", BINARY[times])
}

fn decimal_text(mut amount: i128, mut scale: i64, format: Format) -> String {
    if amount == 0 {
        return "0".to_owned();
    }
    while amount % 10 == 0 {
        amount /= 10;
        scale += 1;
    }
    let spare = u32::try_from(scale.rem_euclid(3)).unwrap_or(0);
    amount = amount.saturating_mul(10_i128.pow(spare));
    scale -= i64::from(spare);
    let suffix = match (format, scale) {
        (_, 0) => String::new(),
        (Format::Exponent, _) => format!("e{scale}"),
        _ => decimal_suffix(scale),
    };
    format!("{amount}{suffix}")
}

fn decimal_suffix(scale: i64) -> String {
    let suffix = match scale {
        -9 => "n",
        -6 => "u",
        -3 => "m",
        3 => "k",
        6 => "M",
        9 => "G",
        12 => "T",
        15 => "P",
        18 => "E",
        _ => "",
    };
    suffix.to_owned()
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("0", "0")]
    #[case("100m", "100m")]
    #[case("1000m", "1")]
    #[case("0.1", "100m")]
    #[case("1.5", "1500m")]
    #[case("1024Ki", "1Mi")]
    #[case("0.5Gi", "512Mi")]
    #[case("1e3", "1e3")]
    #[case("1E3", "1E3")]
    #[case("12e3", "12e3")]
    #[case("1e2", "100")]
    #[case("-1", "-1")]
    #[case("+5k", "+5k")]
    #[case("1000", "1k")]
    #[case("00128Mi", "128Mi")]
    #[case("0.1n", "1n")]
    #[case("0.5Ki", "512")]
    #[case("0.0001Ki", "102400u")]
    #[case("1.", "1.")]
    #[case("1.500", "1.500")]
    #[case("10e-1", "1")]
    #[case("1e100", "10e99")]
    #[case("1e-2000000000", "1e-9")]
    #[case("0e5", "0")]
    #[case(".5", "500m")]
    fn quantities_are_shown_in_their_shortest_form(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(canonical(text).unwrap(), expected);
    }

    #[rstest]
    #[case("1n", "1m")]
    #[case("-1500u", "-2m")]
    #[case("1.000001", "1001m")]
    #[case("1.500", "1.500")]
    #[case("2Ki", "2Ki")]
    fn lists_of_resources_know_thousandths(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(in_thousandths(text), expected);
    }

    #[rstest]
    #[case("", WRONG_FORMAT)]
    #[case("x", WRONG_FORMAT)]
    #[case("1 G", WRONG_FORMAT)]
    #[case("1GG", WRONG_SUFFIX)]
    #[case("1i", WRONG_SUFFIX)]
    fn errors_are_those_of_the_server(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(canonical(text).unwrap_err(), expected);
    }
}
