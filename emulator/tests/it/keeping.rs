//! What `--state-dir` keeps between runs.

use {
    crate::{
        client::{get, post, secure},
        program,
    },
    bytes::Bytes,
    http::{Method, Request},
    rstest::rstest,
    serde_json::{Value, json},
    std::{fs, os::unix::fs::PermissionsExt, path::Path},
    tempfile::TempDir,
    token_emulator::{Config, Emulator, StartError, server::tls::Material},
    token_launch::Server,
};

const SEED: &str = "
{apiVersion: v1, kind: ServiceAccount, metadata: {name: builder, namespace: ci}}
---
{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: ci},
 spec: {serviceAccountName: builder, containers: [{name: c, image: i}]}}
---
{name: projects/1/locations/l/attachedClusters/c, oidcConfig: {issuerUrl: self}}
";

/// Settings with a seed, whose folder is `state` in this one.
fn kept(folder: &TempDir) -> Config {
    let seed = folder.path().join("seed.yaml");
    fs::write(&seed, SEED).unwrap();
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        state_dir: Some(folder.path().join("state")),
        seed: Some(seed),
        ..Config::default()
    }
}

async fn start(config: Config) -> Result<Emulator, String> {
    Emulator::start_with(config).await.map_err(|error| error.to_string())
}

/// What a client has of one run, to be used in the next.
struct Yesterday {
    url: String,
    ca: String,
    token: String,
    tokens: Vec<String>,
}

impl Yesterday {
    async fn ask(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("authorization", format!("Bearer {}", self.token));
        let request = request.header("content-type", "application/json");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let authority = self.url.strip_prefix("https://").unwrap();
        let response = secure(&self.ca, authority, request.body(Bytes::from(body)).unwrap()).await;
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
    }

    /// Asks for tokens of accounts that exist from the start.
    async fn take_tokens(&mut self) {
        let pod = json!({"spec": {"boundObjectRef":
            {"apiVersion": "v1", "kind": "Pod", "name": "p"}}});
        for (account, request) in
            [("default/serviceaccounts/default", json!({})), ("ci/serviceaccounts/builder", pod)]
        {
            let path = format!("/api/v1/namespaces/{account}/token");
            let (status, answer) = self.ask(Method::POST, &path, request).await;
            assert_eq!(status, 201, "{answer}");
            self.tokens.push(answer["status"]["token"].as_str().unwrap().to_owned());
        }
    }

    /// Whether each of them is accepted.
    async fn reviews(&self) -> Vec<bool> {
        let mut reviews = Vec::new();
        for token in &self.tokens {
            let path = "/apis/authentication.k8s.io/v1/tokenreviews";
            let review = json!({"spec": {"token": token}});
            let (_, answer) = self.ask(Method::POST, path, review).await;
            reviews.push(answer["status"]["authenticated"] == true);
        }
        reviews
    }
}

fn run(folder: &Path) -> Server {
    let state = format!("--state-dir={}", folder.join("state").display());
    let seed = format!("--seed={}", folder.join("seed.yaml").display());
    program::start(&[&state, &seed, "--anonymous-auth=false"], &[])
}

/// A kubeconfig without the mark by which its run recognises it.
fn unmarked_kubeconfig(server: &Server) -> String {
    let text = fs::read_to_string(server.kubeconfig()).unwrap();
    text.split_once("\nextensions:\n").unwrap().0.to_owned()
}

