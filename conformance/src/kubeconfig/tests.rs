//! What kubeconfigs say, read as kubectl reads it.

use {super::*, std::fs, tempfile::TempDir};

const CONFIG: &str = "
current-context: a
contexts: [{name: a, context: {cluster: c, user: u, namespace: n}}]
clusters: [{name: c, cluster: {server: 'https://x:1', insecure-skip-tls-verify: true}}]
users: [{name: u, user: {token: t}}]
";

/// Files in a folder of the test's own.
fn files(texts: &[(&str, &str)]) -> (TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let paths = texts.iter().map(|(name, text)| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    });
    let paths = paths.collect();
    (folder, paths)
}

/// The context of one file, and of other files that it names.
fn context(text: &str, others: &[(&str, &str)]) -> Result<Context, String> {
    let (_folder, paths) = files(&[&[("config", text)], others].concat());
    read(&paths[..1], None)
}

/// A kubeconfig with this user.
fn with_user(user: &str) -> String {
    CONFIG.replace("user: {token: t}", &format!("user: {user}"))
}

/// A kubeconfig with this cluster.
fn with_cluster(cluster: &str) -> String {
    CONFIG.replace("insecure-skip-tls-verify: true", cluster)
}

#[test]
fn the_current_context_is_read() {
    let context = context(CONFIG, &[]).unwrap();
    assert_eq!(context.server, "https://x:1");
    assert_eq!(context.token.as_deref(), Some("t"));
    assert_eq!(context.namespace.as_deref(), Some("n"));
    assert!(matches!(context.trust, Trust::Anybody));
}

#[test]
fn what_is_not_there_is_named() {
    let (_folder, paths) = files(&[("config", CONFIG)]);
    let why = read(&paths, Some("b")).err().unwrap();
    assert!(why.contains("no context \"b\"; there are a"), "{why}");
    for (missing, named) in [("user: u", "user: w"), ("cluster: c,", "cluster: d,")] {
        assert!(context(&CONFIG.replace(missing, named), &[]).is_err(), "{named}");
    }
    let why = context(&CONFIG.replace("current-context: a", ""), &[]).err().unwrap();
    assert!(why.contains("--context"), "{why}");
}

#[test]
fn the_first_file_that_names_something_is_heard() {
    let second = CONFIG.replace("token: t", "token: late").replace("name: a", "name: b");
    let second = second.replace("cluster: c,", "cluster: d,").replace("name: c,", "name: d,");
    let second = second.replace("current-context: a", "current-context: b");
    let (_folder, mut paths) = files(&[("one/config", CONFIG), ("two/config", &second)]);
    paths.push(PathBuf::from("no/such/file"));
    assert_eq!(read(&paths, None).unwrap().token.as_deref(), Some("t"));
    assert_eq!(read(&paths, Some("b")).unwrap().token.as_deref(), Some("t"));
    assert!(read(&paths[2..], None).is_err(), "one alone has to be there");
}

#[test]
fn files_are_found_beside_the_one_that_names_them() {
    let user = with_user("{tokenFile: token, token: old}");
    let context = context(&user, &[("token", " fresh\n")]).unwrap();
    assert_eq!(context.token.as_deref(), Some("fresh"));
}

#[test]
fn a_client_certificate_needs_its_key() {
    let both = with_user("{client-certificate-data: Yw==, client-key: key}");
    let identity = context(&both, &[("key", "k")]).unwrap().identity.unwrap();
    assert_eq!((identity.certificates.as_slice(), identity.key.as_slice()), (&b"c"[..], &b"k"[..]));
    for half in ["{client-certificate-data: Yw==}", "{client-key-data: Yw==}"] {
        assert!(context(&with_user(half), &[]).is_err(), "{half}");
    }
}

#[test]
fn what_is_not_taken_is_refused_without_a_quote() {
    for user in [
        "{username: s3cret, password: s3cret}",
        "{auth-provider: {name: gcp, config: {access-token: s3cret}}}",
        "{client-key-data: 's3cret!'}",
        "{exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-command, \
         env: [{name: TOKEN, value: s3cret}], interactiveMode: Never, installHint: Get it.}}",
    ] {
        let why = context(&with_user(user), &[]).err().unwrap();
        assert!(!why.contains("s3cret"), "{why}");
        assert_eq!(why.contains("no-such-command"), why.contains("Get it."), "{why}");
    }
}

/// A plugin that runs a shell script.
fn with_plugin(script: &str) -> String {
    with_user(&format!(
        "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, \
         {script:?}, plugin, one], env: [{{name: NAME, value: two}}], interactiveMode: Never, \
         provideClusterInfo: true}}}}"
    ))
}

#[test]
fn a_plugin_is_run_with_its_arguments_and_environment() {
    let script = "read -r line; told=$(printf '%s' \"$KUBERNETES_EXEC_INFO\" | grep -c x:1); \
                  echo '{\"apiVersion\": \"client.authentication.k8s.io/v1\", \
                  \"kind\": \"ExecCredential\", \
                  \"status\": {\"token\": \"'$1-$NAME-$told'\"}}'";
    let found = context(&with_plugin(script), &[]).unwrap();
    assert_eq!(found.token.as_deref(), Some("one-two-1"));
    let why = context(&with_plugin("echo s3cret; exit 3"), &[]).err().unwrap();
    assert!(why.contains("exit status: 3") && !why.contains("s3cret"), "{why}");
}

#[test]
fn a_cluster_may_name_a_certificate_and_a_proxy() {
    let cluster = "tls-server-name: kubernetes, proxy-url: 'http://p:3128'";
    let context = context(&with_cluster(cluster), &[]).unwrap();
    assert_eq!(context.tls_server_name.as_deref(), Some("kubernetes"));
    assert!(context.proxy.is_some());
    assert!(matches!(context.trust, Trust::System));
}

#[test]
fn impersonation_becomes_headers() {
    let user = "{token: t, as: jane, as-uid: '7', as-groups: [a, b], as-user-extra: {x/y: [z]}}";
    let headers = context(&with_user(user), &[]).unwrap().impersonation;
    let expected = [
        ("Impersonate-User", "jane"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
        ("Impersonate-Extra-x%2Fy", "z"),
    ];
    assert_eq!(headers, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn what_kubectl_refuses_is_refused() {
    let twice = "users: [{name: u, user: {token: t}}, {name: u, user: {token: s}}]";
    for (text, told) in [
        (with_user("{token: t, as-groups: ['system:masters']}"), "without as"),
        (with_user("{token: t, as-user-extra: {a: [b]}}"), "without as"),
        (with_user("{tokenFile: empty}"), "tokenFile: the file is empty"),
        (with_cluster("insecure-skip-tls-verify: true, certificate-authority: ca"), "exclude"),
        (CONFIG.replace("'https://x:1'", "''"), "has no server"),
        (CONFIG.replace("users: [{name: u, user: {token: t}}]", twice), "\"u\" stands twice"),
    ] {
        let why = context(&text, &[("empty", "\n"), ("ca", "pem")]).err();
        assert!(why.as_ref().is_some_and(|it| it.contains(told)), "{text}: {why:?}");
    }
}
