//! What has no place in any file.

use super::{
    Finding,
    code::{self, has_word},
    tree::Tree,
};

/// A test moves the clock; it does not wait. On tokio's paused clock a sleep is such a move.
pub(super) fn tests_do_not_sleep(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.rust("") {
        let lines =
            if path.contains("/tests/") { code::lines(text) } else { code::lines_of_tests(text) };
        let mut paused = false;
        for (number, line) in lines {
            if line.contains("#[") && line.contains("test") {
                paused = line.contains("start_paused = true");
            }
            let waits = has_word(&line, "sleep") || has_word(&line, "sleep_until");
            if waits && !paused {
                findings.push(Finding::new(path, number, "a test does not sleep: move the clock"));
            }
        }
    }
    findings
}

/// A file that no module declares is compiled by nobody.
pub(super) fn every_file_is_a_module(tree: &Tree) -> Vec<Finding> {
    let roots = ["main.rs", "lib.rs", "build.rs"];
    let mut findings = Vec::new();
    for (path, _) in tree.rust("") {
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        // `a/b/mod.rs` and `a/b.rs` are both the module `b` of `a`.
        let (parent, name) = match file {
            "mod.rs" => folder.rsplit_once('/').unwrap_or(("", folder)),
            _ => (folder, file.trim_end_matches(".rs")),
        };
        let declared = ["mod.rs", "lib.rs", "main.rs"].iter().any(|declaring| {
            let text = tree.text(&format!("{parent}/{declaring}")).unwrap_or("");
            text.lines().any(|line| line.trim_end().ends_with(&format!("mod {name};")))
        });
        if !declared && !roots.contains(&file) {
            findings.push(Finding::new(path, 0, "no module declares this file"));
        }
    }
    findings
}

/// No mark of unfinished work, and no lint or test that is silenced without a reason.
pub(super) fn nothing_is_left_undone(tree: &Tree) -> Vec<Finding> {
    let marks = ["todo!", "unimplemented!", "#[ignore", "#[allow", "#![allow"];
    let mut findings = Vec::new();
    for (path, text) in tree.rust("") {
        for (number, line) in code::lines(text) {
            if let Some(mark) = marks.iter().find(|mark| line.contains(**mark)) {
                findings.push(Finding::new(path, number, format!("{mark} is left in")));
            }
        }
    }
    findings
}

/// The path of a machine that a file was written on means nothing on another.
pub(super) fn no_machine_is_named(tree: &Tree) -> Vec<Finding> {
    let roots = ["/work/", "/root/", "/home/", "/tmp/"];
    let mut findings = Vec::new();
    // The rule itself speaks of such paths.
    for (path, text) in tree.all().filter(|(path, _)| !path.starts_with("xtask/src/tidy/")) {
        for (number, line) in numbered(text) {
            if let Some(root) = roots.iter().find(|root| starts_a_path(line, root)) {
                findings.push(Finding::new(path, number, format!("a machine's path: {root}")));
            }
        }
    }
    findings
}

/// Whether a line has that path from a root on, and not as a part of a URL or of another path.
fn starts_a_path(line: &str, root: &str) -> bool {
    let goes_on = |before: char| before.is_alphanumeric() || "/._-}".contains(before);
    line.match_indices(root).any(|(start, _)| !line[..start].ends_with(goes_on))
}

/// Whoever clones this has crates.io, and perhaps no mirror of it.
pub(super) fn crates_come_from_crates_io(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in numbered(tree.text("Cargo.lock").unwrap_or_default()) {
        let is_source = line.starts_with("source = ");
        if is_source && !line.contains("registry+https://github.com/rust-lang/crates.io-index") {
            findings.push(Finding::new("Cargo.lock", number, "a crate that is not from crates.io"));
        }
    }
    for (path, text) in tree.all().filter(|(path, _)| path.contains(".cargo/")) {
        for (number, line) in numbered(text) {
            if line.contains("registry") || line.trim_start().starts_with("[source") {
                findings.push(Finding::new(
                    path,
                    number,
                    "a registry is each machine's own choice",
                ));
            }
        }
    }
    findings
}

