//! YAML that people write. What is wrong is told by its place and kind, never by quoting: a
//! kubeconfig is full of credentials, and what is told ends in the logs of a pipeline.

use {serde::de::DeserializeOwned, serde_saphyr::Error};

/// Reads a text.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_saphyr::from_str(text).map_err(|error| told(error.without_snippet()))
}

fn told(error: &Error) -> String {
    let kind = kind(error);
    match error.location() {
        Some(place) => format!("line {}, column {}: {kind}", place.line(), place.column()),
        None => kind,
    }
}

/// What is wrong, in words that stand in our own types alone, but for the name of an unknown key.
fn kind(error: &Error) -> String {
    match error {
        Error::SerdeInvalidType { expected, .. }
        | Error::SerdeInvalidValue { expected, .. }
        | Error::SerdeInvalidLength { expected, .. } => format!("{expected} is expected"),
        Error::Unexpected { expected, .. } => format!("{expected} is expected"),
        Error::InvalidScalar { ty, .. } => format!("{ty} is expected"),
        Error::SerdeUnknownVariant { expected, .. } => {
            format!("one of {} is expected", expected.join(", "))
        }
        Error::SerdeUnknownField { field, .. } => format!("the key {field} is not known"),
        Error::SerdeMissingField { field, .. } => format!("the key {field} is missing"),
        Error::DuplicateMappingKey { .. } => "a key stands twice".to_owned(),
        Error::Eof { .. } => "the text ends too soon".to_owned(),
        _ => "this is not the YAML that is expected".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use {super::*, serde::Deserialize, std::collections::BTreeMap};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct User {
        #[expect(dead_code, reason = "only whether it reads is of interest")]
        token: BTreeMap<String, String>,
    }

    #[test]
    fn a_fault_is_told_by_its_place_and_kind() {
        for (text, told) in [
            ("token: s3cret", "line 1, column 8: "),
            ("token: {a: s3cret}\nuser: s3cret", "the key user is not known"),
            ("{}", "the key token is missing"),
            ("token: {a: s3cret, a: s3cret}", "a key stands twice"),
            ("token: {a: s3cret", ""),
            ("token: \"s3cret", ""),
            ("s3cret", ""),
            ("token: {a: [s3cret]}", ""),
            ("token: &a s3cret\nb: *s3cret", ""),
            ("token: !!int s3cret", ""),
            ("token: !!binary s3cret", ""),
            ("token: |\ns3cret\n  s3cret: [", ""),
        ] {
            let error = read::<User>(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
            assert!(!error.contains("s3cret"), "{text}: {error}");
            assert!(!error.contains('\n'), "{text}: {error}");
        }
    }
}
