//! Servers as they are found: managed clusters, gateways in between, controllers at work.

use {
    crate::{
        cli::{code, file, run},
        deviant::{self, Reply},
        emulator::{self, RUNTIME},
    },
    rstest::rstest,
    serde_json::{Value, json},
    std::{process::Output, time::Duration},
    token_conformance::{google::cluster, target::Side},
    token_emulator::{
        Emulator,
        config::Config,
        world::settings::{AuthorizationMode, GoogleAuth},
    },
    wiremock::{Mock, ResponseTemplate, matchers::path},
};

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs the suite on an emulator with these settings.
fn judged(config: Config, level: &str) -> Output {
    let listen = emulator::config().listen;
    let emulator = RUNTIME.block_on(Emulator::start_with(Config { listen, ..config })).unwrap();
    let kubeconfig = emulator.kubeconfig_file().display().to_string();
    let google = ["--google-endpoint", emulator.https_url()];
    let access = ["--access-token", emulator.google_access_token()];
    let target = [&["run", "--kubeconfig", &kubeconfig][..], &google, &access].concat();
    run(&[&target[..], &["--level", level]].concat())
}

#[rstest]
#[case::started_without_flags(Config::default(), "observed")]
#[case::with_controllers_and_roles(
    Config { authorization_mode: AuthorizationMode::Rbac, ..Config::default() },
    "observed"
)]
#[case::that_caps_lifetimes(
    Config { service_account_max_token_expiration: Duration::from_secs(86_400), ..Config::default() },
    "should"
)]
#[case::with_another_issuer(
    Config {
        service_account_issuer: vec!["https://oidc.example.test/id/ABC".to_owned()],
        service_account_jwks_uri: Some("https://oidc.example.test/id/ABC/keys".to_owned()),
        ..Config::default()
    },
    "observed"
)]
#[case::with_keys_elsewhere(
    Config {
        service_account_jwks_uri: Some("https://keys.example.test/jwks".to_owned()),
        ..Config::default()
    },
    "must"
)]
#[case::that_extends_no_lifetimes(
    Config { service_account_extend_token_expiration: false, ..Config::default() },
    "observed"
)]
#[case::with_other_audiences(
    Config {
        api_audiences: vec!["https://api.example.test".to_owned(), "second".to_owned()],
        ..Config::default()
    },
    "should"
)]
#[case::with_one_other_audience(
    Config { api_audiences: vec!["https://api.example.test".to_owned()], ..Config::default() },
    "observed"
)]
#[case::without_anonymous_callers(Config { anonymous_auth: false, ..Config::default() }, "observed")]
#[case::that_demands_google_bearers(
    Config { google_auth: GoogleAuth::Strict, ..Config::default() },
    "observed"
)]
fn a_server(#[case] config: Config, #[case] level: &str) {
    let output = judged(config, level);
    assert_eq!(code(&output), 0, "{}", told(&output));
}

/// What claims to be a kube-apiserver has its keys where a relying party finds them; where that is
/// out of reach it is said.
#[test]
fn keys_out_of_reach_are_told() {
    let uri = Some("https://keys.example.test/jwks".to_owned());
    let emulator = Config { service_account_jwks_uri: uri, ..emulator::config() };
    let emulator = RUNTIME.block_on(Emulator::start_with(emulator)).unwrap();
    let target = ["run", "--server", emulator.url(), "--token", emulator.token()];
    let output = run(&[&target[..], &["--run", "kubernetes/discovery/*names-issuer*"]].concat());
    let told = told(&output);
    assert_eq!(code(&output), 1, "{told}");
    assert!(told.contains("keys that can be read where its document says"), "{told}");
    assert!(told.contains("where its keys can be read from here"), "{told}");
}

/// Tokens are signed elsewhere and say so, a gateway takes headers away, and who issues them is
/// not told to everybody.
#[test]
fn a_managed_cluster_conforms_at_must() {
    let cluster = RUNTIME.block_on(deviant::start(|it: &mut Reply| {
        let body = String::from_utf8_lossy(&it.body).into_owned();
        if body.contains("\"token\":\"eyJ") {
            it.token(|header, _| header["typ"] = "JWT".into());
        }
        for name in ["audit-id", "x-content-type-options", "vary"] {
            it.set(name, None);
        }
        let documents = ["\"jwks_uri\"", "\"keys\""];
        if documents.iter().any(|name| body.contains(name)) {
            (it.status, it.body) = (403, json!({"message": "no"}).to_string().into_bytes());
        }
    }));
    let (url, token) = (cluster.uri(), emulator::shared().emulator.token());
    let target = ["run", "--server", &url, "--token", token, "--level", "must"];
    let output = run(&[&target[..], &["--skip", "kubernetes/discovery/*"]].concat());
    assert_eq!(code(&output), 0, "{}", told(&output));
}

/// What claims to be a kube-apiserver tells its version; a managed cluster may keep it to itself.
#[rstest]
#[case("must", 0)]
#[case("should", 1)]
fn a_version_may_be_hidden_at_must(#[case] level: &str, #[case] expected: i32) {
    let cluster = RUNTIME.block_on(async {
        let cluster = deviant::start(|_| {}).await;
        let hidden = ResponseTemplate::new(403).set_body_json(json!({"message": "no"}));
        let version = Mock::given(path("/version")).respond_with(hidden).with_priority(1);
        version.mount(&cluster).await;
        cluster
    });
    let (url, token) = (cluster.uri(), emulator::shared().emulator.token());
    let target = ["run", "--server", &url, "--token", token, "--level", level];
    let cases =
        ["--run", "kubernetes/discovery/version-*", "--run", "kubernetes/discovery/healthy-*"];
    let output = run(&[&target[..], &cases].concat());
    assert_eq!(code(&output), expected, "{}", told(&output));
}

/// As at Google, where the suite may register nothing: one cluster is named, and one of its tokens.
#[test]
fn a_cluster_that_is_named_is_the_one_that_is_used() {
    let judged = emulator::alone();
    let target = &judged.run.target;
    let (kubernetes, google) =
        (target.kubernetes.as_ref().unwrap(), target.google.as_ref().unwrap());
    let ask = |side: &Side, method: &str, path: &str, body: &Value| {
        RUNTIME.block_on(side.ask(method, path, Some(body))).unwrap().value().unwrap()
    };
    let clusters = "/v1/projects/p/locations/us-west1/attachedClusters";
    let path = format!("{clusters}?attachedClusterId=named");
    let operation = ask(google, "POST", &path, &cluster::blueprint(target));
    let path = format!("/v1/{}", operation["name"].as_str().unwrap());
    while ask(google, "GET", &path, &Value::Null)["done"] != true {}
    let accounts = "/api/v1/namespaces/default/serviceaccounts";
    ask(kubernetes, "POST", accounts, &json!({"metadata": {"name": "agent"}}));
    let token = ask(kubernetes, "POST", &format!("{accounts}/agent/token"), &json!({}));
    let token = token["status"]["token"].as_str().unwrap();

    let subject = file("subject", token).display().to_string();
    let endpoint = ["--google-endpoint", judged.emulator.url()];
    let access = ["--access-token", judged.emulator.google_access_token()];
    let named = "projects/p/locations/us-west1/attachedClusters/named";
    let named = ["--attached-cluster", named, "--subject-token-file", &subject];
    let level = ["--level", "observed"];
    let output = run(&[&["run"][..], &endpoint, &access, &named, &level].concat());
    assert_eq!(code(&output), 0, "{}", told(&output));
    assert!(told(&output).contains("\nmake nothing\n"), "{}", told(&output));
    assert!(!told(&output).contains(token));
}
