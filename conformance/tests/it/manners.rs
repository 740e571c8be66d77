//! How the binary behaves at an endpoint that is somebody's: what it says beforehand, what it
//! leaves, and what it does with few rights.

use {
    crate::{
        cli::{ONE, code, command, last_line, run},
        emulator::{self, Judged, RUNTIME},
    },
    rstest::rstest,
    serde_json::{Value, json},
    std::{
        io::{BufRead, BufReader, Read},
        path::PathBuf,
        process::{Command, Stdio},
    },
    token_conformance::target::Side,
};

fn side(judged: &Judged) -> &Side {
    judged.run.target.kubernetes.as_ref().unwrap()
}

/// The body of an answer to the suite's own credential.
fn ask(judged: &Judged, method: &str, path: &str, body: Option<&Value>) -> Value {
    RUNTIME.block_on(side(judged).ask(method, path, body)).unwrap().value().unwrap()
}

/// The names of a collection's objects.
fn names(judged: &Judged, path: &str) -> Vec<String> {
    let list = ask(judged, "GET", path, None);
    let name = |it: &Value| it["metadata"]["name"].as_str().unwrap().to_owned();
    list["items"].as_array().unwrap().iter().map(name).collect()
}

#[rstest]
#[case::ctrl_c("INT")]
#[case::a_polite_request("TERM")]
fn what_was_made_goes_when_the_run_is_interrupted(#[case] signal: &str) {
    let judged = emulator::alone();
    let kubeconfig = judged.emulator.kubeconfig_file().display().to_string();
    // Slow enough not to be over before it is stopped.
    let mut child =
        command(&["run", "--kubeconfig", &kubeconfig, "--parallel", "2", "--qps", "100"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
    let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
    let made =
        told.by_ref().map(Result::unwrap).find(|it| it.starts_with("make the namespace ")).unwrap();
    let namespace = made.split(' ').nth(3).unwrap().to_owned();
    while !names(&judged, "/api/v1/namespaces").contains(&namespace) {}
    let mut stop = Command::new("kill");
    stop.arg(format!("-{signal}")).arg(child.id().to_string());
    assert!(stop.status().unwrap().success());
    let rest: Vec<String> = told.map(Result::unwrap).collect();
    let ended = child.wait().unwrap();
    let mut warned = String::new();
    child.stderr.unwrap().read_to_string(&mut warned).unwrap();
    assert_eq!(
        ended.code(),
        Some(if rest.last().unwrap().starts_with("0 passed") { 3 } else { 1 })
    );
    assert!(rest.iter().any(|it| it.contains("(the run was interrupted)")), "{rest:?}");
    assert!(!warned.contains("left behind"), "{warned}");
    let left = names(&judged, "/api/v1/namespaces");
    assert!(!left.contains(&namespace), "{left:?}");
    assert_eq!(names(&judged, "/api/v1/nodes"), [""; 0]);
}

#[test]
fn nothing_is_left_after_a_whole_run() {
    let judged = emulator::alone();
    let before = names(&judged, "/api/v1/namespaces");
    let kubeconfig = judged.emulator.kubeconfig_file().display().to_string();
    let output = run(&["run", "--kubeconfig", &kubeconfig]);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(names(&judged, "/api/v1/namespaces"), before);
    assert_eq!(names(&judged, "/api/v1/nodes"), [""; 0]);
}

#[test]
fn a_namespace_that_is_there_stays_as_it_was() {
    let judged = emulator::alone();
    let namespaces = "/api/v1/namespaces";
    ask(&judged, "POST", namespaces, Some(&json!({"metadata": {"name": "team"}})));
    let before = names(&judged, namespaces);
    let kubeconfig = judged.emulator.kubeconfig_file().display().to_string();
    let level = ["--level", "observed", "--namespace", "team"];
    let output = run(&[&["run", "--kubeconfig", &kubeconfig][..], &level].concat());
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(names(&judged, namespaces), before);
    for kind in ["serviceaccounts", "pods", "secrets", "configmaps"] {
        let left = names(&judged, &format!("{namespaces}/team/{kind}"));
        assert_eq!(left, [""; 0], "{kind}");
    }
}

/// Somebody who may make service accounts in one namespace, and tokens for them.
fn somebody(judged: &Judged) -> String {
    let namespaces = "/api/v1/namespaces";
    let rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/team";
    let named = |name: &str| json!({"metadata": {"name": name}});
    ask(judged, "POST", namespaces, Some(&named("team")));
    let accounts = format!("{namespaces}/team/serviceaccounts");
    ask(judged, "POST", &accounts, Some(&named("somebody")));
    let mut role = named("role");
    role["rules"] = json!([
        {"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["create", "delete"]},
        {"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]},
    ]);
    ask(judged, "POST", &format!("{rbac}/roles"), Some(&role));
    let mut binding = named("role");
    let group = "rbac.authorization.k8s.io";
    binding["roleRef"] = json!({"apiGroup": group, "kind": "Role", "name": "role"});
    binding["subjects"] =
        json!([{"kind": "ServiceAccount", "name": "somebody", "namespace": "team"}]);
    ask(judged, "POST", &format!("{rbac}/rolebindings"), Some(&binding));
    let token = ask(judged, "POST", &format!("{accounts}/somebody/token"), Some(&json!({})));
    token["status"]["token"].as_str().unwrap().to_owned()
}

#[test]
fn a_missing_verb_fails_its_own_cases_alone() {
    let judged = emulator::alone();
    let token = somebody(&judged);
    let target = ["run", "--server", judged.emulator.url(), "--token", &token];
    let cases = ["--run", ONE, "--run", "*/token-is-bound-to-a-node"];
    let output = run(&[&target[..], &["--namespace", "team"], &cases].concat());
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(last_line(&output), "1 passed, 1 failed, 0 skipped", "{told}");
    assert!(told.contains("preparing: Node: 403"), "{told}");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let left = names(&judged, "/api/v1/namespaces/team/serviceaccounts");
    assert_eq!(left, ["somebody"]);

    let cases = ["--run", ONE, "--run", "*/version-is-told-in-json"];
    let output = run(&[&target[..], &cases].concat());
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(last_line(&output), "1 passed, 1 failed, 0 skipped", "{told}");
    assert!(told.contains("--namespace takes one that is there"), "{told}");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Somebody who may make what he likes, and take nothing away.
fn hoarder(judged: &Judged) -> String {
    let accounts = "/api/v1/namespaces/default/serviceaccounts";
    let rbac = "/apis/rbac.authorization.k8s.io/v1";
    let named = json!({"metadata": {"name": "hoarder"}});
    ask(judged, "POST", accounts, Some(&named));
    let mut role = named.clone();
    role["rules"] = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["create", "get"]}]);
    ask(judged, "POST", &format!("{rbac}/clusterroles"), Some(&role));
    let mut binding = named;
    let group = "rbac.authorization.k8s.io";
    binding["roleRef"] = json!({"apiGroup": group, "kind": "ClusterRole", "name": "hoarder"});
    binding["subjects"] =
        json!([{"kind": "ServiceAccount", "name": "hoarder", "namespace": "default"}]);
    ask(judged, "POST", &format!("{rbac}/clusterrolebindings"), Some(&binding));
    let token = ask(judged, "POST", &format!("{accounts}/hoarder/token"), Some(&json!({})));
    token["status"]["token"].as_str().unwrap().to_owned()
}

#[test]
fn what_cannot_be_taken_away_is_named() {
    let judged = emulator::alone();
    let token = hoarder(&judged);
    let target = ["run", "--server", judged.emulator.url(), "--token", &token];
    let output = run(&[&target[..], &["--run", ONE]].concat());
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(last_line(&output), "1 passed, 0 failed, 0 skipped", "{told}");
    let left = "token-conformance: left behind: /api/v1/namespaces/token-conformance-";
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.starts_with(left) && told.contains(": 403, and what is in it ("), "{told}");
}

#[test]
fn the_plan_is_told_before_anything_is_made() {
    let judged = emulator::alone();
    let target = ["run", "--server", judged.emulator.url(), "--token", judged.emulator.token()];
    let output = run(&[&target[..], &["--dry-run", "--level", "observed"]].concat());
    let told = String::from_utf8_lossy(&output.stdout);
    for part in [
        "Kubernetes: http://127.0.0.1:",
        ", v1.37.1\n  has RBAC, anonymous callers, OpenID discovery, no controllers",
        "would judge at level observed by ",
        "would make the namespace token-conformance-",
        "cluster-wide for a moment: Namespace, Node",
        "would run: kubernetes/token-request/lifetime-of-zero-is-invalid\n",
        "would skip: ",
    ] {
        assert!(told.contains(part), "no {part} in\n{told}");
    }
    let output = run(&[&target[..], &["--dry-run", "--read-only"]].concat());
    assert!(String::from_utf8_lossy(&output.stdout).contains("would make nothing\n"));
}

#[test]
fn nothing_is_made_for_cases_that_do_not_apply() {
    let judged = emulator::alone();
    let revision = || ask(&judged, "GET", "/api/v1/namespaces", None)["metadata"].clone();
    let before = revision();
    // Without TLS there is no ALPN, and so no HTTP/2.
    let target = ["run", "--server", judged.emulator.url(), "--token", judged.emulator.token()];
    let output = run(&[&target[..], &["--run", "*@http2"]].concat());
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("\nmake nothing\n"), "{told}");
    assert_eq!(revision(), before);
    // What only a token can tell takes a namespace to find out, and the plan says so.
    let output = run(&[
        &target[..],
        &["--level", "observed", "--run", "*lifetime-over-the-cap-is-shortened"],
    ]
    .concat());
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("\nmake the namespace "), "{told}");
    assert_ne!(revision(), before);
}

#[test]
fn nothing_is_recorded_from_an_emulator() {
    let judged = emulator::alone();
    let into = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("recorded-from-an-emulator");
    let target = ["--server", judged.emulator.url(), "--token", judged.emulator.token()];
    let into_it = ["--run", ONE, "--into", into.to_str().unwrap()];
    let output = run(&[&["record"][..], &target, &into_it].concat());
    assert_eq!(code(&output), 2, "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stderr).contains("this is an emulator"));
    assert!(!into.exists());
}
