//! What settings do, seen from outside.

use {
    crate::client::{self, Way, get, post},
    http::Request,
    serde_json::{Value, json},
    std::path::PathBuf,
    tempfile::TempDir,
    token_emulator::{Config, Emulator, server::tls::Material, world::settings::GoogleAuth},
};

const REVIEW: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

fn free() -> Config {
    Config { listen: "127.0.0.1:0".parse().unwrap(), ..Config::default() }
}

fn write(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn key() -> String {
    rcgen::KeyPair::generate().unwrap().serialize_pem()
}

async fn jwks(config: Config) -> Vec<Value> {
    let emulator = Emulator::start_with(config).await.unwrap();
    get(&emulator, "/openid/v1/jwks").await.1["keys"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_seed_is_there_from_the_start_and_after_a_reset() {
    let folder = tempfile::tempdir().unwrap();
    let seed = "[{apiVersion: v1, kind: Namespace, metadata: {name: seeded}}]";
    let config = Config { seed: Some(write(&folder, "seed.yaml", seed)), ..free() };
    let emulator = Emulator::start_with(config).await.unwrap();
    let made = r#"{"metadata":{"name":"made"}}"#;
    let request = Request::post("/api/v1/namespaces").header("content-type", "application/json");
    client::ask(&emulator, Way::Http1, request.body(made).unwrap()).await;
    assert_eq!(get(&emulator, "/api/v1/namespaces/made").await.0, 200);
    assert_eq!(post(&emulator, "/_emulator/v1/state", "").await.0, 200);
    assert_eq!(get(&emulator, "/api/v1/namespaces/made").await.0, 404);
    for name in ["seeded", "default", "kube-system"] {
        assert_eq!(get(&emulator, &format!("/api/v1/namespaces/{name}")).await.0, 200, "{name}");
    }
}

#[tokio::test]
async fn a_seed_that_cannot_be_planted_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let seed = write(&folder, "seed.yaml", "{apiVersion: v1, kind: Nothing, metadata: {name: a}}");
    let error = Emulator::start_with(Config { seed: Some(seed), ..free() }).await.unwrap_err();
    assert!(error.to_string().starts_with("--seed: "), "{error}");
}

#[tokio::test]
async fn a_signing_key_is_published_unless_other_keys_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let signing = Some(write(&folder, "signing.pem", &key()));
    let listed = write(&folder, "listed.pem", &format!("{}{}", key(), key()));
    let alone = Config { service_account_signing_key_file: signing.clone(), ..free() };
    let alone = jwks(alone).await;
    assert_eq!((alone.len(), &alone[0]["alg"]), (1, &json!("ES256")));
    let beside = Config {
        service_account_signing_key_file: signing,
        service_account_key_file: vec![listed],
        ..free()
    };
    let beside = jwks(beside).await;
    assert_eq!(beside.len(), 2);
    assert!(!beside.contains(&alone[0]));
}

#[tokio::test]
async fn a_key_made_at_start_is_rsa() {
    assert_eq!(jwks(free()).await[0]["alg"], "RS256");
}

#[tokio::test]
async fn the_bearers_of_the_file_work_beside_the_administrators() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = write(&folder, "tokens.csv", "t,jane,7,\"dev,ops\"\n");
    let config = Config { token_auth_file: Some(tokens), ..free() };
    let emulator = Emulator::start_with(config).await.unwrap();
    for (bearer, user) in [("t", "jane"), (emulator.token(), "kubernetes-admin")] {
        let request = Request::post(REVIEW)
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {bearer}"))
            .body("{\"kind\":\"SelfSubjectReview\",\"apiVersion\":\"authentication.k8s.io/v1\"}");
        let response = client::ask(&emulator, Way::TlsHttp2, request.unwrap()).await;
        let review: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(review["status"]["userInfo"]["username"], user, "{review}");
    }
}

#[tokio::test]
async fn certificates_of_ones_own_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let material = Material::generate(&[]).unwrap();
    let chain = format!("{}{}", material.certificate_chain, material.authority);
    let config = Config {
        tls_cert_file: Some(write(&folder, "tls.crt", &chain)),
        tls_private_key_file: Some(write(&folder, "tls.key", &material.private_key)),
        ..free()
    };
    let emulator = Emulator::start_with(config).await.unwrap();
    assert_eq!(emulator.ca_certificate(), chain);
    let response =
        client::ask(&emulator, Way::TlsHttp1, Request::get("/healthz").body("").unwrap()).await;
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn settings_reach_the_handlers() {
    let config = Config {
        service_account_issuer: vec!["https://a.test".to_owned(), "https://b.test".to_owned()],
        service_account_jwks_uri: Some("https://c.test/jwks".to_owned()),
        google_auth: GoogleAuth::Strict,
        controllers: false,
        ..free()
    };
    let emulator = Emulator::start_with(config).await.unwrap();
    let (_, discovery) = get(&emulator, "/.well-known/openid-configuration").await;
    assert_eq!(discovery["issuer"], "https://a.test");
    assert_eq!(discovery["jwks_uri"], "https://c.test/jwks");
    let settings = &emulator.world().settings;
    assert_eq!(settings.api_audiences, ["https://a.test", "https://b.test"]);
    assert_eq!((settings.google_auth, settings.controllers), (GoogleAuth::Strict, false));
}
