//! A JSON object as go-jose decodes it: its members in their order, each as it is written; a name
//! that comes twice is an error, and so is a value of another type than was expected.
//!
//! Source: go-jose `json/decode.go`. What a number is where it should not be ends the decoding at
//! once; any other wrong type is told only when nothing worse follows.

use {
    serde::{
        Deserialize, Deserializer,
        de::{MapAccess, Visitor},
    },
    serde_json::value::RawValue,
    std::collections::HashSet,
};

/// Up to how many members each is held against all others.
const FEW: usize = 16;

/// The members of an object, in their order.
#[derive(Debug, Default)]
pub(super) struct Members<'a>(Vec<(String, &'a RawValue)>);

/// Why claims cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undecodable {
    /// A claim of this API's own types is of another; what was expected.
    Expected(&'static str),
    /// A value is of another type.
    Type {
        /// What it is.
        found: &'static str,
        /// What Go calls the type that was expected.
        wanted: &'static str,
    },
    /// A name comes twice in an object.
    Duplicate(String),
}

impl<'a> Members<'a> {
    /// The members of an object; `None` when the text is none.
    pub(super) fn read(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The members in their order, each name with its value.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.get()))
    }

    /// The value of a name.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.iter().find(|(member, _)| *member == name).map(|(_, value)| value)
    }

    /// Whether no name comes twice.
    pub(super) fn are_distinct(&self) -> bool {
        self.duplicate().is_none()
    }

    /// Has each member decoded, in their order, and tells what go-jose would tell.
    pub(super) fn decode(
        &self,
        mut decode: impl FnMut(&str, &'a str) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        let duplicate = self.duplicate();
        let mut later = None;
        for (place, (name, value)) in self.iter().enumerate() {
            if duplicate == Some(place) {
                return Err(Wrong::Now(Undecodable::Duplicate(name.to_owned())));
            }
            match decode(name, value) {
                Err(Wrong::Later(why)) => later = later.or(Some(why)),
                done => done?,
            }
        }
        later.map_or(Ok(()), |why| Err(Wrong::Later(why)))
    }

    /// The place of the first name that came before.
    fn duplicate(&self) -> Option<usize> {
        // Nearly every object is small, and is looked through faster than it is hashed.
        if self.0.len() <= FEW {
            let came_before = |(place, name): (usize, &str)| {
                self.iter().take(place).any(|(before, _)| before == name)
            };
            let mut names = self.iter().map(|(name, _)| name).enumerate();
            return names.position(came_before);
        }
        let mut seen = HashSet::new();
        self.iter().position(|(name, _)| !seen.insert(name))
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(8);
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// Something that is wrong, and whether what follows still matters.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It is told at once.
    Now(Undecodable),
    /// It is told at the end, unless something else is told at once.
    Later(Undecodable),
}

impl Wrong {
    /// What is told in the end.
    pub(super) fn told(self) -> Undecodable {
        match self {
            Self::Now(why) | Self::Later(why) => why,
        }
    }

    /// A value of another type than was wanted.
    pub(super) fn kind(value: &str, wanted: &'static str) -> Self {
        let found = kind(value);
        let why = Undecodable::Type { found, wanted };
        if found == "number" { Self::Now(why) } else { Self::Later(why) }
    }
}

/// What Go calls the type of a value.
pub(super) fn kind(value: &str) -> &'static str {
    match value.as_bytes().first() {
        Some(b'"') => "string",
        Some(b'{') => "object",
        Some(b'[') => "array",
        Some(b't' | b'f') => "bool",
        Some(b'n') => "null",
        _ => "number",
    }
}

/// A value as text; null leaves what is there.
pub(super) fn set_text(target: &mut String, value: &str) -> Result<(), Wrong> {
    match kind(value) {
        // What no text can be of is nobody's name.
        "string" => *target = serde_json::from_str(value).unwrap_or_default(),
        "null" => {}
        _ => return Err(Wrong::kind(value, "string")),
    }
    Ok(())
}

/// A value as an object that Go calls so; null has no members.
pub(super) fn object<'a>(value: &'a str, wanted: &'static str) -> Result<Members<'a>, Wrong> {
    match kind(value) {
        "object" => Ok(Members::read(value).unwrap_or_default()),
        "null" => Ok(Members::default()),
        _ => Err(Wrong::kind(value, wanted)),
    }
}

/// A value as a list of texts, which Go calls so; null has none.
pub(super) fn texts(value: &str, wanted: &'static str) -> Result<Vec<String>, Wrong> {
    let values: Vec<&RawValue> = match kind(value) {
        "array" => serde_json::from_str(value).unwrap_or_default(),
        "null" => Vec::new(),
        _ => return Err(Wrong::kind(value, wanted)),
    };
    let mut later = None;
    let mut texts = vec![String::new(); values.len()];
    for (text, value) in texts.iter_mut().zip(values) {
        match set_text(text, value.get()) {
            Err(Wrong::Later(why)) => later = later.or(Some(why)),
            done => done?,
        }
    }
    later.map_or(Ok(texts), |why| Err(Wrong::Later(why)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(json: &str) -> Result<String, Undecodable> {
        let mut text = String::new();
        let members = Members::read(json).unwrap();
        let decoded = members.decode(|name, value| match name {
            "list" => texts(value, "[]string").map(drop),
            "x" => Ok(()),
            _ => set_text(&mut text, value),
        });
        decoded.map(|()| text).map_err(Wrong::told)
    }

    #[test]
    fn a_name_that_comes_twice_is_found_among_few_and_among_many() {
        for length in [1, FEW, FEW + 1, 1000] {
            let members: Vec<_> = (0..length).map(|name| format!("\"{name}\": 0")).collect();
            let read = |members: &[String]| format!("{{{}}}", members.join(","));
            assert!(Members::read(&read(&members)).unwrap().are_distinct());
            let double = [members, vec!["\"0\": 0".to_owned()]].concat();
            let double = read(&double);
            assert_eq!(Members::read(&double).unwrap().duplicate(), Some(length));
        }
    }

    #[test]
    fn the_first_wrong_type_is_told_unless_a_number_or_a_second_name_follows() {
        let wrong = |found, wanted| Err(Undecodable::Type { found, wanted });
        for (json, expected) in [
            (r#"{"a": "t", "b": null, "x": {"y": 1, "y": 2}}"#, Ok("t".to_owned())),
            (r#"{"a": true, "b": {}}"#, wrong("bool", "string")),
            (r#"{"a": true, "b": 1, "c": 2}"#, wrong("number", "string")),
            (r#"{"a": [], "a": 1}"#, Err(Undecodable::Duplicate("a".to_owned()))),
            (r#"{"list": ["a", {}, 1]}"#, wrong("number", "string")),
            (r#"{"list": ["a", {}], "b": []}"#, wrong("object", "string")),
            (r#"{"list": "a"}"#, wrong("string", "[]string")),
        ] {
            assert_eq!(decode(json), expected, "{json}");
        }
    }
}
