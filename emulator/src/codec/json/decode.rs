//! Reads a JSON body as the kind that an endpoint takes.

use {
    super::{strings::unquote, syntax, value, walk::json_type},
    crate::codec::{
        schema::Struct,
        target::{Claim, DecodeError, Decoded, FieldValidation, Reading, Target, group_version},
    },
    serde_json::{Map, Value},
    std::borrow::Cow,
};

/// Reads a JSON body.
pub fn decode(
    body: &[u8],
    target: &Target,
    validation: FieldValidation,
) -> Result<Decoded, DecodeError> {
    decode_text(body, body, target, validation, Vec::new())
}

/// Reads JSON that may have been made from a body in another form. `earlier` are strict errors
/// that were found while it was made; each may stand for several warnings.
pub(in crate::codec) fn decode_text(
    json: &[u8],
    body: &[u8],
    target: &Target,
    validation: FieldValidation,
    earlier: Vec<StrictError>,
) -> Result<Decoded, DecodeError> {
    syntax::check(json).map_err(|error| target.unreadable(no_kind(&error), body))?;
    let claim = claim(json).map_err(|error| target.unreadable(error, body))?.or(target);
    if claim.version.is_empty() {
        let text = crate::codec::target::lossy(body);
        return Err(target.unusable(&claim, format!("Object 'apiVersion' is missing in '{text}'")));
    }
    let mut reader = Body { json, target, validation, claim, strict_errors: earlier };
    match target.reading(&reader.claim)? {
        Reading::Target => {
            let object = reader.read(Some(target.structure))?;
            Ok(Decoded { object: named(object, target), warnings: reader.warnings()? })
        }
        Reading::OtherVersion { structure, .. } => {
            reader.read(Some(structure))?;
            let warnings = reader.warnings()?;
            Err(target.other_version(&reader.claim, warnings))
        }
        Reading::OtherKind { structure, go_type } => {
            reader.read(structure)?;
            Err(target.unconvertible(&reader.claim, go_type))
        }
    }
}

/// Something that strictness objects to.
#[derive(Debug, Clone)]
pub(in crate::codec) struct StrictError {
    /// How a refusal tells it.
    pub(in crate::codec) error: String,
    /// How warnings tell it.
    pub(in crate::codec) warnings: Vec<String>,
}

struct Body<'a> {
    json: &'a [u8],
    target: &'a Target,
    validation: FieldValidation,
    claim: Claim<'a>,
    strict_errors: Vec<StrictError>,
}

impl Body<'_> {
    fn read(
        &mut self,
        structure: Option<&'static Struct>,
    ) -> Result<Map<String, Value>, DecodeError> {
        let Some(structure) = structure else { return Ok(Map::new()) };
        let strict = self.validation != FieldValidation::Ignore;
        let outcome = value::read(self.json, structure, strict)
            .map_err(|error| self.target.unusable(&self.claim, error))?;
        let errors = outcome.strict_errors.into_iter();
        self.strict_errors
            .extend(errors.map(|error| StrictError { warnings: vec![error.clone()], error }));
        Ok(outcome.object)
    }

    fn warnings(&mut self) -> Result<Vec<String>, DecodeError> {
        let errors = std::mem::take(&mut self.strict_errors);
        if self.validation == FieldValidation::Strict && !errors.is_empty() {
            let errors: Vec<_> = errors.into_iter().map(|error| error.error).collect();
            let cause = format!("strict decoding error: {}", errors.join(", "));
            return Err(self.target.unusable(&self.claim, cause));
        }
        Ok(errors.into_iter().flat_map(|error| error.warnings).collect())
    }
}

/// The object with the names of its target.
pub(in crate::codec) fn named(mut object: Map<String, Value>, target: &Target) -> Value {
    object.insert("kind".to_owned(), Value::String(target.kind.to_owned()));
    object.insert("apiVersion".to_owned(), Value::String(target.api_version.to_owned()));
    Value::Object(object)
}

