//! The binary: its exit codes, and the lines that scripts hold on to.

use {
    crate::{
        deviant,
        emulator::{self, RUNTIME},
    },
    rstest::rstest,
    serde_json::Value,
    std::{
        fs,
        net::TcpListener,
        path::PathBuf,
        process::{Command, Output},
    },
};

/// A case that passes on the emulator.
pub(crate) const ONE: &str = "*/lifetime-of-zero-is-invalid";

/// Runs the binary to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// The binary, told nothing by the environment.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_token-conformance"));
    command.args(arguments);
    for name in ["TOKEN_CONFORMANCE_TOKEN", "TOKEN_CONFORMANCE_ACCESS_TOKEN", "KUBECONFIG"] {
        command.env_remove(name);
    }
    command
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub(crate) fn last_line(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_owned()
}

pub(crate) fn kubeconfig() -> String {
    emulator::shared().emulator.kubeconfig_file().display().to_string()
}

/// A file of this test's own.
pub(crate) fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn conformant_is_0() {
    let output = run(&["run", "--kubeconfig", &kubeconfig(), "--run", ONE]);
    assert_eq!(last_line(&output), "1 passed, 0 failed, 0 skipped");
    assert_eq!(code(&output), 0);
}

#[test]
fn both_apis_are_judged_in_one_run() {
    let emulator = &emulator::shared().emulator;
    let output = run(&[
        "run",
        "--kubeconfig",
        &kubeconfig(),
        "--google-endpoint",
        emulator.https_url(),
        "--access-token",
        emulator.google_access_token(),
        "--run",
        "google/agent-token/subject-token-is-exchanged-for-an-access-token",
        "--run",
        ONE,
    ]);
    assert_eq!(last_line(&output), "2 passed, 0 failed, 0 skipped");
    assert_eq!(code(&output), 0);
}

#[test]
fn what_makes_something_is_skipped_when_read_only() {
    let output = run(&["run", "--kubeconfig", &kubeconfig(), "--read-only", "--run", ONE]);
    assert_eq!(last_line(&output), "0 passed, 0 failed, 1 skipped");
    assert_eq!(code(&output), 3, "no case could be judged");
    let selected = "*/version-is-told-in-json";
    let output = run(&["run", "--kubeconfig", &kubeconfig(), "--read-only", "--run", selected]);
    assert_eq!(last_line(&output), "1 passed, 0 failed, 0 skipped");
}

#[test]
fn export_writes_what_is_carried() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("export");
    // An earlier run may have left cases there that have other names now.
    let _ = fs::remove_dir_all(&folder);
    assert_eq!(code(&run(&["export", folder.to_str().unwrap()])), 0);
    let list = run(&["--suite", folder.to_str().unwrap(), "list"]);
    assert_eq!(list.stdout, run(&["list"]).stdout);
}

