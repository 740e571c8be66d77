//! Which kinds the real server knows, and how its error texts call them.

/// A kind of the real server's scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Its API group; empty for the core group.
    pub group: &'static str,
    /// Its version; `__internal` is the form that all versions are converted through.
    pub version: &'static str,
    /// Its name.
    pub kind: &'static str,
    /// Its type as Go prints it, e.g. `v1.Pod`.
    pub go_type: &'static str,
    /// Import path and name of that type.
    pub structure: &'static str,
}

/// The version that other versions are converted through.
pub const INTERNAL: &str = "__internal";

/// What the scheme is called in error texts: a position in the server's own source.
pub const SCHEME: &str = "pkg/runtime/scheme.go:111";

// Registered without a version: an object of such a kind is made whatever group and version say.
const UNVERSIONED: [&str; 5] =
    ["Status", "APIVersions", "APIGroupList", "APIGroup", "APIResourceList"];

/// The kind of that name. Only errors ask, so the table is read each time and not kept.
pub fn find(group: &str, version: &str, kind: &str) -> Option<Kind> {
    let registered =
        all().find(|row| row.group == group && row.version == version && row.kind == kind);
    registered.or_else(|| {
        let unversioned = UNVERSIONED.contains(&kind);
        all().find(|row| unversioned && row.group.is_empty() && row.kind == kind)
    })
}

fn all() -> impl Iterator<Item = Kind> {
    include_str!("kinds.txt").lines().filter(|line| !line.starts_with('#')).filter_map(row)
}

fn row(line: &'static str) -> Option<Kind> {
    let mut columns = line.split(' ');
    let group = columns.next()?;
    Some(Kind {
        group: if group == "-" { "" } else { group },
        version: columns.next()?,
        kind: columns.next()?,
        go_type: columns.next()?,
        structure: columns.next()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_by_group_version_and_name() {
        let go_type = |group, version, kind| find(group, version, kind).map(|kind| kind.go_type);
        assert_eq!(go_type("", "v1", "Pod"), Some("v1.Pod"));
        assert_eq!(
            go_type("authentication.k8s.io", INTERNAL, "TokenRequest"),
            Some("authentication.TokenRequest")
        );
        assert_eq!(go_type("anything", "v7", "Status"), Some("v1.Status"));
        assert_eq!(go_type("", "v1", "TokenRequest"), None);
    }
}
