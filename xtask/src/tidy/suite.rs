//! Requirements, cases and snapshots belong to one another. The suite's own catalog reads what is
//! in them; this only looks at which of them are there.

use {
    super::{Finding, tree::Tree},
    std::collections::BTreeSet,
};

const REQUIREMENTS: &str = "fixtures/requirements/";

/// Folders of `fixtures/` that hold no cases.
const NO_CASES: &[&str] = &[REQUIREMENTS, "fixtures/facts/", "fixtures/targets/"];

/// One entry of a file of requirements.
struct Requirement<'a> {
    path: &'a str,
    line: usize,
    id: &'a str,
    has_reason: bool,
}

/// Every case names a requirement that there is.
pub(super) fn cases_have_a_requirement(tree: &Tree) -> Vec<Finding> {
    let requirements = requirements(tree);
    let ids: BTreeSet<&str> = requirements.iter().map(|requirement| requirement.id).collect();
    let mut findings = Vec::new();
    for (path, text) in cases(tree) {
        match named(text) {
            None => findings.push(Finding::new(path, 0, "names no requirement")),
            Some(id) if !ids.contains(id) => {
                findings.push(Finding::new(path, 0, format!("there is no requirement {id}")));
            }
            Some(_) => {}
        }
    }
    findings
}

/// Every requirement has a case, or says why not.
pub(super) fn requirements_have_a_case(tree: &Tree) -> Vec<Finding> {
    let named: BTreeSet<&str> = cases(tree).filter_map(|(_, text)| named(text)).collect();
    let requirements = requirements(tree).into_iter();
    let unchecked = requirements.filter(|it| !it.has_reason && !named.contains(it.id));
    unchecked
        .map(|it| Finding::new(it.path, it.line, format!("{} has no case and no reason", it.id)))
        .collect()
}

/// Every case has its snapshot, and every snapshot its case.
pub(super) fn cases_have_a_snapshot(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, _) in cases(tree) {
        if !tree.has(&moved(path, "fixtures/", ".yaml", "snapshots/", ".snap")) {
            findings.push(Finding::new(path, 0, "has no snapshot"));
        }
    }
    for (path, _) in tree.ending(".snap").filter(|(path, _)| path.starts_with("snapshots/")) {
        if !tree.has(&moved(path, "snapshots/", ".snap", "fixtures/", ".yaml")) {
            findings.push(Finding::new(path, 0, "has no case"));
        }
    }
    findings
}

fn moved(path: &str, from: &str, from_end: &str, to: &str, to_end: &str) -> String {
    let middle = path.strip_prefix(from).and_then(|rest| rest.strip_suffix(from_end));
    format!("{to}{}{to_end}", middle.unwrap_or(path))
}

fn cases(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    let fixtures = tree.ending(".yaml").filter(|(path, _)| path.starts_with("fixtures/"));
    fixtures.filter(|(path, _)| !NO_CASES.iter().any(|folder| path.starts_with(folder)))
}

/// The requirement that a case names.
fn named(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix("requirement:")).map(str::trim)
}

fn requirements(tree: &Tree) -> Vec<Requirement<'_>> {
    let mut found: Vec<Requirement<'_>> = Vec::new();
    for (path, text) in tree.ending(".yaml").filter(|(path, _)| path.starts_with(REQUIREMENTS)) {
        for (index, line) in text.lines().enumerate() {
            if let Some(id) = line.strip_prefix("- id:") {
                let line = index + 1;
                found.push(Requirement { path, line, id: id.trim(), has_reason: false });
            } else if let (true, Some(last)) = (line.starts_with("  unchecked:"), found.last_mut())
            {
                last.has_reason = true;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOOR: (&str, &str) = ("fixtures/requirements/a.yaml", "- id: floor\n  level: must\n");
    const CASE: (&str, &str) = ("fixtures/kubernetes/a/b.yaml", "requirement: floor\nwhen: x\n");

    fn check(rule: fn(&Tree) -> Vec<Finding>, files: &[(&str, &str)], expected: &[&str]) {
        let findings = rule(&Tree::of(files));
        let texts: Vec<&str> = findings.iter().map(|finding| finding.text.as_str()).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn a_case_without_its_requirement_is_found() {
        check(cases_have_a_requirement, &[FLOOR, CASE], &[]);
        check(cases_have_a_requirement, &[CASE], &["there is no requirement floor"]);
        let without = ("fixtures/google/a.yaml", "when: x");
        check(cases_have_a_requirement, &[FLOOR, without], &["names no requirement"]);
    }

    #[test]
    fn a_requirement_that_nobody_checks_is_found() {
        check(requirements_have_a_case, &[FLOOR, CASE], &[]);
        check(requirements_have_a_case, &[FLOOR], &["floor has no case and no reason"]);
        let reasoned = (FLOOR.0, "- id: floor\n  unchecked: No client can see it.\n");
        check(requirements_have_a_case, &[reasoned], &[]);
    }

    #[test]
    fn a_case_and_a_snapshot_that_stand_alone_are_found() {
        let snapshot = ("snapshots/kubernetes/a/b.snap", "");
        check(cases_have_a_snapshot, &[CASE, snapshot], &[]);
        check(cases_have_a_snapshot, &[CASE], &["has no snapshot"]);
        check(cases_have_a_snapshot, &[snapshot], &["has no case"]);
    }
}