/// A snapshot that waits for review is not a snapshot.
pub(super) fn no_snapshot_waits_for_review(tree: &Tree) -> Vec<Finding> {
    let waiting = tree.all().filter(|(path, _)| path.ends_with(".snap.new"));
    waiting.map(|(path, _)| Finding::new(path, 0, "waits for review")).collect()
}

/// Files that are perhaps two nouns. Named, not refused.
pub(super) fn long_files(tree: &Tree) -> Vec<Finding> {
    let lengths = tree.rust("").map(|(path, text)| (path, text.lines().count()));
    let long = lengths.filter(|(_, length)| *length > 500);
    long.map(|(path, length)| Finding::new(path, 0, format!("{length} lines: still one noun?")))
        .collect()
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: fn(&Tree) -> Vec<Finding>, path: &str, text: &str, expected: usize) {
        let findings = rule(&Tree::of(&[(path, text)]));
        assert_eq!(findings.len(), expected, "{path}: {text}: {findings:?}");
    }

    #[test]
    fn a_test_that_sleeps_is_found() {
        let source = "tokio::time::sleep(second).await;";
        check(tests_do_not_sleep, "emulator/tests/it/main.rs", source, 1);
        check(tests_do_not_sleep, "emulator/src/server/faults.rs", source, 0);
        let unit = format!("#[cfg(test)]\nmod tests {{ {source} }}");
        check(tests_do_not_sleep, "emulator/src/server/faults.rs", &unit, 1);
        let paused = format!("#[tokio::test(start_paused = true)]\nasync fn a() {{ {source} }}");
        check(tests_do_not_sleep, "emulator/tests/it/main.rs", &paused, 0);
    }

    #[test]
    fn unfinished_work_is_found() {
        for source in ["todo!()", "#[ignore]", "#[allow(dead_code)]", "#![allow(dead_code)]"] {
            check(nothing_is_left_undone, "emulator/src/main.rs", source, 1);
        }
        let reasoned = "#[expect(dead_code, reason = \"…\")]";
        check(nothing_is_left_undone, "emulator/src/main.rs", reasoned, 0);
    }

    #[test]
    fn a_file_of_no_module_is_found() {
        for (declares, expected) in [("pub mod clock;", 0), ("mod clock;", 0), ("mod o_clock;", 1)]
        {
            let files = [("emulator/src/lib.rs", declares), ("emulator/src/clock.rs", "")];
            assert_eq!(every_file_is_a_module(&Tree::of(&files)).len(), expected, "{declares}");
        }
        let files = [("emulator/src/lib.rs", "mod world;"), ("emulator/src/world/mod.rs", "")];
        assert_eq!(every_file_is_a_module(&Tree::of(&files)).len(), 0);
    }

    #[test]
    fn a_path_of_a_machine_is_found() {
        check(no_machine_is_named, "README.md", "see /work/notes", 1);
        check(no_machine_is_named, "README.md", "cp x `/tmp/ready.json`", 1);
        check(no_machine_is_named, "README.md", "https://example.com/home/x and a/tmp/b", 0);
    }

    #[test]
    fn a_crate_from_elsewhere_is_found() {
        let rule = crates_come_from_crates_io;
        check(rule, "Cargo.lock", "source = \"git+https://example.com/x\"", 1);
        let index = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
        check(rule, "Cargo.lock", index, 0);
        check(rule, ".cargo/config.toml", "[source.crates-io]", 1);
    }

    #[test]
    fn a_snapshot_that_waits_is_found() {
        check(no_snapshot_waits_for_review, "snapshots/a.snap.new", "", 1);
        check(no_snapshot_waits_for_review, "snapshots/a.snap", "", 0);
    }

    #[test]
    fn a_long_file_is_named() {
        check(long_files, "emulator/src/main.rs", &"\n".repeat(501), 1);
        check(long_files, "emulator/src/main.rs", &"\n".repeat(500), 0);
    }
}
