//! The members that a JSON text names twice, which strictness objects to.

use {
    serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor},
    std::{cell::RefCell, collections::HashSet, fmt},
};

/// What strictness says of each.
pub(super) fn find(bytes: &[u8]) -> Vec<String> {
    let found = RefCell::new(Found::default());
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    // What is no JSON has been refused before.
    let _ = Walk { path: String::new(), found: &found }.deserialize(&mut deserializer);
    found.into_inner().texts
}

/// What was found, in its order, each once.
#[derive(Debug, Default)]
struct Found {
    texts: Vec<String>,
    paths: HashSet<String>,
}

impl Found {
    fn add(&mut self, path: &str) {
        if self.paths.insert(path.to_owned()) {
            self.texts.push(format!("duplicate field {path:?}"));
        }
    }
}

struct Walk<'a> {
    path: String,
    found: &'a RefCell<Found>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            let dot = if self.path.is_empty() { "" } else { "." };
            let path = format!("{}{dot}{name}", self.path);
            if !seen.insert(name) {
                self.found.borrow_mut().add(&path);
            }
            map.next_value_seed(Walk { path, found: self.found })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let mut index = 0;
        while elements
            .next_element_seed(Walk { path: format!("{}[{index}]", self.path), found: self.found })?
            .is_some()
        {
            index += 1;
        }
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_come_twice_are_told_once() {
        let text = br#"{"a":{"b":1,"b":2,"b":3},"c":[{"d":1,"d":2}]}"#;
        assert_eq!(find(text), [r#"duplicate field "a.b""#, r#"duplicate field "c[0].d""#]);
    }

    #[test]
    fn many_names_take_no_longer_each() {
        let names = (0..100_000).map(|number| format!("\"{number}\":1,\"{number}\":2"));
        let text = format!("{{{}}}", names.collect::<Vec<_>>().join(","));
        assert_eq!(find(text.as_bytes()).len(), 100_000);
    }
}
