//! The bodies of the controls: a JSON object whose members are known, or no body at all.

use {
    crate::{api::Request, control::error::Error},
    bytes::Bytes,
    serde::{
        Deserialize, Deserializer,
        de::{MapAccess, Visitor, value::MapAccessDeserializer},
    },
    std::{fmt, marker::PhantomData},
};

const NO_ORDER: &str = "nothing can be ordered with this method and path; allowed is an empty \
                        body, or {}";

const QUERY: &str = "the controls take no query; what is ordered is written in the body of a POST";

/// A value that is written as a JSON object. For a struct alone serde also accepts a list, which
/// it reads member by member.
#[derive(Debug, Default)]
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

/// Reads a body that is an object.
pub(super) fn read<'de, T: Deserialize<'de>>(body: &'de Bytes) -> Result<T, serde_json::Error> {
    serde_json::from_slice::<Object<T>>(body).map(|Object(value)| value)
}

/// Checks what no control takes: a query, and a body that was not received whole.
pub(super) fn check(request: &Request) -> Result<(), Error> {
    let bad = |error: &str| Err(Error::BadRequest(error.to_owned()));
    if !request.query().is_empty() {
        bad(QUERY)
    } else if request.broken {
        bad("the body of the request could not be read")
    } else if request.truncated {
        bad("the body of the request is too long")
    } else {
        Ok(())
    }
}

/// Checks the body of a request that orders nothing in it: a reset, and what is shown or forgotten.
pub(super) fn check_empty(body: &Bytes) -> Result<(), Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    if body.is_empty() || read::<Nothing>(body).is_ok() {
        return Ok(());
    }
    Err(Error::BadRequest(NO_ORDER.to_owned()))
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("", true)]
    #[case("{}", true)]
    #[case(" {\n} ", true)]
    #[case(r#"{"dry_run": true}"#, false)]
    #[case("[]", false)]
    #[case("null", false)]
    #[case("{bad", false)]
    #[case("{}{}", false)]
    #[case("dry_run=true", false)]
    #[case("\u{feff}{}", false)]
    fn only_an_empty_object_says_nothing(#[case] body: &'static str, #[case] allowed: bool) {
        assert_eq!(check_empty(&Bytes::from_static(body.as_bytes())).is_ok(), allowed);
    }

    #[test]
    fn a_list_is_no_object() {
        #[derive(Debug, Deserialize, PartialEq)]
        struct Pair {
            a: u8,
            b: Option<u8>,
        }
        let read = |body: &'static str| read::<Pair>(&Bytes::from_static(body.as_bytes()));
        assert_eq!(read(r#"{"a": 1, "b": 2}"#).unwrap(), Pair { a: 1, b: Some(2) });
        let error = read("[1, 2]").unwrap_err().to_string();
        assert!(error.contains("invalid type: sequence, expected an object at line 1"), "{error}");
    }
}
