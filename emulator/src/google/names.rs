//! Resource names: `projects/P/locations/L`, and what is below.

use {super::status::Status, aws_lc_rs::digest, std::borrow::Cow};

/// A project: as a request names it, and by the number that the world knows it by. Its id and its
/// number are one project, and an answer names it as its request did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Project {
    written: String,
    number: String,
}

impl Project {
    /// The project that a name begins with; an empty one for a name that begins with none.
    pub(crate) fn of(name: &str) -> Self {
        let rest = name.strip_prefix("projects/").unwrap_or_default();
        let written = rest.split('/').next().unwrap_or_default();
        if written.is_empty() {
            return Self::default();
        }
        Self { written: written.to_owned(), number: project_number(written) }
    }

    /// Its id, or its number where the request has that.
    pub(crate) fn as_written(&self) -> &str {
        &self.written
    }

    /// Whether another name means it.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.written == name || self.number == project_number(name)
    }

    /// A name as the world has it.
    pub(crate) fn known<'a>(&self, name: &'a str) -> Cow<'a, str> {
        exchange(name, &self.written, &self.number)
    }

    /// A name as the request would write it.
    pub(crate) fn written<'a>(&self, name: &'a str) -> Cow<'a, str> {
        exchange(name, &self.number, &self.written)
    }
}

/// The same name below another project.
fn exchange<'a>(name: &'a str, from: &str, to: &str) -> Cow<'a, str> {
    let rest = name.strip_prefix("projects/").and_then(|rest| rest.strip_prefix(from));
    match rest.filter(|rest| from != to && (rest.is_empty() || rest.starts_with('/'))) {
        Some(rest) => Cow::Owned(format!("projects/{to}{rest}")),
        None => Cow::Borrowed(name),
    }
}

/// A project's number. Of a project that is known by its id it is made up, always the same.
pub(crate) fn project_number(project: &str) -> String {
    if project.bytes().all(|byte| byte.is_ascii_digit()) {
        return project.to_owned();
    }
    let digest = digest::digest(&digest::SHA256, project.as_bytes());
    let number =
        digest.as_ref().iter().take(8).fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    (100_000_000_000 + number % 900_000_000_000).to_string()
}

/// The location of a list that wants all of them.
pub(crate) const ANYWHERE: &str = "-";

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
    fn a_project_is_one_by_its_id_and_by_its_number() {
        let name = "projects/p/locations/l";
        let (by_id, number) = (Project::of(name), project_number("p"));
        let known = by_id.known(name).into_owned();
        assert_eq!(known, format!("projects/{number}/locations/l"));
        assert_eq!(by_id.written(&known), name);
        let by_number = Project::of(&known);
        assert_eq!(
            (by_number.known(&known), by_number.written(&known)),
            ((&*known).into(), (&*known).into())
        );
        assert!(by_id.is("p") && by_id.is(&number) && by_number.is("p") && !by_id.is("q"));
        assert_eq!(by_id.known("projects/pq/locations/l"), "projects/pq/locations/l");
        assert_eq!(Project::of("p").known("projects//x"), "projects//x");
    }

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
