//! Scalars of JSON and of queries, as the fields of messages hold them.
//! Source: proto-converter, `DataPiece`.

use {
    super::json::{Json, Number},
    base64::{
        Engine, alphabet,
        engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
    },
    jiff::Timestamp,
    prost_reflect::{DynamicMessage, EnumDescriptor, Kind, MessageDescriptor, Value},
};

/// How much of a value an error repeats, in bytes.
const ECHO: usize = 1024;

/// A scalar as it was written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scalar<'a> {
    /// In quotes, or in a query.
    Text(&'a str),
    /// A bare number.
    Number(Number),
    /// `true` or `false`
    Bool(bool),
}

/// A scalar that its field cannot hold: the type wanted, and what to say of the value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// `TYPE_STRING`, or the URL of a type.
    pub(crate) type_name: String,
    /// The value, or why it cannot be read.
    pub(crate) value: String,
}

impl<'a> Scalar<'a> {
    /// The scalar that a JSON value is; `None` for null, arrays and objects.
    pub(crate) fn of(json: &'a Json) -> Option<Self> {
        match json {
            Json::String(text) => Some(Self::Text(text)),
            Json::Number(number) => Some(Self::Number(*number)),
            Json::Bool(value) => Some(Self::Bool(*value)),
            Json::Null | Json::List(_) | Json::Object(_) => None,
        }
    }

    /// The value of a field of that kind.
    pub(crate) fn read(self, kind: &Kind) -> Result<Value, Mismatch> {
        let value = match kind {
            Kind::String => self.text().map(|text| Value::String(text.to_owned())),
            Kind::Bool => self.boolean().map(Value::Bool),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => self.integer().map(Value::I32),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => self.integer().map(Value::I64),
            Kind::Uint32 | Kind::Fixed32 => self.integer().map(Value::U32),
            Kind::Uint64 | Kind::Fixed64 => self.integer().map(Value::U64),
            Kind::Double => self.double().map(Value::F64),
            #[expect(clippy::cast_possible_truncation, reason = "a float field holds no more")]
            Kind::Float => self.double().map(|double| Value::F32(double as f32)),
            Kind::Bytes => return self.bytes(),
            Kind::Enum(kind) => self.enumerator(kind).map(Value::EnumNumber),
            Kind::Message(message) => return self.well_known(message),
        };
        value.ok_or_else(|| self.mismatch(&type_name(kind)))
    }

    /// The value as an error repeats it.
    pub(crate) fn echo(self) -> String {
        match self {
            Self::Text(text) => format!("\"{}\"", cut(text)),
            Self::Number(Number::Unsigned(number)) => number.to_string(),
            Self::Number(Number::Signed(number)) => number.to_string(),
            Self::Number(Number::Double(number)) => double_text(number),
            Self::Bool(value) => value.to_string(),
        }
    }

    fn mismatch(self, type_name: &str) -> Mismatch {
        Mismatch { type_name: type_name.to_owned(), value: self.echo() }
    }

    fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    fn boolean(self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(value),
            Self::Text(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "t" | "yes" | "y" | "1" => Some(true),
                "false" | "f" | "no" | "n" | "0" => Some(false),
                _ => None,
            },
            Self::Number(_) => None,
        }
    }

    fn integer<T: TryFrom<i128>>(self) -> Option<T> {
        let integer = match self {
            Self::Number(Number::Unsigned(number)) => i128::from(number),
            Self::Number(Number::Signed(number)) => i128::from(number),
            Self::Number(Number::Double(number)) => whole(number)?,
            Self::Text(text) => match text.parse::<i128>() {
                Ok(number) => number,
                Err(_) => whole(text.parse().ok()?)?,
            },
            Self::Bool(_) => return None,
        };
        T::try_from(integer).ok()
    }

    #[expect(clippy::cast_precision_loss, reason = "a double field holds no more")]
    fn double(self) -> Option<f64> {
        match self {
            Self::Number(Number::Unsigned(number)) => Some(number as f64),
            Self::Number(Number::Signed(number)) => Some(number as f64),
            Self::Number(Number::Double(number)) => Some(number),
            Self::Text(text) => text.parse().ok(),
            Self::Bool(_) => None,
        }
    }

    fn bytes(self) -> Result<Value, Mismatch> {
        let text = self.text().ok_or_else(|| self.mismatch("TYPE_BYTES"))?;
        let standard = text.replace('-', "+").replace('_', "/");
        let bytes = LENIENT_BASE64.decode(standard).map_err(|_| Mismatch {
            type_name: "TYPE_BYTES".to_owned(),
            value: format!("Base64 decoding failed for {}", self.echo()),
        })?;
        Ok(Value::Bytes(bytes.into()))
    }

    fn enumerator(self, kind: &EnumDescriptor) -> Option<i32> {
        let Some(text) = self.text() else { return self.integer() };
        let mut values = kind.values();
        match values.find(|value| value.name().eq_ignore_ascii_case(text)) {
            Some(value) => Some(value.number()),
            None => self.integer(),
        }
    }

    /// The messages that JSON writes as scalars.
    fn well_known(self, message: &MessageDescriptor) -> Result<Value, Mismatch> {
        let mismatch = || self.mismatch(&format!("type.googleapis.com/{}", message.full_name()));
        let fields = match message.full_name() {
            "google.protobuf.FieldMask" => {
                let paths = self.text().ok_or_else(mismatch)?;
                vec![("paths", Value::List(mask_paths(paths)))]
            }
            "google.protobuf.Timestamp" => {
                let time: Timestamp =
                    self.text().and_then(|text| text.parse().ok()).ok_or_else(mismatch)?;
                let nanos = time.subsec_nanosecond();
                vec![("seconds", Value::I64(time.as_second())), ("nanos", Value::I32(nanos))]
            }
            name if is_wrapper(name) => {
                let field = message.get_field_by_name("value").ok_or_else(mismatch)?;
                vec![("value", self.read(&field.kind())?)]
            }
            _ => return Err(mismatch()),
        };
        let mut value = DynamicMessage::new(message.clone());
        for (name, field) in fields {
            value.set_field_by_name(name, field);
        }
        Ok(Value::Message(value))
    }
}

