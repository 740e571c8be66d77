//! The list of known failures: excused, stale, and written anew.

use {
    crate::{
        cli::{ONE, code, file, kubeconfig, last_line, run},
        deviant,
        emulator::{self, RUNTIME},
    },
    std::fs,
};

#[test]
fn a_list_is_written_from_what_fails() {
    let token = emulator::shared().emulator.token();
    let liar = RUNTIME.block_on(deviant::start(|it| it.status = 400));
    let url = liar.uri();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("known.yaml");
    let list = ["--run", ONE, "--known-failing", path.to_str().unwrap()];
    let lied = [&["run", "--server", &url, "--token", token][..], &list].concat();
    assert_eq!(code(&run(&lied)), 2, "there is no list yet");
    let written = run(&[&lied[..], &["--update-known-failing"]].concat());
    assert_eq!(last_line(&written), "1 passed, 0 failed, 0 skipped");
    assert_eq!(code(&written), 0);
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.contains("lifetime-of-zero-is-invalid': \"status: expected 422, got 400"),
        "{text}"
    );
    assert_eq!(code(&run(&lied)), 0);

    let kubeconfig = kubeconfig();
    let honest = [&["run", "--kubeconfig", &kubeconfig][..], &list].concat();
    assert_eq!(code(&run(&honest)), 4, "it passes now");
    assert_eq!(code(&run(&[&honest[..], &["--update-known-failing"]].concat())), 0);
    assert!(!fs::read_to_string(&path).unwrap().contains("lifetime-of-zero"));
    assert_eq!(code(&run(&honest)), 0);
}

#[test]
fn what_was_not_selected_is_not_stale() {
    let text = "'kubernetes/token-review/*': fails elsewhere\n";
    let list = file("unselected.known", text).display().to_string();
    let kubeconfig = kubeconfig();
    let selected = ["run", "--kubeconfig", &kubeconfig, "--run", ONE, "--known-failing", &list];
    assert_eq!(code(&run(&selected)), 0);
    assert_eq!(code(&run(&[&selected[..], &["--update-known-failing"]].concat())), 0);
    assert_eq!(fs::read_to_string(&list).unwrap(), text);
}

#[test]
fn there_is_nothing_to_update_without_a_list() {
    assert_eq!(code(&run(&["run", "--update-known-failing", "--server", "http://127.0.0.1:1"])), 2);
}
