//! What plain text means in YAML 1.1: null, booleans, numbers in many bases, or text.

use super::reader::Error;

const PREFIX: &str = "tag:yaml.org,2002:";

/// What a scalar is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    /// Text that looks like a time, which stays text.
    Timestamp(String),
    /// `<<`
    Merge(String),
    Text(String),
    /// Bytes from base64.
    Binary(Vec<u8>),
    /// Text with a tag that means nothing here.
    Tagged(String),
}

impl Scalar {
    fn tag(&self) -> &'static str {
        match self {
            Self::Null => "!!null",
            Self::Bool(_) => "!!bool",
            Self::Int(_) | Self::Uint(_) => "!!int",
            Self::Float(_) => "!!float",
            Self::Timestamp(_) => "!!timestamp",
            Self::Merge(_) => "!!merge",
            Self::Binary(_) => "!!binary",
            Self::Text(_) | Self::Tagged(_) => "!!str",
        }
    }
}

/// Whether plain text would be read as text again.
pub(super) fn is_text(text: &str) -> bool {
    matches!(plain(text, true), Scalar::Text(_))
}

/// Whether older parsers would take text for a number in base 60: `1:30`.
// ^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$
pub(super) fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or("");
    let mut parts = parts.peekable();
    first.starts_with(|character: char| character.is_ascii_digit())
        && digits(first)
        && digits(fraction)
        && parts.peek().is_some()
        && parts.all(|part| match part.as_bytes() {
            [digit] => digit.is_ascii_digit(),
            [b'0'..=b'5', digit] => digit.is_ascii_digit(),
            _ => false,
        })
}

/// What text means under a tag; an empty tag leaves it to the text.
pub(super) fn resolve(tag: &str, text: &str) -> Result<Scalar, Error> {
    let short = match tag.strip_prefix(PREFIX) {
        Some(name) => format!("!!{name}"),
        None => tag.to_owned(),
    };
    let scalar = match &*short {
        "" => return Ok(plain(text, true)),
        "!!str" => return Ok(Scalar::Text(text.to_owned())),
        "!!binary" => {
            return crate::codec::base64::decode(text.as_bytes())
                .map(Scalar::Binary)
                .map_err(|_| Error("yaml: !!binary value contains invalid base64 data".into()));
        }
        "!!timestamp" => plain(text, true),
        "!!bool" | "!!int" | "!!float" | "!!null" => plain(text, false),
        _ => return Ok(Scalar::Tagged(text.to_owned())),
    };
    match (&*short, scalar) {
        ("!!float", Scalar::Int(number)) =>
        {
            #[expect(clippy::cast_precision_loss, reason = "a float was asked for")]
            Ok(Scalar::Float(number as f64))
        }
        (short, scalar) if scalar.tag() == short => Ok(scalar),
        (short, scalar) => {
            Err(Error(format!("yaml: cannot decode {} `{text}` as a {short}", scalar.tag())))
        }
    }
}

fn plain(text: &str, timestamps: bool) -> Scalar {
    let as_text = || Scalar::Text(text.to_owned());
    match text.bytes().next() {
        None => Scalar::Null,
        Some(b'0'..=b'9' | b'+' | b'-') => {
            if let Some(word) = word(text) {
                return word;
            }
            if timestamps && is_timestamp(text) {
                return Scalar::Timestamp(text.to_owned());
            }
            number(text).unwrap_or_else(as_text)
        }
        Some(b'.') => {
            word(text).or_else(|| go_float(text).map(Scalar::Float)).unwrap_or_else(as_text)
        }
        // Only text that begins like one of the words is looked up.
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => {
            word(text).unwrap_or_else(as_text)
        }
        Some(_) => as_text(),
    }
}

fn word(text: &str) -> Option<Scalar> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Scalar::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Scalar::Bool(false)
        }
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        "<<" => Scalar::Merge(text.to_owned()),
        _ => return None,
    })
}

fn number(text: &str) -> Option<Scalar> {
    let plain = text.replace('_', "");
    if let Some(number) = integer(&plain) {
        return Some(number);
    }
    if is_yaml_float(&plain) {
        return go_float(&plain).map(Scalar::Float);
    }
    None
}

// With Go's prefixes: 0x, 0o, 0b, and a bare 0 for octal.
fn integer(text: &str) -> Option<Scalar> {
    let (negative, signed, digits) = match text.as_bytes().first()? {
        b'-' => (true, true, &text[1..]),
        b'+' => (false, true, &text[1..]),
        _ => (false, false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, &*lower),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let number = i128::from_str_radix(digits, base).ok()?;
    let number = if negative { -number } else { number };
    if let Ok(number) = i64::try_from(number) {
        return Some(Scalar::Int(number));
    }
    // Numbers without a sign may be larger.
    u64::try_from(number).ok().filter(|_| !signed).map(Scalar::Uint)
}

// ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$
fn is_yaml_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let some = !whole.is_empty() || (mantissa.starts_with('.') && !fraction.is_empty());
    exponent && some && digits(whole) && digits(fraction)
}