#[rstest]
#[case::killed("KILL")]
#[case::ended("TERM")]
#[tokio::test]
async fn what_clients_have_of_one_run_is_good_in_the_next(#[case] signal: &str) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("seed.yaml"), SEED).unwrap();
    let mut first = run(folder.path());
    let mut yesterday = Yesterday {
        url: first.https_url().to_owned(),
        ca: fs::read_to_string(first.ca_file()).unwrap(),
        token: first.token().to_owned(),
        tokens: Vec::new(),
    };
    let (kubeconfig, google) =
        (unmarked_kubeconfig(&first), first.google_access_token().to_owned());
    yesterday.take_tokens().await;
    program::signal(&first, signal);
    first.wait().unwrap();
    let second = run(folder.path());
    assert_eq!(second.https_url(), yesterday.url);
    assert_eq!(unmarked_kubeconfig(&second), kubeconfig);
    assert_eq!(second.google_access_token(), google);
    assert_eq!(yesterday.reviews().await, [true, true]);
    // A reset is a fresh start, too.
    assert_eq!(yesterday.ask(Method::POST, "/_emulator/v1/state", Value::Null).await.0, 200);
    assert_eq!(yesterday.reviews().await, [true, true]);
    // An account that is made later is another, whatever its name.
    let account = "/api/v1/namespaces/default/serviceaccounts/default";
    assert_eq!(yesterday.ask(Method::DELETE, account, Value::Null).await.0, 200);
    assert_eq!(yesterday.ask(Method::GET, account, Value::Null).await.0, 200);
    assert_eq!(yesterday.reviews().await, [false, true]);
}

#[tokio::test]
async fn without_it_nothing_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut uids = Vec::new();
    for _ in 0..2 {
        let config = Config { state_dir: None, ..kept(&folder) };
        let emulator = start(config).await.unwrap();
        let account = get(&emulator, "/api/v1/namespaces/default/serviceaccounts/default").await.1;
        uids.push(account["metadata"]["uid"].clone());
    }
    assert_ne!(uids[0], uids[1]);
}

#[tokio::test]
async fn only_its_owner_may_look_into_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = kept(&folder);
    let state = folder.path().join("state");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    fs::create_dir(&state).unwrap();
    fs::set_permissions(&state, fs::Permissions::from_mode(0o755)).unwrap();
    drop(start(config.clone()).await.unwrap());
    assert_eq!((mode(&state), mode(&state.join("state.json"))), (0o700, 0o600));
    // What a run has left that was killed while it wrote.
    fs::write(state.join(".state-abcdef"), "{").unwrap();
    drop(start(config).await.unwrap());
    assert_eq!(fs::read_dir(&state).unwrap().count(), 1);
}

#[tokio::test]
async fn two_emulators_do_not_share_one() {
    let folder = tempfile::tempdir().unwrap();
    let first = start(kept(&folder)).await.unwrap();
    let error = start(kept(&folder)).await.unwrap_err();
    assert!(error.starts_with("--state-dir: ") && error.contains("is in use"), "{error}");
    first.stop();
    start(kept(&folder)).await.unwrap();
}

#[tokio::test]
async fn a_folder_with_other_content_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    fs::create_dir(&state).unwrap();
    fs::write(state.join("thesis.txt"), "precious").unwrap();
    let error = start(kept(&folder)).await.unwrap_err();
    assert!(error.contains("holds thesis.txt") && error.contains("allowed is"), "{error}");
    assert_eq!(fs::read_dir(&state).unwrap().count(), 1);
    // In a folder of its own, further files are no matter.
    fs::remove_file(state.join("thesis.txt")).unwrap();
    drop(start(kept(&folder)).await.unwrap());
    let ready_file = Some(state.join("ready.json"));
    let emulator = start(Config { ready_file, ..kept(&folder) }).await.unwrap();
    drop(emulator);
    fs::write(state.join("notes"), "precious").unwrap();
    start(kept(&folder)).await.unwrap();
    // A file is no folder.
    let state_dir = Some(folder.path().join("seed.yaml"));
    let error = start(Config { state_dir, ..kept(&folder) }).await.unwrap_err();
    assert!(error.contains("seed.yaml: "), "{error}");
}

