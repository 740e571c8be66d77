//! Both APIs in one walk: a cluster's token, registered keys, an exchange, an access token that
//! works.

use {
    crate::client::{self, Way},
    base64::{Engine, prelude::BASE64_STANDARD},
    http::{Method, Request},
    rstest::rstest,
    serde_json::{Value, json},
    std::net::{SocketAddr, TcpListener},
    tempfile::TempDir,
    token_emulator::{Config, Emulator, StartError, world::settings::GoogleAuth},
};

const TOKEN: &str = "/api/v1/namespaces/default/serviceaccounts/default/token";
const CLUSTERS: &str = "/v1/projects/p/locations/us-west1/attachedClusters";

/// A call with a bearer and JSON both ways.
async fn call(
    emulator: &Emulator,
    method: Method,
    path: &str,
    bearer: &str,
    body: Value,
) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {bearer}"))
        .body(body)
        .unwrap();
    let response = client::ask(emulator, Way::TlsHttp1, request).await;
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
}

/// A token of the default service account.
async fn service_account_token(cluster: &Emulator) -> String {
    let (status, answer) = call(cluster, Method::POST, TOKEN, cluster.token(), json!({})).await;
    assert_eq!(status, 201, "{answer}");
    answer["status"]["token"].as_str().unwrap().to_owned()
}

/// Registers a cluster by its issuer, and moves the clock until it is there.
async fn register(google: &Emulator, oidc: Value) {
    let body = json!({
        "platformVersion": "1.35.0-gke.1",
        "distribution": "generic",
        "fleet": {"project": "projects/123"},
        "oidcConfig": oidc,
    });
    let path = format!("{CLUSTERS}?attachedClusterId=c1");
    let bearer = google.google_access_token();
    let (status, operation) = call(google, Method::POST, &path, bearer, body).await;
    assert_eq!(status, 200, "{operation}");
    google.clock().advance(jiff::SignedDuration::from_secs(1)).unwrap();
}

async fn exchange(google: &Emulator, subject_token: &str) -> (u16, Value) {
    let body = json!({"subjectToken": subject_token, "version": "v1",
                      "subjectTokenType": "urn:ietf:params:oauth:token-type:jwt"});
    let path = format!("{CLUSTERS}/c1:generateAttachedClusterAgentToken");
    call(google, Method::POST, &path, google.google_access_token(), body).await
}

/// An emulator whose issuer is where it really is.
async fn public_issuer() -> (Emulator, String) {
    for _ in 0..20 {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let issuer = format!("https://127.0.0.1:{port}");
        let config = Config {
            listen: SocketAddr::from(([127, 0, 0, 1], port)),
            service_account_issuer: vec![issuer.clone()],
            ..Config::default()
        };
        match Emulator::start_with(config).await {
            Ok(emulator) => return (emulator, issuer),
            // Another test has taken the port.
            Err(StartError::Bind(..)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    panic!("no port stays free");
}

async fn strict(issuer_ca: Option<&str>) -> (Emulator, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("issuer.crt");
    std::fs::write(&path, issuer_ca.unwrap_or_default()).unwrap();
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        google_auth: GoogleAuth::Strict,
        issuer_ca_file: issuer_ca.map(|_| path),
        ..Config::default()
    };
    (Emulator::start_with(config).await.unwrap(), folder)
}

/// The issuer of the emulator's own tokens, with its keys or by its name alone.
async fn own_issuer(emulator: &Emulator, with_keys: bool) -> Value {
    let issuer = "https://kubernetes.default.svc.cluster.local";
    if !with_keys {
        return json!({"issuerUrl": issuer});
    }
    let request = Request::builder()
        .uri("/openid/v1/jwks")
        .header("authorization", format!("Bearer {}", emulator.token()))
        .body(String::new())
        .unwrap();
    let keys = client::ask(emulator, Way::TlsHttp1, request).await.into_body();
    json!({"issuerUrl": issuer, "jwks": BASE64_STANDARD.encode(keys)})
}

#[rstest]
#[case::by_its_keys(true)]
#[case::by_its_name(false)]
#[tokio::test]
async fn an_exchanged_token_opens_the_google_side(#[case] with_keys: bool) {
    let (emulator, _folder) = strict(None).await;
    register(&emulator, own_issuer(&emulator, with_keys).await).await;
    let token = service_account_token(&emulator).await;
    let (status, answer) = exchange(&emulator, &token).await;
    assert_eq!(status, 200, "{answer}");
    let bearer = answer["access_token"].as_str().unwrap();
    let (status, clusters) = call(&emulator, Method::GET, CLUSTERS, bearer, Value::Null).await;
    assert_eq!(status, 200, "{clusters}");
    assert_eq!(clusters["attachedClusters"].as_array().unwrap().len(), 1);
    let (status, _) = call(&emulator, Method::GET, CLUSTERS, "unknown", Value::Null).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn the_keys_of_a_foreign_issuer_are_fetched() {
    let (cluster, issuer) = public_issuer().await;
    let (google, _folder) = strict(Some(cluster.ca_certificate())).await;
    register(&google, json!({"issuerUrl": issuer})).await;
    let (status, answer) = exchange(&google, &service_account_token(&cluster).await).await;
    assert_eq!(status, 200, "{answer}");
    let (_, journal) = client::get(&cluster, "/_emulator/v1/journal").await;
    let asked: Vec<_> =
        journal["entries"].as_array().unwrap().iter().map(|entry| entry["path"].clone()).collect();
    assert_eq!(asked, [TOKEN, "/.well-known/openid-configuration", "/openid/v1/jwks"]);
}

#[tokio::test]
async fn a_foreign_issuer_that_nobody_vouches_for_is_an_error() {
    let (cluster, issuer) = public_issuer().await;
    let (google, _folder) = strict(None).await;
    register(&google, json!({"issuerUrl": issuer})).await;
    let (status, answer) = exchange(&google, &service_account_token(&cluster).await).await;
    assert_eq!((status, &answer["error"]["status"]), (400, &json!("FAILED_PRECONDITION")));
}
