//! Which files the program may write over and remove: those that it wrote.

use {
    crate::program::{self, Running},
    rstest::rstest,
    serde_json::{Value, json},
    std::{
        fs,
        net::TcpListener,
        os::unix::fs::{FileTypeExt, PermissionsExt, symlink},
        path::{Path, PathBuf},
        process::{Command, Output},
    },
    tempfile::TempDir,
    token_emulator::{Config, Emulator, StartError},
};

const PROD: &str = "apiVersion: v1\nkind: Config\nclusters: [{name: prod, cluster: {server: 'https://prod'}}]\ncurrent-context: prod\n";

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready.json");
    (folder, ready)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut names: Vec<_> =
        entries.map(|entry| entry.file_name().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

fn ready_file(path: &Path) -> Vec<String> {
    vec!["--ready-file".to_owned(), path.to_str().unwrap().to_owned()]
}

fn kubeconfig(path: &Path) -> Vec<String> {
    vec!["--kubeconfig".to_owned(), path.to_str().unwrap().to_owned()]
}

/// Why it does not start with further flags.
fn refused(flags: &[String]) -> Output {
    let mut command = program::command(&["serve", "--listen=127.0.0.1:0"]);
    command.args(flags);
    let output = program::fails(command);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    output
}

fn assert_names(output: &Output, path: &Path) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains(path.to_str().unwrap()), "{error}");
}

#[rstest]
#[case::a_kubeconfig("ready.kubeconfig", PROD)]
#[case::a_certificate("ready.ca.crt", "-----BEGIN CERTIFICATE-----\n")]
#[case::a_token("ready.token", "hush")]
#[case::a_google_token("ready.google-access-token", "ya29.c.hush")]
#[case::any_text("ready.json", "precious")]
#[case::any_json("ready.json", "{\"url\": \"http://a\"}")]
fn a_file_that_it_did_not_write_stays(#[case] name: &str, #[case] text: &str) {
    let (folder, ready) = folder();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    assert_names(&refused(&ready_file(&ready)), &path);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert_eq!(names(folder.path()), [name]);
}

#[rstest]
#[case("serve")]
#[case("exec")]
fn a_kubeconfig_of_the_users_stays(#[case] subcommand: &str) {
    let (folder, _) = folder();
    let config = folder.path().join("config");
    fs::write(&config, PROD).unwrap();
    let mut command = program::command(&[subcommand, "--listen=127.0.0.1:0"]);
    command.env("TMPDIR", folder.path()).arg("--kubeconfig").arg(&config);
    if subcommand == "exec" {
        command.args(["--", "echo", "started"]);
    }
    let output = program::fails(command);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_names(&output, &config);
    assert_eq!(fs::read_to_string(&config).unwrap(), PROD);
    assert_eq!(names(folder.path()), ["config"]);
}

#[tokio::test]
async fn a_library_refuses_it_too() {
    let (_folder, ready) = folder();
    fs::write(&ready, "precious").unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    let config = Config { listen, ready_file: Some(ready.clone()), ..Config::default() };
    let error = Emulator::start_with(config).await.unwrap_err();
    assert!(matches!(error, StartError::Config(_)), "{error}");
    assert_eq!(fs::read_to_string(&ready).unwrap(), "precious");
}

#[test]
fn what_is_no_file_stays() {
    let (folder, _) = folder();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("precious"), PROD).unwrap();
    fs::write(at("empty"), "").unwrap();
    symlink(at("precious"), at("link")).unwrap();
    symlink(at("empty"), at("link-to-empty")).unwrap();
    symlink(at("missing"), at("dangling")).unwrap();
    symlink("/dev/null", at("device")).unwrap();
    fs::create_dir(at("folder")).unwrap();
    assert!(Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
    let before = names(folder.path());
    for name in ["link", "link-to-empty", "dangling", "device", "folder", "fifo"] {
        assert_names(&refused(&ready_file(&at(name))), &at(name));
        assert_names(&refused(&kubeconfig(&at(name))), &at(name));
    }
    assert_eq!(names(folder.path()), before);
    assert_eq!(fs::read_to_string(at("precious")).unwrap(), PROD);
    assert!(fs::metadata(at("fifo")).unwrap().file_type().is_fifo());
}

#[test]
fn an_empty_file_is_written_over_and_removed() {
    let (folder, ready) = folder();
    let config = folder.path().join("config");
    for path in [&ready, &config] {
        fs::write(path, "").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o666)).unwrap();
    }
    let running = Running::serve(&[ready_file(&ready), kubeconfig(&config)].concat());
    for path in [&ready, &config] {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    running.end("TERM");
    assert!(names(folder.path()).is_empty());
}

