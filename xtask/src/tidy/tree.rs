//! The files of the repository as text.

use std::{collections::BTreeMap, fs, io, path::Path};

/// Every file by its path from the root; one that is not UTF-8 is there without its text.
pub(super) struct Tree {
    files: BTreeMap<String, String>,
}

/// Folders that are not the repository's: what is built, and what git keeps.
const LEFT_OUT: &[&str] = &["target", ".git"];

impl Tree {
    /// Reads the files under a folder. What git ignores is read too: a `.snap.new` is a finding.
    pub(super) fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self { files: BTreeMap::new() };
        tree.add(root, "")?;
        Ok(tree)
    }

    fn add(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if LEFT_OUT.contains(&name.as_str()) {
                continue;
            }
            let path = format!("{prefix}{name}");
            if entry.file_type()?.is_dir() {
                self.add(&entry.path(), &format!("{path}/"))?;
            } else {
                let bytes = fs::read(entry.path()).unwrap_or_default();
                self.files.insert(path, String::from_utf8(bytes).unwrap_or_default());
            }
        }
        Ok(())
    }

    /// A tree made of paths and texts.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        Self { files: files.collect() }
    }

    /// The text of one file.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Whether there is a file or a folder of that path.
    pub(super) fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let inside = format!("{path}/");
        self.files.contains_key(path) || self.files.keys().any(|file| file.starts_with(&inside))
    }

    /// Every file.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The files whose path ends so.
    pub(super) fn ending(&self, end: &str) -> impl Iterator<Item = (&str, &str)> {
        self.all().filter(move |(path, _)| path.ends_with(end))
    }

    /// The Rust files under a folder, or the one of that path.
    pub(super) fn rust(&self, under: &str) -> impl Iterator<Item = (&str, &str)> {
        self.ending(".rs").filter(move |(path, _)| path.starts_with(under))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_exists_where_a_file_is_in_it() {
        let tree = Tree::of(&[("a/b/c.rs", "")]);
        assert!(tree.has("a/b/c.rs") && tree.has("a/b/") && tree.has("a"));
        assert!(!tree.has("a/b/c") && !tree.has("a/b/c.r"));
    }
}
