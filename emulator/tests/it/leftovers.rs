//! What a killed run left in the temporary folder goes at the next start, and nothing else does.

use {
    crate::program::{self, Running},
    std::{
        fs,
        os::unix::fs::symlink,
        path::{Path, PathBuf},
        process::{Child, Command, Stdio},
    },
    tempfile::TempDir,
};

fn within(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = program::command(arguments);
    command.env("TMPDIR", folder).stdin(Stdio::null());
    command
}

fn serve(folder: &Path) -> Running {
    Running::start(within(folder, &["serve", "--listen=127.0.0.1:0"]))
}

/// Starts another that ends at once.
fn next(folder: &Path) {
    assert!(within(folder, &["exec", "--", "true"]).status().unwrap().success());
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn what_a_killed_run_left_goes_and_a_live_neighbours_stays() {
    let folder = folder();
    let neighbour = serve(folder.path());
    let alive = entries(folder.path());
    for _ in 0..3 {
        serve(folder.path()).end("KILL");
    }
    next(folder.path());
    assert_eq!(entries(folder.path()), alive);
    assert!(alive[0].join("emulator.token").is_file());
    neighbour.end("TERM");
    assert!(entries(folder.path()).is_empty());
}

#[test]
fn a_killed_run_of_exec_is_tidied_up_too() {
    let folder = folder();
    let mut command = within(folder.path(), &["exec", "--", "sh", "-c"]);
    command.arg("echo ready; kill -9 $PPID");
    Running::start(command).child.wait().unwrap();
    assert_eq!(entries(folder.path()).len(), 1);
    next(folder.path());
    assert!(entries(folder.path()).is_empty());
}

#[test]
fn what_others_put_there_stays() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    serve(folder.path()).end("KILL");
    let [left] = &entries(folder.path())[..] else { panic!("not one folder") };
    // A folder elsewhere, a folder without a lock, and a file.
    let moved = at("moved");
    fs::rename(left, &moved).unwrap();
    symlink(&moved, at("token-emulator-link")).unwrap();
    fs::create_dir(at("token-emulator-empty")).unwrap();
    fs::create_dir(at("token-emulator-mine")).unwrap();
    fs::write(at("token-emulator-mine/emulator.token"), "precious").unwrap();
    fs::write(at("token-emulator-notes"), "precious").unwrap();
    let before = (entries(folder.path()).len(), entries(&moved).len());
    next(folder.path());
    assert_eq!((entries(folder.path()).len(), entries(&moved).len()), before);
    assert!(at("token-emulator-mine/emulator.token").is_file());
}

#[test]
fn a_file_of_the_users_in_what_a_killed_run_left_stays() {
    let folder = folder();
    serve(folder.path()).end("KILL");
    let [left] = &entries(folder.path())[..] else { panic!("not one folder") };
    fs::write(left.join("notes"), "precious").unwrap();
    next(folder.path());
    assert_eq!(entries(left), [left.join("notes")]);
}

#[test]
fn many_that_start_and_end_at_once_spare_each_other() {
    let folder = folder();
    for _ in 0..5 {
        serve(folder.path()).end("KILL");
        let script = "test -s \"$KUBECONFIG\" && test -s \"$TOKEN_EMULATOR_TOKEN_FILE\"";
        let one = || -> Child {
            within(folder.path(), &["exec", "--", "sh", "-c", script]).spawn().unwrap()
        };
        let all: Vec<_> = (0..8).map(|_| one()).collect();
        for mut one in all {
            assert_eq!(one.wait().unwrap().code(), Some(0));
        }
    }
    assert!(entries(folder.path()).is_empty());
}
