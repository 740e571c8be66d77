//! Kubeconfigs of all kinds, as the binary takes them.

use {
    crate::{
        cli::{ONE, code, command, file, last_line, run},
        emulator,
    },
    std::{env, fs},
};

/// A kubeconfig of the shared emulator with this user.
fn with_user(name: &str, user: &str) -> String {
    let emulator = &emulator::shared().emulator;
    let ca = file(&format!("{name}.ca"), emulator.ca_certificate());
    let text = format!(
        "current-context: it\ncontexts: [{{name: it, context: {{cluster: it, user: it}}}}]\n\
         clusters: [{{name: it, cluster: {{server: '{}', certificate-authority: '{}'}}}}]\n\
         users: [{{name: it, user: {user}}}]\n",
        emulator.https_url(),
        ca.display(),
    );
    file(name, &text).display().to_string()
}

/// A user whose credential a shell prints.
fn plugin(printed: &str) -> String {
    format!(
        "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, \
         args: [-c, 'cat \"$0\"', '{printed}'], interactiveMode: Never}}}}"
    )
}

fn credential(name: &str, token: &str) -> String {
    let text = format!(
        "{{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \
         \"status\": {{\"token\": \"{token}\"}}}}"
    );
    file(name, &text).display().to_string()
}

#[test]
fn a_plugin_is_asked_for_the_credential() {
    let printed = credential("plugin.json", emulator::shared().emulator.token());
    let kubeconfig = with_user("plugin.kubeconfig", &plugin(&printed));
    let output = run(&["run", "--kubeconfig", &kubeconfig, "--run", ONE]);
    assert_eq!(last_line(&output), "1 passed, 0 failed, 0 skipped");
    assert_eq!(code(&output), 0);
}

#[test]
fn a_plugin_that_fails_is_told_without_what_it_printed() {
    let printed = file("plugin.broken", "{\"s3cret\": ").display().to_string();
    for user in [plugin(&printed), plugin("no/such/file")] {
        let kubeconfig = with_user("broken-plugin.kubeconfig", &user);
        let output = run(&["run", "--kubeconfig", &kubeconfig, "--run", ONE]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(code(&output), 2, "{told}");
        assert!(told.contains("exec plugin") && !told.contains("s3cret"), "{told}");
    }
}

#[test]
fn several_files_are_one_as_the_environment_has_them() {
    let token = emulator::shared().emulator.token();
    let whole = with_user("whole.kubeconfig", &format!("{{token: '{token}'}}"));
    let first = file("first.kubeconfig", "users: [{name: other, user: {}}]\n");
    let list = env::join_paths([first.as_os_str(), "no/such/file".as_ref(), whole.as_ref()]);
    let list = list.unwrap();
    let output = command(&["run", "--run", ONE]).env("KUBECONFIG", &list).output().unwrap();
    assert_eq!(last_line(&output), "1 passed, 0 failed, 0 skipped");
    let mut named = command(&["run", "--context", "it", "--run", ONE]);
    assert_eq!(code(&named.env("KUBECONFIG", &list).output().unwrap()), 0);
    let mut unknown = command(&["run", "--context", "that", "--run", ONE]);
    assert_eq!(code(&unknown.env("KUBECONFIG", &list).output().unwrap()), 2);
}

#[test]
fn the_environment_alone_does_not_bring_a_cluster_beside_google() {
    let emulator = &emulator::shared().emulator;
    let access = emulator.google_access_token();
    let arguments = ["run", "--google-endpoint", emulator.url(), "--access-token", access];
    let whole = with_user("beside.kubeconfig", &format!("{{token: '{}'}}", emulator.token()));
    let selected = [&arguments[..], &["--run", ONE, "--run", "*/server-config*"]].concat();
    let output = command(&selected).env("KUBECONFIG", whole).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("(no Kubernetes endpoint was named)"), "{told}");
}

#[test]
fn a_token_may_be_in_a_file() {
    let emulator = &emulator::shared().emulator;
    let path = file("token", &format!("{}\n", emulator.token())).display().to_string();
    let kubeconfig = with_user("token-file.kubeconfig", &format!("{{tokenFile: '{path}'}}"));
    let output = run(&["run", "--kubeconfig", &kubeconfig, "--run", ONE]);
    assert_eq!(code(&output), 0);
    let server = ["run", "--server", emulator.url(), "--token-file", &path, "--run", ONE];
    assert_eq!(code(&run(&server)), 0);
    fs::write(&path, "").unwrap();
    assert_eq!(code(&run(&server)), 2, "an empty file is a mistake");
}

#[test]
fn impersonation_is_how_the_suite_asks() {
    let token = emulator::shared().emulator.token();
    let user = |to: &str| format!("{{token: '{token}', as: jane, as-groups: ['{to}']}}");
    let may = with_user("may.kubeconfig", &user("system:masters"));
    assert_eq!(code(&run(&["run", "--kubeconfig", &may, "--run", ONE])), 0);
    let may_not = with_user("may-not.kubeconfig", &user("nobody"));
    let output = run(&["run", "--kubeconfig", &may_not, "--run", ONE]);
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(code(&output), 3, "{told}");
    assert!(told.contains("User \"jane\" cannot create resource \"namespaces\""), "{told}");
}

#[test]
fn whom_to_trust_is_not_guessed() {
    let emulator = &emulator::shared().emulator;
    let server =
        ["run", "--server", emulator.https_url(), "--token", emulator.token(), "--run", ONE];
    assert_eq!(code(&run(&server)), 3);
    let trusting = [&server[..], &["--insecure-skip-tls-verify"]].concat();
    assert_eq!(code(&run(&trusting)), 0);
    let ca = file("trusted.ca", emulator.ca_certificate()).display().to_string();
    let trusted = [&server[..], &["--ca-file", &ca]].concat();
    assert_eq!(code(&run(&trusted)), 0);
    let named = [&trusted[..], &["--tls-server-name", "kubernetes.default.svc"]].concat();
    assert_eq!(code(&run(&named)), 0);
    let wrong = [&trusted[..], &["--tls-server-name", "example.test"]].concat();
    assert_eq!(code(&run(&wrong)), 3);
}

#[test]
fn a_pod_is_where_its_variables_are() {
    let mut outside = command(&["run", "--in-cluster", "--run", ONE]);
    outside.env_remove("KUBERNETES_SERVICE_HOST");
    let output = outside.output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("this is no pod"));
}
