//! Whether a JSON text names a member twice: readers differ in which of them they believe.

use {
    serde::{
        Deserialize, Deserializer,
        de::{Error, MapAccess, SeqAccess, Visitor},
    },
    std::{collections::HashSet, fmt},
};

/// The first member that an object has twice, if the text is JSON and has one.
pub(crate) fn repeated(text: &[u8]) -> Option<String> {
    let Once(repeated) = serde_json::from_slice(text).ok()?;
    repeated
}

/// A value of any shape, and the first member of it that is there twice.
struct Once(Option<String>);

struct Reader;

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Once;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Once, A::Error> {
        let (mut seen, mut found) = (HashSet::new(), None);
        while let Some((name, Once(inner))) = map.next_entry::<String, Once>()? {
            let again = (!seen.insert(name.clone())).then_some(name);
            found = found.or(again).or(inner);
        }
        Ok(Once(found))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Once, A::Error> {
        let mut found = None;
        while let Some(Once(inner)) = seq.next_element()? {
            found = found.or(inner);
        }
        Ok(Once(found))
    }

    fn visit_unit<E: Error>(self) -> Result<Once, E> {
        Ok(Once(None))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Once, E> {
        Ok(Once(None))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Once, E> {
        Ok(Once(None))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Once, E> {
        Ok(Once(None))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Once, E> {
        Ok(Once(None))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Once, E> {
        Ok(Once(None))
    }
}

#[cfg(test)]
mod tests {
    use super::repeated;

    #[test]
    fn a_member_that_is_there_twice_is_found_wherever_it_is() {
        for (text, found) in [
            (r#"{"a": 1, "a": 1}"#, Some("a")),
            (r#"{"l": [1.5, null, true, {"a": -1, "b": "x", "a": 2}]}"#, Some("a")),
            (r#"{"a": {"a": 1}, "b": {"a": 1}}"#, None),
            ("[]", None),
            (r#"{"a": 1, "a""#, None),
        ] {
            assert_eq!(repeated(text.as_bytes()).as_deref(), found, "{text}");
        }
    }
}