impl<'a> Claim<'a> {
    // What a body leaves out is what its endpoint takes.
    pub(in crate::codec) fn or(mut self, target: &Target) -> Self {
        if self.kind.is_empty() {
            self.kind = Cow::Borrowed(target.kind.as_bytes());
        }
        if self.version.is_empty() && self.group.is_empty() {
            self.group = Cow::Borrowed(target.group.as_bytes());
        }
        if self.version.is_empty() && *self.group == *target.group.as_bytes() {
            self.version = Cow::Borrowed(target.version.as_bytes());
        }
        self
    }
}

fn no_kind(error: &str) -> String {
    format!("couldn't get version/kind; json parse error: {error}")
}

// The names are looked for regardless of case here, unlike everywhere else.
fn claim(json: &[u8]) -> Result<Claim<'_>, String> {
    const INTO: &str = r#"struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#;
    let start = json.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    if json.get(start) != Some(&b'{') {
        let found = json_type(&json[start.min(json.len())..]);
        if found == "null" {
            return Ok(Claim::default());
        }
        let error = format!("json: cannot unmarshal {found} into Go value of type {INTO}");
        return Err(no_kind(&error));
    }
    let mut names = Names::default();
    let mut position = start + 1;
    while let Some(key_start) = next(json, position, b'"') {
        let key_end = syntax::string_end(json, key_start + 1);
        let key = &json[key_start + 1..key_end - 1];
        let colon = next(json, key_end, b':').map_or(key_end, |colon| colon + 1);
        let value_start = skip_space(json, colon);
        let value_end = syntax::value_end(json, value_start);
        names.member(key, &json[value_start..value_end]);
        position = next(json, value_end, b',').map_or(json.len(), |comma| comma + 1);
    }
    names.claim()
}

#[derive(Default)]
struct Names<'a> {
    api_version: Cow<'a, str>,
    kind: Cow<'a, str>,
    error: Option<String>,
}

impl<'a> Names<'a> {
    fn member(&mut self, key: &[u8], value: &'a [u8]) {
        let (name, place) = match folded(key) {
            Some("kind") => ("kind", &mut self.kind),
            Some(_) => ("apiVersion", &mut self.api_version),
            None => return,
        };
        match json_type(value) {
            "string" => *place = unquote(&value[1..value.len() - 1]),
            "null" => {}
            found => {
                self.error.get_or_insert_with(|| {
                    format!(
                        "json: cannot unmarshal {found} into Go struct field .{name} of type string"
                    )
                });
            }
        }
    }

    fn claim(self) -> Result<Claim<'a>, String> {
        if let Some(error) = self.error {
            return Err(no_kind(&error));
        }
        let bytes = |text| match text {
            Cow::Borrowed(text) => Cow::Borrowed(str::as_bytes(text)),
            Cow::Owned(text) => Cow::Owned(String::into_bytes(text)),
        };
        let (group, version) = match bytes(self.api_version) {
            Cow::Borrowed(text) => {
                let (group, version) = group_version(text)?;
                (Cow::Borrowed(group), Cow::Borrowed(version))
            }
            Cow::Owned(text) => {
                let (group, version) = group_version(&text)?;
                (Cow::Owned(group.to_owned()), Cow::Owned(version.to_owned()))
            }
        };
        Ok(Claim { group, version, kind: bytes(self.kind) })
    }
}

fn folded(key: &[u8]) -> Option<&'static str> {
    // Every spelling is between these lengths, escapes aside.
    if key.len() < 4 || (key.len() > 12 && !key.contains(&b'\\')) {
        return None;
    }
    let key = unquote(key);
    // The Kelvin sign and the long s are the only letters elsewhere that fold to one of these.
    let key = key.chars().map(|character| match character {
        '\u{212a}' => 'k',
        '\u{17f}' => 's',
        _ => character.to_ascii_lowercase(),
    });
    ["kind", "apiversion"].into_iter().find(|name| key.clone().eq(name.chars()))
}

fn skip_space(json: &[u8], position: usize) -> usize {
    let rest = json.get(position..).unwrap_or_default();
    position + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

// Where a byte is, when it is the next that is not a space.
fn next(json: &[u8], position: usize, byte: u8) -> Option<usize> {
    let position = skip_space(json, position);
    (json.get(position) == Some(&byte)).then_some(position)
}
