//! Resource names: `projects/P/locations/L`, and what is below.

use super::status::Status;

/// A name, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name<'a> {
    /// `projects/P/locations/L`
    pub(crate) parent: &'a str,
    /// The project's id or number.
    pub(crate) project: &'a str,
    /// The location.
    pub(crate) location: &'a str,
    /// The last segment; empty for a parent.
    pub(crate) id: &'a str,
}

/// Reads the name of a location.
pub(crate) fn parent<'a>(field: &str, name: &'a str) -> Result<Name<'a>, Status> {
    let parts: Vec<&str> = name.split('/').collect();
    match parts[..] {
        ["projects", project, "locations", location]
            if !project.is_empty() && !location.is_empty() =>
        {
            Ok(Name { parent: name, project, location, id: "" })
        }
        _ => Err(malformed(field, "projects/*/locations/*")),
    }
}

/// Reads the name of something in a collection (`attachedClusters`, `operations`).
pub(crate) fn member<'a>(field: &str, name: &'a str, collection: &str) -> Result<Name<'a>, Status> {
    let malformed = || malformed(field, &format!("projects/*/locations/*/{collection}/*"));
    let (rest, id) = name.rsplit_once('/').ok_or_else(malformed)?;
    let (location, found) = rest.rsplit_once('/').ok_or_else(malformed)?;
    let name = parent(field, location).map_err(|_| malformed())?;
    if found == collection && !id.is_empty() { Ok(Name { id, ..name }) } else { Err(malformed()) }
}

/// Whether an id may be given to something new: `[a-z0-9-]`, at most 63 of them.
pub(crate) fn is_valid_id(id: &str) -> bool {
    let is_valid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&id.len()) && id.bytes().all(is_valid)
}

fn malformed(field: &str, pattern: &str) -> Status {
    Status::bad_field(field, &format!("Invalid resource name. Expected the form {pattern}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let name = member("name", "projects/p/locations/l/operations/o", "operations").unwrap();
        assert_eq!(
            (name.parent, name.project, name.location, name.id),
            ("projects/p/locations/l", "p", "l", "o")
        );
        for bad in [
            "",
            "projects/p",
            "projects/p/locations/l/clusters/o",
            "projects//locations/l/operations/o",
        ] {
            assert!(member("name", bad, "operations").is_err(), "{bad}");
        }
    }
}
