//! What the documents say of the tree is so.

use super::{Finding, tree::Tree};

const ARCHITECTURE: &str = "ARCHITECTURE.md";
const CHANGELOG: &str = "CHANGELOG.md";

/// Every path that ARCHITECTURE.md names exists, and every folder of source is named there.
pub(super) fn architecture_names_what_exists(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.text(ARCHITECTURE) else {
        return vec![Finding::new(ARCHITECTURE, 0, "is missing")];
    };
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for path in spans(line).filter(|span| is_path(span)).filter(|path| !tree.has(path)) {
            findings.push(Finding::new(ARCHITECTURE, index + 1, format!("no {path}")));
        }
    }
    for folder in source_folders(tree).filter(|folder| !text.contains(&format!("`{folder}`"))) {
        findings.push(Finding::new(ARCHITECTURE, 0, format!("does not name `{folder}`")));
    }
    findings
}

/// The folders right under a package's `src/`.
fn source_folders(tree: &Tree) -> impl Iterator<Item = String> {
    let mut folders: Vec<String> = tree
        .rust("")
        .filter_map(|(path, _)| {
            let (package, rest) = path.split_once("/src/")?;
            let (folder, _) = rest.split_once('/')?;
            Some(format!("{package}/src/{folder}/"))
        })
        .collect();
    folders.dedup();
    folders.into_iter()
}

/// The code spans of a line of Markdown.
fn spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Whether a code span means a path of the repository.
fn is_path(span: &str) -> bool {
    let tops =
        ["emulator/", "conformance/", "fixtures/", "snapshots/", "xtask/", ".cargo/", ".ci/"];
    let is_plain = span.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    is_plain && (tops.iter().any(|top| span.starts_with(top)) || span.ends_with(".md"))
}

/// The first heading of the changelog is of the version that Cargo.toml has.
pub(super) fn changelog_is_of_this_version(tree: &Tree) -> Vec<Finding> {
    let Some(version) = tree.text("Cargo.toml").and_then(version) else {
        return vec![Finding::new("Cargo.toml", 0, "has no version")];
    };
    let text = tree.text(CHANGELOG).unwrap_or_default();
    let top = text.lines().find_map(|line| line.strip_prefix("## ")).unwrap_or("nothing");
    if top.split([' ', '(', ')']).any(|word| word == version) {
        return Vec::new();
    }
    vec![Finding::new(CHANGELOG, 0, format!("Cargo.toml is at {version}, the top entry is {top}"))]
}

fn version(manifest: &str) -> Option<&str> {
    manifest.lines().find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
}

/// A link inside the repository leads to a file that is there, and to a heading that it has.
pub(super) fn links_resolve(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.ending(".md") {
        for (number, link) in links(text) {
            if !resolves(tree, path, link) {
                findings.push(Finding::new(path, number, format!("a dead link: {link}")));
            }
        }
    }
    findings
}

/// The targets of a document's links, those that leave the repository left out.
fn links(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().flat_map(|(index, line)| {
        let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        targets
            .map(move |(target, _)| (index + 1, target))
            .filter(|(_, target)| !target.contains("://"))
    })
}

fn resolves(tree: &Tree, from: &str, link: &str) -> bool {
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = if file.is_empty() { from.to_owned() } else { join(folder, file) };
    tree.has(&path) && (heading.is_empty() || has_heading(tree.text(&path), heading))
}

fn join(folder: &str, file: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in file.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            name => parts.push(name),
        }
    }
    parts.join("/")
}

fn has_heading(text: Option<&str>, anchor: &str) -> bool {
    let headings = text.unwrap_or_default().lines().filter(|line| line.starts_with('#'));
    headings.map(slug).any(|slug| slug == anchor)
}

/// A heading as renderers turn it into an anchor.
fn slug(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: fn(&Tree) -> Vec<Finding>, files: &[(&str, &str)], expected: &[&str]) {
        let findings = rule(&Tree::of(files));
        let texts: Vec<&str> = findings.iter().map(|finding| finding.text.as_str()).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn a_path_that_is_gone_is_found() {
        let rule = architecture_names_what_exists;
        let text = "Keys live in `emulator/src/world/keys.rs`, under `emulator/src/world/`.";
        let key = ("emulator/src/world/keys.rs", "");
        check(rule, &[("ARCHITECTURE.md", text), key], &[]);
        let other = ("emulator/src/world/key.rs", "");
        check(rule, &[("ARCHITECTURE.md", text), other], &["no emulator/src/world/keys.rs"]);
    }

    #[test]
    fn a_folder_that_is_not_named_is_found() {
        let files = [("ARCHITECTURE.md", ""), ("emulator/src/world/keys.rs", "")];
        let expected = ["does not name `emulator/src/world/`"];
        check(architecture_names_what_exists, &files, &expected);
    }

    #[test]
    fn a_changelog_of_another_version_is_found() {
        let rule = changelog_is_of_this_version;
        let manifest = ("Cargo.toml", "version = \"0.2.0\"");
        check(rule, &[manifest, ("CHANGELOG.md", "## Unreleased (0.2.0)")], &[]);
        let expected = ["Cargo.toml is at 0.2.0, the top entry is 0.1.0"];
        check(rule, &[manifest, ("CHANGELOG.md", "## 0.1.0\n## 0.2.0")], &expected);
    }

    #[test]
    fn a_dead_link_is_found() {
        let text =
            "[a](b.md) [c](#one-two) [d](b.md#x) [e](https://example.com) [f](none.md)\n# One, two";
        let files = [("docs/a.md", text), ("docs/b.md", "# Y")];
        check(links_resolve, &files, &["a dead link: b.md#x", "a dead link: none.md"]);
    }
}