#[rstest]
#[case::all(&[])]
#[case::without_the_ready_file(&["ready.json"])]
#[case::without_the_kubeconfig(&["ready.kubeconfig"])]
#[case::without_others(&["ready.token", "ready.ca.crt"])]
fn what_a_killed_run_left_is_written_over(#[case] lost: &[&str]) {
    let (folder, ready) = folder();
    for _ in 0..2 {
        Running::serve(&ready_file(&ready)).end("KILL");
        assert_eq!(names(folder.path()).len(), 5);
        for name in lost {
            fs::remove_file(folder.path().join(name)).unwrap();
        }
    }
    let running = Running::serve(&ready_file(&ready));
    let told: Value = serde_json::from_slice(&fs::read(&ready).unwrap()).unwrap();
    assert_eq!(told["pid"], running.id());
    running.end("TERM");
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_job_that_runs_twice_over_one_folder_works() {
    let (folder, ready) = folder();
    let config = folder.path().join("config");
    for signal in ["KILL", "TERM", "KILL", "HUP", "INT"] {
        Running::serve(&[ready_file(&ready), kubeconfig(&config)].concat()).end(signal);
    }
    assert!(names(folder.path()).is_empty());
    Running::serve(&ready_file(&ready)).end("KILL");
    Running::serve(&[ready_file(&ready), kubeconfig(&config)].concat()).end("TERM");
    assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
}

#[test]
fn a_ready_file_of_a_killed_run_is_gone_even_where_the_next_one_does_not_start() {
    let (folder, ready) = folder();
    Running::serve(&ready_file(&ready)).end("KILL");
    let flag = ["--tls-cert-file=x".to_owned()];
    refused(&[&ready_file(&ready)[..], &flag[..]].concat());
    assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
}

#[test]
fn a_start_that_fails_leaves_the_files_of_one_that_runs() {
    let (folder, ready) = folder();
    let running = Running::serve(&ready_file(&ready));
    let before = fs::read_to_string(&ready).unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let mut command = program::command(&["serve", "--listen", &listen]);
    let output = command.args(ready_file(&ready)).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(fs::read_to_string(&ready).unwrap(), before);
    assert_eq!(names(folder.path()).len(), 5);
    running.end("TERM");
    assert!(names(folder.path()).is_empty());
}

/// Changes a kubeconfig as kubectl does: in place, and written anew.
fn edit(path: &Path, change: impl Fn(&mut Value)) {
    let mut config: Value = serde_saphyr::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    change(&mut config);
    fs::write(path, config.to_string()).unwrap();
}

#[rstest]
#[case("TERM")]
#[case("KILL")]
fn a_kubeconfig_that_was_edited_is_still_its_own(#[case] signal: &str) {
    let (folder, ready) = folder();
    let running = Running::serve(&ready_file(&ready));
    edit(&ready.with_extension("kubeconfig"), |config| {
        config["current-context"] = json!("other");
        config["contexts"][0]["context"]["namespace"] = json!("team");
        let other = json!({"name": "other", "context": {"cluster": "token-emulator", "user": "u"}});
        config["contexts"].as_array_mut().unwrap().push(other);
        config["users"].as_array_mut().unwrap().push(json!({"name": "u", "user": {"token": "t"}}));
    });
    running.end(signal);
    if signal == "KILL" {
        Running::serve(&ready_file(&ready)).end("TERM");
    }
    assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
}

#[test]
fn a_kubeconfig_with_a_cluster_of_the_users_stays() {
    let (folder, ready) = folder();
    let running = Running::serve(&ready_file(&ready));
    let config = ready.with_extension("kubeconfig");
    edit(&config, |config| {
        let prod = json!({"name": "prod", "cluster": {"server": "https://prod"}});
        config["clusters"].as_array_mut().unwrap().push(prod);
    });
    let edited = fs::read_to_string(&config).unwrap();
    running.end("TERM");
    assert_eq!(names(folder.path()), ["ready.kubeconfig"]);
    assert_names(&refused(&ready_file(&ready)), &config);
    assert_eq!(fs::read_to_string(&config).unwrap(), edited);
}

#[test]
fn a_file_that_was_put_in_place_of_its_own_stays() {
    let (folder, ready) = folder();
    let running = Running::serve(&ready_file(&ready));
    let paths = names(folder.path()).into_iter().map(|name| folder.path().join(name));
    let paths: Vec<_> = paths.collect();
    for path in &paths {
        fs::write(path, PROD).unwrap();
    }
    running.end("TERM");
    for path in paths {
        assert_eq!(fs::read_to_string(path).unwrap(), PROD);
    }
}

/// Runs it after a preparation that knows its process id, `$$`.
fn prepared(folder: &Path, preparation: &str) -> Running {
    let script = format!(
        "cd \"$1\" && {preparation} && exec \"$0\" serve --listen=127.0.0.1:0 --ready-file ready.json"
    );
    let mut command = token_launch::command("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_token-emulator")]).arg(folder);
    Running::start(command)
}

#[rstest]
#[case(".ready.json.$$")]
#[case(".ready.token.$$")]
#[case(".ready.kubeconfig.$$")]
fn a_credential_is_written_through_no_link(#[case] name: &str) {
    let (folder, ready) = folder();
    let target = folder.path().join("target");
    fs::write(&target, "precious").unwrap();
    let running = prepared(folder.path(), &format!("ln -s target {name}"));
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
    assert!(fs::symlink_metadata(&ready).unwrap().is_file());
    running.end("TERM");
}

#[test]
fn no_prepared_file_lends_its_mode_to_a_credential() {
    let (folder, _) = folder();
    let drafts = "for name in ready.json ready.token ready.google-access-token ready.kubeconfig; \
                  do : > .$name.$$ && chmod 666 .$name.$$; done";
    let running = prepared(folder.path(), drafts);
    for name in ["ready.json", "ready.token", "ready.google-access-token", "ready.kubeconfig"] {
        let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    running.end("TERM");
}

#[test]
fn a_panic_takes_the_files_away() {
    let (folder, ready) = folder();
    let listen = "127.0.0.1:0".parse().unwrap();
    let config = Config { listen, ready_file: Some(ready), ..Config::default() };
    let panicked = std::thread::spawn(move || {
        let _emulator = Emulator::start_on_all_cores(&config).unwrap();
        panic!("a test that fails");
    });
    panicked.join().unwrap_err();
    assert!(names(folder.path()).is_empty());
}
