//! The repository's own rules: what no compiler and no linter checks, checked by reading text.

mod code;
mod documents;
mod hygiene;
mod knows;
mod layers;
mod suite;
mod tree;

use {
    crate::{Result, root},
    std::fmt,
    tree::Tree,
};

/// Something that a rule found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    /// Counted from 1; 0 when it is about the whole file.
    line: usize,
    text: String,
}

impl Finding {
    fn new(path: &str, line: usize, text: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, text: text.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.text),
            line => write!(f, "{}:{line}: {}", self.path, self.text),
        }
    }
}

/// A rule: what is wrong with a tree.
type Rule = fn(&Tree) -> Vec<Finding>;

const RULES: &[Rule] = &[
    layers::state_knows_no_http,
    layers::time_and_randomness_come_from_the_world,
    layers::only_the_server_is_async,
    layers::googles_layer_knows_no_api,
    knows::modules_know_what_the_table_says,
    hygiene::tests_do_not_sleep,
    hygiene::nothing_is_left_undone,
    hygiene::every_file_is_a_module,
    hygiene::no_machine_is_named,
    hygiene::crates_come_from_crates_io,
    hygiene::no_snapshot_waits_for_review,
    documents::architecture_names_what_exists,
    documents::changelog_is_of_this_version,
    documents::links_resolve,
    suite::cases_have_a_requirement,
    suite::requirements_have_a_case,
    suite::cases_have_a_snapshot,
];

/// `cargo xtask tidy`: prints every finding; one is enough to fail.
pub(crate) fn run(arguments: &[String]) -> Result {
    if let Some(argument) = arguments.first() {
        return Err(format!("tidy takes no arguments, got {argument:?}").into());
    }
    let tree = Tree::read(&root())?;
    for finding in hygiene::long_files(&tree) {
        println!("note: {finding}");
    }
    let findings = check(&tree);
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        count => Err(format!("{count} findings").into()),
    }
}

fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(tree)).collect();
    findings.sort();
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        let findings = check(&Tree::read(&root()).unwrap());
        let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
        assert!(lines.is_empty(), "{}", lines.join("\n"));
    }
}