#[test]
fn a_lie_is_1_and_told_with_its_requirement_and_source() {
    let token = emulator::shared().emulator.token();
    let liar = RUNTIME.block_on(deviant::start(|it| it.status = 400));
    let output = run(&["run", "--server", &liar.uri(), "--token", token, "--run", ONE]);
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    for part in [
        "failed: kubernetes/token-request/lifetime-of-zero-is-invalid",
        "step 1: status",
        "expected 422",
        "token-lifetime-has-a-floor (must)",
        "validation.go",
        "| < 400",
    ] {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
    assert_eq!(last_line(&output), "0 passed, 1 failed, 0 skipped");
    assert_eq!(code(&output), 1);
}

#[test]
fn bad_usage_is_2() {
    let broken = file("broken.kubeconfig", "clusters: 7");
    let broken = broken.to_str().unwrap();
    for arguments in [
        &["run"][..],
        &["run", "--server", "127.0.0.1:1"],
        &["run", "--no-such-flag"],
        &["run", "--kubeconfig", broken],
        &["run", "--kubeconfig", "no/such/file"],
        &["run", "--level", "perhaps", "--server", "http://127.0.0.1:1"],
        &["explain", "no-such-thing"],
        &["run", "--server", "http://127.0.0.1:1", "--token", "a\nb"],
        &["run", "--server", "http://127.0.0.1:1", "--report-dir", "/dev/null/reports"],
        &["run", "--google-endpoint", "http://127.0.0.1:1", "--attached-cluster", "mine"],
        &["run", "--server", "https://127.0.0.1:65536"],
        &["run", "--server", "http://127.0.0.1:1", "--qps", "0"],
        &["run", "--server", "http://127.0.0.1:1", "--parallel", "0"],
        &["run", "--server", "http://127.0.0.1:1", "--kubeconfig", broken],
    ] {
        let output = run(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_not_quoted() {
    let users = "users:\n- name: u\n  user:\n    token: s3cret\n    username: s3cret\n";
    let kubeconfig = file("secret.kubeconfig", &format!("{users}    exec: [s3cret\n"));
    let list = file("secret.known", &format!("{users}    s3cret: [\n"));
    for arguments in [
        ["run", "--kubeconfig", kubeconfig.to_str().unwrap()],
        ["run", "--known-failing", list.to_str().unwrap()],
    ] {
        let output = run(&arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(said.contains("line ") && said.contains("column "), "{said}");
        assert!(!said.contains("s3cret"), "{said}");
    }
}

#[test]
fn a_google_endpoint_alone_is_judged_and_the_rest_skipped() {
    let emulator = &emulator::alone().emulator;
    let mut arguments = vec!["run", "--google-endpoint", emulator.url()];
    arguments.extend(["--access-token", emulator.google_access_token()]);
    let output = run(&arguments);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(code(&output), 0, "{text}");
    assert!(text.contains("(no Kubernetes endpoint was named)"), "{text}");
}

#[test]
fn a_target_that_cannot_be_judged_is_3() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = run(&["run", "--server", &format!("http://{closed}"), "--run", ONE]);
    assert_eq!(code(&output), 3, "out of reach");
    let emulator = emulator::shared().emulator.url();
    let output = run(&["run", "--server", emulator, "--token", "unknown", "--run", ONE]);
    assert_eq!(code(&output), 3, "refuses all");
    let output = run(&["run", "--server", emulator, "--run", ONE]);
    assert_eq!(code(&output), 3, "may do nothing");
}

#[test]
fn a_target_that_refuses_the_credential_is_3() {
    let emulator = &emulator::shared().emulator;
    let kubernetes = ["--server", emulator.url(), "--token", "unknown"];
    let google = ["--google-endpoint", emulator.url(), "--access-token", "unknown"];
    for side in [&kubernetes[..], &google, &google[..2]] {
        for read_only in [false, true] {
            let mut arguments = vec!["run"];
            arguments.extend(side);
            arguments.extend(read_only.then_some("--read-only"));
            let output = run(&arguments);
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(code(&output), 3, "{arguments:?}");
            assert!(said.contains("401"), "{arguments:?}: {said}");
            assert!(said.contains("nothing can be judged"), "{arguments:?}: {said}");
        }
    }
}

#[test]
fn a_stale_list_is_4() {
    for (name, entry) in [("passes", ONE), ("matches-nothing", "*/no-such-case")] {
        let list = file(name, &format!("'{entry}': a reason\n"));
        let output = run(&[
            "run",
            "--kubeconfig",
            &kubeconfig(),
            "--run",
            ONE,
            "--known-failing",
            list.to_str().unwrap(),
        ]);
        assert_eq!(code(&output), 4, "{name}");
    }
}

#[test]
fn a_known_failure_is_excused_until_its_day() {
    let token = emulator::shared().emulator.token();
    let liar = RUNTIME.block_on(deviant::start(|it| it.status = 400));
    let uri = liar.uri();
    let target = ["run", "--server", &uri, "--token", token, "--run", ONE, "--known-failing"];
    for (name, until, expected) in [("known", "2999-12-31", 0), ("expired", "2026-01-01", 1)] {
        let entry = format!("'{ONE}': {{reason: it lies, until: {until}}}\n");
        let list = file(name, &entry);
        let output = run(&[&target[..], &[list.to_str().unwrap()]].concat());
        assert_eq!(code(&output), expected, "{name}");
        let excused = String::from_utf8_lossy(&output.stdout).contains("(it lies)");
        assert_eq!(excused, expected == 0, "{name}");
    }
}

#[test]
fn nothing_selected_is_5() {
    for command in ["run", "list"] {
        let mut arguments = vec![command, "--run", "no-such-case"];
        if command == "run" {
            arguments.extend(["--server", "http://127.0.0.1:1"]);
        }
        assert_eq!(code(&run(&arguments)), 5, "{command}");
    }
}

#[test]
fn a_dry_run_makes_nothing_and_says_what_it_would() {
    let output = run(&["run", "--kubeconfig", &kubeconfig(), "--dry-run", "--run", ONE]);
    assert_eq!(code(&output), 0);
    assert!(String::from_utf8_lossy(&output.stdout).contains("lifetime-of-zero-is-invalid"));
    let made = String::from_utf8_lossy(&output.stdout);
    let made = made.split_whitespace().find(|it| it.starts_with("token-conformance-")).unwrap();
    let emulator = emulator::shared();
    let side = emulator.run.target.kubernetes.as_ref().unwrap();
    let path = format!("/api/v1/namespaces/{made}");
    assert_eq!(RUNTIME.block_on(side.ask("GET", &path, None)).unwrap().status, 404);
}

#[test]
fn list_and_explain_tell_of_cases() {
    let list = run(&["list", "--run", "*lifetime*"]);
    let list = String::from_utf8(list.stdout).unwrap();
    assert!(list.lines().any(|it| it == "kubernetes/token-request/lifetime-of-zero-is-invalid"));
    assert!(list.lines().filter(|it| !it.contains('@')).is_sorted());
    let explained = run(&["explain", "token-lifetime-has-a-floor"]);
    let explained = String::from_utf8(explained.stdout).unwrap();
    assert!(explained.contains("ten minutes") && explained.contains("case: kubernetes/"));
}

#[test]
fn a_list_for_programs_tells_what_is_known_of_each_case() {
    let names = run(&["list", "--level", "observed"]);
    let listed = run(&["list", "--level", "observed", "--format", "json"]);
    let listed: Vec<Value> = serde_json::from_slice(&listed.stdout).unwrap();
    let named = String::from_utf8(names.stdout).unwrap();
    assert!(named.lines().eq(listed.iter().map(|it| it["name"].as_str().unwrap())));
    for case in &listed {
        for member in ["requirement", "level", "sentence", "source", "variant"] {
            assert!(case[member].is_string(), "{member} of {case}");
        }
    }
}

#[test]
fn a_case_is_explained_with_its_file() {
    let output = run(&["explain", "kubernetes/token-request/lifetime-of-zero-is-invalid@http2"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("  | requirement: token-lifetime-has-a-floor"), "{told}");
    assert!(told.contains("source: "), "{told}");
    let short = run(&["explain", "lifetime-of-zero-is-invalid"]);
    assert_eq!(String::from_utf8(short.stdout).unwrap(), told, "there is one of that name");
}

#[test]
fn names_like_an_unknown_one_are_suggested() {
    for (unknown, near) in [
        ("lifetime-of-zero-is-invalit", "kubernetes/token-request/lifetime-of-zero-is-invalid"),
        ("token-lifetime-has-floor", "token-lifetime-has-a-floor"),
    ] {
        let output = run(&["explain", unknown]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(code(&output), 2);
        assert!(told.contains(near), "{told}");
    }
}

#[test]
fn help_tells_of_exit_codes_and_patterns() {
    for (command, part) in [("run", "0  the endpoint conforms"), ("list", "* stands for any")] {
        let output = run(&[command, "--help"]);
        let told = String::from_utf8_lossy(&output.stdout);
        assert_eq!(code(&output), 0);
        assert!(told.contains(part) && told.contains("Examples:"), "{told}");
    }
}

#[test]
fn a_url_with_a_password_is_refused_and_not_quoted() {
    for url in
        ["https://jane:s3cret@127.0.0.1:1", "jane:s3cret@127.0.0.1", "http://127.0.0.1:1/?t=s3cret"]
    {
        let output = run(&["run", "--server", url]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(code(&output), 2, "{told}");
        assert!(!told.contains("s3cret"), "{told}");
    }
}

#[test]
fn a_proxy_that_cannot_be_read_is_not_gone_past() {
    let target = ["run", "--server", "https://kube.invalid", "--token", "s3cret"];
    let mut command = command(&target);
    command.env_remove("NO_PROXY").env_remove("no_proxy").env("HTTPS_PROXY", "ftp://u:s3cret@p");
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(code(&output), 2, "{told}");
    assert!(told.contains("HTTPS_PROXY") && !told.contains("s3cret"), "{told}");
}

#[rstest]
#[case(&[])]
#[case(&["run"])]
#[case(&["list"])]
#[case(&["record"])]
#[case(&["explain"])]
#[case(&["export"])]
#[case(&["version"])]
#[case(&["completions"])]
#[case(&["man"])]
fn each_command_has_an_example_and_a_manual_page(#[case] command: &[&str]) {
    let help = String::from_utf8(run(&[command, &["--help"]].concat()).stdout).unwrap();
    let (_, examples) = help.split_once("Examples:\n").unwrap_or_else(|| panic!("{help}"));
    let mentioned = [&["token-conformance"], command].concat().join(" ");
    assert!(examples.contains(&mentioned), "{help}");
    let page = String::from_utf8(run(&[&["man"], command].concat()).stdout).unwrap();
    let title = format!(".TH {}", [&["token-conformance"], command].concat().join("-"));
    assert!(page.contains(&title), "{page}");
}

#[test]
fn a_shell_learns_commands_and_flags() {
    let script = String::from_utf8(run(&["completions", "bash"]).stdout).unwrap();
    for part in ["complete -F", "explain", "--known-failing"] {
        assert!(script.contains(part), "{part}");
    }
    assert_eq!(run(&["version"]).stdout, run(&["--version"]).stdout);
}

#[test]
fn a_variable_that_is_not_read_is_refused() {
    let mut list = command(&["list"]);
    let output = list.env("TOKEN_CONFORMANCE_TOKN", "hush").output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("TOKEN_CONFORMANCE_TOKN is unknown; allowed are "), "{error}");
    assert!(!error.contains("hush"), "{error}");
}
