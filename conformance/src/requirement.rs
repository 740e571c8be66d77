//! What a server has to do, in one sentence, and how we know: the one home of a fact.

use {
    crate::level::Level,
    serde::{Deserialize, Serialize},
};

/// One requirement, as an entry of `fixtures/requirements/*.yaml`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Its name, unique in the suite.
    pub id: String,
    /// How much it binds.
    pub level: Level,
    /// What the server does.
    pub sentence: String,
    /// Where that stands: a file of the server's source, a document, an issue.
    pub source: String,
    /// How sure we are.
    #[serde(default)]
    pub sure: Sure,
    /// The numbered facts of the behaviour sheets that it covers.
    #[serde(default)]
    pub facts: Vec<String>,
    /// The versions it holds for.
    #[serde(default)]
    pub versions: Versions,
    /// Why no case checks it, when none does.
    #[serde(default)]
    pub unchecked: Option<String>,
}

/// How a fact is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sure {
    /// Seen on the real server.
    #[default]
    Ran,
    /// Read in its source or its published descriptors.
    Source,
    /// Written in its documentation.
    Documented,
    /// Concluded from neighbouring facts: our stated choice.
    Inferred,
}

/// A span of Kubernetes minor versions, both ends included.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Versions {
    /// The first minor version of 1.x.
    #[serde(default)]
    pub since: Option<u32>,
    /// The last minor version of 1.x.
    #[serde(default)]
    pub until: Option<u32>,
}

impl Versions {
    /// Why the requirement does not hold for this minor version, if it does not. Of a server that
    /// does not tell its version only what holds for all can be asked.
    pub fn excludes(self, minor: Option<u32>) -> Option<String> {
        let why = match (self.since, self.until, minor) {
            (Some(since), _, Some(minor)) if minor < since => format!("holds since 1.{since}"),
            (_, Some(until), Some(minor)) if minor > until => format!("held until 1.{until}"),
            (Some(since), _, None) => format!("holds since 1.{since}"),
            (_, Some(until), None) => format!("held until 1.{until}"),
            _ => return None,
        };
        Some(match minor {
            Some(minor) => format!("{why}; the server is 1.{minor}"),
            None => format!("{why}; the server does not tell its version"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Versions;

    #[test]
    fn both_ends_of_a_span_belong_to_it() {
        let versions = Versions { since: Some(33), until: Some(34) };
        for (minor, holds) in [(32, false), (33, true), (34, true), (35, false)] {
            assert_eq!(versions.excludes(Some(minor)).is_none(), holds, "1.{minor}");
        }
        assert!(versions.excludes(None).is_some());
        assert!(Versions::default().excludes(None).is_none());
    }
}
