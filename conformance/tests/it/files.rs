//! The files that commands write, and those of others, which stay.

use {
    crate::cli::{ONE, code, command, kubeconfig, run},
    std::{
        fs,
        os::unix::fs::{PermissionsExt, symlink},
        path::Path,
        process::Output,
    },
    tempfile::{TempDir, tempdir},
};

const REPORTS: [&str; 4] = ["junit.xml", "report.json", "report.html", "summary.md"];
/// A case of the suite, as it is exported.
const CASE: &str = "fixtures/kubernetes/token-request/lifetime-of-zero-is-invalid.yaml";

fn report_to(folder: &Path) -> Output {
    let folder = folder.to_str().unwrap();
    run(&["run", "--kubeconfig", &kubeconfig(), "--run", ONE, "--report-dir", folder])
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        names.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_second_run_replaces_the_reports_of_the_first() {
    let folder = tempdir().unwrap();
    assert_eq!(code(&report_to(folder.path())), 0);
    for name in REPORTS {
        let path = folder.path().join(name);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{text}\n\n")).unwrap();
    }
    let again = report_to(folder.path());
    assert_eq!(code(&again), 0, "{}", told(&again));
    for name in REPORTS {
        let path = folder.path().join(name);
        assert!(!fs::read_to_string(&path).unwrap().ends_with("\n\n"), "{name} is the old one");
        assert_ne!(fs::metadata(&path).unwrap().permissions().mode() & 0o044, 0, "{name}");
    }
    let mut reports = REPORTS.map(str::to_owned);
    reports.sort();
    assert_eq!(names(folder.path()), reports, "no draft is left");
}

#[test]
fn an_empty_file_is_taken_for_a_report() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("junit.xml"), "").unwrap();
    assert_eq!(code(&report_to(folder.path())), 0);
    assert!(fs::read_to_string(folder.path().join("junit.xml")).unwrap().contains("<testsuites"));
}

/// Nothing is asked of a server either: the address answers nobody.
#[test]
fn a_report_of_somebody_elses_is_not_replaced() {
    for (name, text) in [
        ("junit.xml", "<?xml version=\"1.0\"?>\n<testsuites name=\"my-tests\"></testsuites>\n"),
        ("report.json", "{\"schema\": 1, \"generator\": \"my-tests\"}"),
        ("report.html", "<!doctype html><title>token-conformance</title>"),
        ("summary.md", "# What token-conformance found\n"),
    ] {
        let folder = tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let target = ["run", "--server", "http://kube.invalid", "--report-dir"];
        let output = run(&[&target[..], &[folder.path().to_str().unwrap()]].concat());
        assert_eq!(code(&output), 2, "{name}: {}", told(&output));
        assert!(told(&output).contains(&path.display().to_string()), "{}", told(&output));
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(names(folder.path()), [name]);
    }
}

#[test]
fn a_link_in_the_place_of_a_report_is_refused() {
    let folder = tempdir().unwrap();
    let (target, link) = (folder.path().join("precious"), folder.path().join("summary.md"));
    fs::write(&target, "precious").unwrap();
    symlink(&target, &link).unwrap();
    let output = report_to(folder.path());
    assert_eq!(code(&output), 2);
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

fn export(folder: &TempDir, more: &[&str]) -> Output {
    run(&[&["export", folder.path().to_str().unwrap()], more].concat())
}

#[test]
fn an_export_does_not_write_over_what_was_changed() {
    let folder = tempdir().unwrap();
    assert_eq!(code(&export(&folder, &[])), 0);
    let path = folder.path().join(CASE);
    let carried = fs::read_to_string(&path).unwrap();
    fs::write(&path, "changed").unwrap();
    let lost = folder.path().join("snapshots/kubernetes/token-request");
    fs::remove_dir_all(&lost).unwrap();

    let output = export(&folder, &[]);
    assert_eq!(code(&output), 2);
    assert!(told(&output).contains(CASE) && told(&output).contains("--force"), "{}", told(&output));
    assert_eq!(fs::read_to_string(&path).unwrap(), "changed");
    assert!(!lost.exists(), "nothing was written");

    assert_eq!(code(&export(&folder, &["--force"])), 0);
    assert_eq!(fs::read_to_string(&path).unwrap(), carried);
    assert!(lost.exists());
}

/// What an earlier version exported is known by the digests that it left.
#[test]
fn an_export_replaces_what_an_earlier_version_wrote() {
    let folder = tempdir().unwrap();
    assert_eq!(code(&export(&folder, &[])), 0);
    let [manifest, case, gone] =
        ["exported.sha256", CASE, "fixtures/kubernetes/gone.yaml"].map(|it| folder.path().join(it));
    let carried = fs::read_to_string(&case).unwrap();
    let digests = fs::read_to_string(&manifest).unwrap();
    let line = digests.lines().find(|it| it.ends_with(CASE)).unwrap();
    // The digest of no bytes but a newline.
    let old = "01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b";
    let digests = digests.replace(line, &format!("{old}  {CASE}"));
    let digests = format!("{digests}{old}  fixtures/kubernetes/gone.yaml\n{old}  ../outside\n");
    fs::write(&manifest, digests).unwrap();
    for path in [&case, &gone] {
        fs::write(path, "\n").unwrap();
    }
    let output = export(&folder, &[]);
    assert_eq!(code(&output), 0, "{}", told(&output));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(printed.starts_with("wrote 1 file to "), "{printed}");
    assert!(printed.ends_with("\nremoved 1 file of an earlier export\n"), "{printed}");
    assert_eq!(fs::read_to_string(&case).unwrap(), carried);
    assert!(!gone.exists());
}

#[test]
fn an_export_leaves_the_cases_of_others() {
    let folder = tempdir().unwrap();
    let own = folder.path().join("fixtures/kubernetes/of-my-own.yaml");
    fs::create_dir_all(own.parent().unwrap()).unwrap();
    fs::write(&own, "").unwrap();
    assert_eq!(code(&export(&folder, &[])), 2, "this is no export");
    fs::remove_file(&own).unwrap();
    assert_eq!(code(&export(&folder, &[])), 0);
    fs::write(&own, "").unwrap();
    let output = export(&folder, &[]);
    assert_eq!(code(&output), 0);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let last = format!("left 1 other case: {}", own.display());
    assert!(printed.lines().last() == Some(&last) && own.exists(), "{printed}");
}

#[test]
fn a_list_that_is_to_be_written_is_not_made_by_a_run_that_fails() {
    let folder = tempdir().unwrap();
    let list = folder.path().join("known.yaml");
    let arguments = ["run", "--server", "http://kube.invalid", "--known-failing"];
    let more = [list.to_str().unwrap(), "--update-known-failing"];
    assert_eq!(code(&run(&[&arguments[..], &more].concat())), 3);
    assert!(names(folder.path()).is_empty());
}

#[test]
fn what_is_written_over_is_said_in_the_help() {
    for arguments in [["run", "--help"], ["export", "--help"], ["record", "--help"]] {
        let output = command(&arguments).output().unwrap();
        let help = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            help.to_lowercase().contains("write over") || help.contains("written over"),
            "{help}"
        );
    }
}