/// A double as `%g` of C has it: with 15 digits if they say it all, with 17 otherwise.
/// Source: protobuf, `SimpleDtoa`.
pub(crate) fn double_text(number: f64) -> String {
    let short = with_digits(number, 15);
    if short.parse() == Ok(number) { short } else { with_digits(number, 17) }
}

fn with_digits(number: f64, digits: i32) -> String {
    let scientific = format!("{number:.*e}", usize::try_from(digits - 1).unwrap_or_default());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if (-4..digits).contains(&exponent) {
        let decimals = usize::try_from(digits - 1 - exponent).unwrap_or_default();
        return trimmed(&format!("{number:.decimals$}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trimmed(mantissa), exponent.abs())
}

/// Whether JSON writes messages of that type as scalars, so that a query can bind them.
pub(crate) fn is_scalar_message(message: &MessageDescriptor) -> bool {
    let name = message.full_name();
    matches!(name, "google.protobuf.FieldMask" | "google.protobuf.Timestamp") || is_wrapper(name)
}

/// What an error calls a kind.
pub(crate) fn type_name(kind: &Kind) -> String {
    let name = match kind {
        Kind::Double => "TYPE_DOUBLE",
        Kind::Float => "TYPE_FLOAT",
        Kind::Int32 => "TYPE_INT32",
        Kind::Int64 => "TYPE_INT64",
        Kind::Uint32 => "TYPE_UINT32",
        Kind::Uint64 => "TYPE_UINT64",
        Kind::Sint32 => "TYPE_SINT32",
        Kind::Sint64 => "TYPE_SINT64",
        Kind::Fixed32 => "TYPE_FIXED32",
        Kind::Fixed64 => "TYPE_FIXED64",
        Kind::Sfixed32 => "TYPE_SFIXED32",
        Kind::Sfixed64 => "TYPE_SFIXED64",
        Kind::Bool => "TYPE_BOOL",
        Kind::String => "TYPE_STRING",
        Kind::Bytes => "TYPE_BYTES",
        Kind::Message(message) => return format!("type.googleapis.com/{}", message.full_name()),
        Kind::Enum(kind) => return format!("type.googleapis.com/{}", kind.full_name()),
    };
    name.to_owned()
}

const LENIENT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

fn is_wrapper(name: &str) -> bool {
    let wrapped = name.strip_prefix("google.protobuf.").and_then(|name| name.strip_suffix("Value"));
    wrapped.is_some_and(|wrapped| !wrapped.is_empty() && !matches!(wrapped, "List" | "Null"))
}

/// A mask's paths; its JSON form is lowerCamelCase, and snake_case is taken as well.
fn mask_paths(paths: &str) -> Vec<Value> {
    let paths = paths.split(',').map(str::trim).filter(|path| !path.is_empty());
    paths.map(|path| Value::String(snake_case(path))).collect()
}

fn snake_case(path: &str) -> String {
    let mut snake = String::with_capacity(path.len() + 8);
    for character in path.chars() {
        if character.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
fn whole(number: f64) -> Option<i128> {
    (number.fract() == 0.0 && number.abs() < 1e20).then_some(number as i128)
}

fn cut(text: &str) -> String {
    if text.len() <= ECHO {
        return text.to_owned();
    }
    format!("{}...", &text[..text.floor_char_boundary(ECHO)])
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case(1.0, "1")]
    #[case(-1.5, "-1.5")]
    #[case(0.1, "0.1")]
    #[case(1e14, "100000000000000")]
    #[case(1e15, "1e+15")]
    #[case(1.5e100, "1.5e+100")]
    #[case(1e-5, "1e-05")]
    #[case(1.0 / 3.0, "0.33333333333333331")]
    #[case(0.0, "0")]
    fn a_double_is_told_as_c_tells_it(#[case] number: f64, #[case] expected: &str) {
        assert_eq!(double_text(number), expected);
    }

    // No body of a served method has an integer, so no case can show this.
    #[rstest]
    #[case(Scalar::Text("3"), Ok(3))]
    #[case(Scalar::Number(Number::Unsigned(3)), Ok(3))]
    #[case(Scalar::Number(Number::Signed(-3)), Ok(-3))]
    #[case(Scalar::Number(Number::Double(1e1)), Ok(10))]
    #[case(Scalar::Number(Number::Double(1.5)), Err("1.5"))]
    #[case(Scalar::Number(Number::Unsigned(2_147_483_648)), Err("2147483648"))]
    #[case(Scalar::Text("2147483648"), Err("\"2147483648\""))]
    #[case(Scalar::Bool(true), Err("true"))]
    fn an_integer_is_read_leniently(#[case] written: Scalar<'_>, #[case] read: Result<i32, &str>) {
        let expected = read.map(Value::I32).map_err(|value| Mismatch {
            type_name: "TYPE_INT32".to_owned(),
            value: value.to_owned(),
        });
        assert_eq!(written.read(&Kind::Int32), expected);
    }
}