#[rstest]
#[case::broken("", "{", "damaged at line 1, column 1")]
#[case::empty("", "", "damaged at line 1, column 0")]
#[case::foreign("", "{\"a\": 1}", "token_emulator_state is missing")]
#[case::list("", "[]", "token_emulator_state is missing")]
#[case::later("state\": 1", "state\": 2", "it has the format version 2")]
#[case::member("\"secret\"", "\"secrets\"", "damaged at line")]
#[case::token("\"token\": \"", "\"token\": \"\\n", "token is damaged")]
#[case::key("account_key\": \"--", "account_key\": \"", "service_account_key is damaged")]
#[case::authority("AUTHORITY", "", "its certificates: ")]
#[tokio::test]
async fn a_damaged_file_is_named_and_left_alone(
    #[case] part: &str,
    #[case] other: &str,
    #[case] expected: &str,
) {
    let folder = tempfile::tempdir().unwrap();
    drop(start(kept(&folder)).await.unwrap());
    let file = folder.path().join("state/state.json");
    let whole = fs::read_to_string(&file).unwrap();
    let damaged = match part {
        "" => other.to_owned(),
        "AUTHORITY" => under_another_authority(&whole),
        part => whole.replace(part, other),
    };
    assert_ne!(damaged, whole);
    fs::write(&file, &damaged).unwrap();
    let error = start(kept(&folder)).await.unwrap_err();
    assert!(error.contains(expected), "{error}");
    assert!(error.contains(file.to_str().unwrap()) && error.contains("restore"), "{error}");
    for secret in ["PRIVATE", "ya29"] {
        assert!(!error.contains(secret), "{error}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), damaged);
}

fn under_another_authority(text: &str) -> String {
    let mut kept: Value = serde_json::from_str(text).unwrap();
    kept["ca_certificate"] = Material::generate(&[]).unwrap().authority.into();
    kept.to_string()
}

#[tokio::test]
async fn a_port_that_is_taken_meanwhile_is_named_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let emulator = start(kept(&folder)).await.unwrap();
    let address = emulator.address();
    emulator.stop();
    let taken = std::net::TcpListener::bind(address).unwrap();
    let error = Emulator::start_with(kept(&folder)).await.unwrap_err();
    assert!(matches!(error, StartError::KeptPort(..)), "{error}");
    let error = error.to_string();
    for part in [&address.to_string(), "state keeps", "--listen"] {
        assert!(error.contains(part), "{error}");
    }
    // Another port that is named is the kept one from then on.
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    drop(start(Config { listen: other, ..kept(&folder) }).await.unwrap());
    drop(taken);
    assert_eq!(start(kept(&folder)).await.unwrap().address(), other);
}

#[tokio::test]
async fn flags_beside_it_win() {
    let folder = tempfile::tempdir().unwrap();
    let keys = |answer: (u16, Value)| answer.1["keys"].clone();
    let emulator = start(kept(&folder)).await.unwrap();
    let kid = keys(get(&emulator, "/openid/v1/jwks").await);
    let authority = emulator.ca_certificate().to_owned();
    drop(emulator);
    let other = Material::generate(&[]).unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        Some(path)
    };
    let config = Config {
        tls_cert_file: write("tls.crt", &other.certificate_chain),
        tls_private_key_file: write("tls.key", &other.private_key),
        service_account_signing_key_file: write("sa.key", &other.private_key),
        ..kept(&folder)
    };
    let emulator = start(config).await.unwrap();
    assert_ne!(keys(get(&emulator, "/openid/v1/jwks").await), kid);
    assert_eq!(emulator.ca_certificate(), other.certificate_chain);
    drop(emulator);
    // Another name is in another certificate of the same authority.
    let external_hostname = Some("emulator.test".to_owned());
    let emulator = start(Config { external_hostname, ..kept(&folder) }).await.unwrap();
    assert_eq!(keys(get(&emulator, "/openid/v1/jwks").await), kid);
    assert_eq!(emulator.ca_certificate(), authority);
    let path = "/api/v1/namespaces/default/serviceaccounts/default/token";
    assert_eq!(post(&emulator, path, "{}").await.0, 201);
}

#[test]
fn the_default_port_gives_way_to_the_one_of_the_last_run() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    let url = |arguments: &[&str]| {
        let script = "echo $TOKEN_EMULATOR_URL";
        let all = [arguments, &["--state-dir", state, "--", "sh", "-c", script]].concat();
        let output = program::run(&all);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let first = url(&["exec"]);
    assert_eq!(url(&["exec"]), first);
    let taken = std::net::TcpListener::bind(first.trim().strip_prefix("http://").unwrap());
    let output = program::run(&["serve", "--state-dir", state]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains(first.trim().strip_prefix("http://").unwrap()), "{error}");
    drop(taken);
}