// A float as Go reads it; one that is too large is none.
fn go_float(text: &str) -> Option<f64> {
    let wanted = text.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    text.parse().ok().filter(|number: &f64| wanted && number.is_finite())
}

// YYYY-M-D, alone or with a time of day.
fn is_timestamp(text: &str) -> bool {
    let mut parser = Clock { rest: text };
    let Some(year) = parser.digits(4, 4) else { return false };
    let Some(month) = parser.after(b'-', 1, 2) else { return false };
    let Some(day) = parser.after(b'-', 1, 2) else { return false };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return false,
    };
    if !(1..=days).contains(&day) {
        return false;
    }
    parser.rest.is_empty() || parser.time_of_day()
}

struct Clock<'a> {
    rest: &'a str,
}

impl Clock<'_> {
    fn digits(&mut self, least: usize, most: usize) -> Option<u32> {
        let length = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        if length < least { None } else { digits.parse().ok() }
    }

    fn after(&mut self, byte: u8, least: usize, most: usize) -> Option<u32> {
        self.rest = self.rest.strip_prefix(char::from(byte))?;
        self.digits(least, most)
    }

    fn time_of_day(&mut self) -> bool {
        let zoned = match self.rest.bytes().next() {
            Some(b'T' | b't') => true,
            Some(b' ') => false,
            _ => return false,
        };
        self.rest = &self.rest[1..];
        let in_range = |number: Option<u32>, limit| number.is_some_and(|number| number < limit);
        if !in_range(self.digits(1, 2), 24)
            || !in_range(self.after(b':', 1, 2), 60)
            || !in_range(self.after(b':', 1, 2), 60)
        {
            return false;
        }
        if let Some(rest) = self.rest.strip_prefix(['.', ','])
            && rest.starts_with(|character: char| character.is_ascii_digit())
        {
            self.rest = rest.trim_start_matches(|character: char| character.is_ascii_digit());
        }
        if zoned { self.zone() } else { self.rest.is_empty() }
    }

    fn zone(&mut self) -> bool {
        if let Some(rest) = self.rest.strip_prefix('Z') {
            return rest.is_empty();
        }
        let Some(rest) = self.rest.strip_prefix(['+', '-']) else { return false };
        self.rest = rest;
        let hours = self.digits(2, 2).is_some_and(|hours| hours <= 24);
        hours && self.after(b':', 2, 2).is_some_and(|minutes| minutes <= 60) && self.rest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("", Scalar::Null)]
    #[case("~", Scalar::Null)]
    #[case("yes", Scalar::Bool(true))]
    #[case("Off", Scalar::Bool(false))]
    #[case("017", Scalar::Int(15))]
    #[case("0o17", Scalar::Int(15))]
    #[case("0x1F", Scalar::Int(31))]
    #[case("0b11", Scalar::Int(3))]
    #[case("-0b11", Scalar::Int(-3))]
    #[case("1_000", Scalar::Int(1000))]
    #[case("+5", Scalar::Int(5))]
    #[case("18446744073709551615", Scalar::Uint(u64::MAX))]
    #[case("1e3", Scalar::Float(1000.0))]
    #[case("3600.0", Scalar::Float(3600.0))]
    #[case("089", Scalar::Float(89.0))]
    #[case(".5", Scalar::Float(0.5))]
    #[case("-.inf", Scalar::Float(f64::NEG_INFINITY))]
    #[case("2026-01-02", Scalar::Timestamp("2026-01-02".to_owned()))]
    #[case("2026-1-2 3:4:5", Scalar::Timestamp("2026-1-2 3:4:5".to_owned()))]
    #[case("2026-13-02", Scalar::Text("2026-13-02".to_owned()))]
    #[case("yEs", Scalar::Text("yEs".to_owned()))]
    #[case("1:30", Scalar::Text("1:30".to_owned()))]
    #[case("null ", Scalar::Text("null ".to_owned()))]
    fn plain_text_is_resolved_as_in_yaml_1_1(#[case] text: &str, #[case] expected: Scalar) {
        assert_eq!(resolve("", text), Ok(expected));
    }

    #[rstest]
    #[case("tag:yaml.org,2002:int", "x", "cannot decode !!str `x` as a !!int")]
    #[case("tag:yaml.org,2002:bool", "1", "cannot decode !!int `1` as a !!bool")]
    #[case("tag:yaml.org,2002:binary", "-", "!!binary value contains invalid base64 data")]
    fn a_tag_may_not_fit(#[case] tag: &str, #[case] text: &str, #[case] expected: &str) {
        assert_eq!(resolve(tag, text), Err(Error(format!("yaml: {expected}"))));
    }
}
