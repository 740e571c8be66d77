//! Writes the snapshots that have the emulator as their author: those of the Google side, and of
//! cases that move the clock. All others are recorded from a real server, and stay as they are.

use {
    crate::{Result, cargo, root},
    std::{
        collections::BTreeMap,
        fs, io,
        path::{Path, PathBuf},
    },
};

/// What the header of a snapshot says when the emulator wrote it.
const AUTHOR: &str = "recorded from token-emulator";

/// Snapshots by their file.
type Snapshots = BTreeMap<PathBuf, String>;

/// What happened to one snapshot.
#[derive(Debug, PartialEq, Eq)]
enum Change {
    Written(PathBuf),
    Refused(PathBuf),
}

/// `cargo xtask bless`: runs the suite on the emulator, and keeps what may be kept.
pub(crate) fn run(arguments: &[String]) -> Result {
    if let Some(argument) = arguments.first() {
        return Err(format!("bless takes no arguments, got {argument:?}").into());
    }
    let folder = root().join("snapshots");
    let before = read(&folder)?;
    // insta writes every snapshot that differs; a case may fail all the same, and is named then.
    let environment = [("INSTA_UPDATE", "always"), ("INSTA_FORCE_PASS", "1")];
    let tested = cargo::run(
        &["test", "--package", "token-conformance", "--test", "it", "suite"],
        &environment,
    );
    let changes = changes(&before, &read(&folder)?);
    let refused = report_and_restore(&changes, &before)?;
    tested?;
    if refused == 0 {
        Ok(())
    } else {
        Err(format!("{refused} snapshots are not ours to write").into())
    }
}

fn report_and_restore(changes: &[Change], before: &Snapshots) -> Result<usize> {
    let mut refused = 0;
    for change in changes {
        match change {
            Change::Written(path) => println!("written: {}", shown(path)),
            Change::Refused(path) => {
                refused += 1;
                println!("refused: {}: record it from a kube-apiserver", shown(path));
                match before.get(path) {
                    Some(text) => fs::write(path, text)?,
                    None => fs::remove_file(path)?,
                }
            }
        }
    }
    Ok(refused)
}

/// A path as it is written in the repository.
fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// What differs between two readings.
fn changes(before: &Snapshots, after: &Snapshots) -> Vec<Change> {
    let changed = after.iter().filter(|(path, text)| before.get(*path) != Some(*text));
    let ours = |text: Option<&String>| text.is_none_or(|text| header(text).contains(AUTHOR));
    changed
        .map(|(path, text)| {
            // A snapshot of a real server stays, whatever the new one calls itself.
            let may = ours(Some(text)) && ours(before.get(path));
            let path = path.clone();
            if may { Change::Written(path) } else { Change::Refused(path) }
        })
        .collect()
}

fn header(snapshot: &str) -> &str {
    let text = snapshot.strip_prefix("---\n").unwrap_or(snapshot);
    text.split("\n---\n").next().unwrap_or_default()
}

fn read(folder: &Path) -> io::Result<Snapshots> {
    let mut snapshots = Snapshots::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            snapshots.extend(read(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "snap") {
            let text = fs::read_to_string(&path)?;
            snapshots.insert(path, text);
        }
    }
    Ok(snapshots)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "---\ndescription: \"a, recorded from token-emulator\"\n---\n";
    const THEIRS: &str = "---\ndescription: \"a, recorded from kube-apiserver v1.37.1\"\n---\n";

    fn check(before: Option<&str>, after: &str, expected: &[Change]) {
        let snapshots = |text: Option<&str>| {
            text.map(|text| (PathBuf::from("a.snap"), text.to_owned())).into_iter().collect()
        };
        assert_eq!(changes(&snapshots(before), &snapshots(Some(after))), expected);
    }

    #[test]
    fn what_a_real_server_said_is_not_rewritten() {
        let path = || PathBuf::from("a.snap");
        check(None, &format!("{OURS}new"), &[Change::Written(path())]);
        check(Some(&format!("{OURS}old")), &format!("{OURS}new"), &[Change::Written(path())]);
        check(Some(OURS), OURS, &[]);
        check(None, &format!("{THEIRS}new"), &[Change::Refused(path())]);
        check(Some(&format!("{THEIRS}old")), &format!("{OURS}new"), &[Change::Refused(path())]);
        let sly = format!("{THEIRS}{OURS}");
        check(None, &sly, &[Change::Refused(path())]);
    }
}
