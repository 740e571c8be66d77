//! A relying party that has an issuer's URL and its CA, and nothing else: it follows discovery over
//! https and verifies a token with the keys that it finds there.

use {
    crate::{
        client::{post, secure},
        google_world::exchange_body,
        program::command,
    },
    bytes::Bytes,
    http::{Request, Uri},
    jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::JwkSet},
    rstest::rstest,
    serde_json::{Value, json},
    std::{
        io::{BufRead, BufReader},
        process::Stdio,
    },
    token_emulator::{Config, Emulator, config::SELF},
};

/// Gets a document as a relying party does: its host has to be in the certificate.
async fn get(ca: &str, url: &str) -> Value {
    let uri: Uri = url.parse().unwrap();
    assert_eq!(uri.scheme_str(), Some("https"), "{url}");
    let path = uri.path_and_query().unwrap().as_str().to_owned();
    let request = Request::get(path).body(Bytes::new()).unwrap();
    let response = secure(ca, uri.authority().unwrap().as_str(), request).await;
    assert_eq!(response.status(), 200, "{url}");
    serde_json::from_slice(response.body()).unwrap()
}

/// The claims of a token that the issuer of this URL has signed for this audience.
async fn verify(ca: &str, issuer: &str, token: &str, audience: &str) -> Value {
    let base = issuer.strip_suffix('/').unwrap_or(issuer);
    let discovery = get(ca, &format!("{base}/.well-known/openid-configuration")).await;
    // OpenID Connect Discovery 1.0, section 4.3: it is the URL that was asked, to the letter.
    assert_eq!(discovery["issuer"], issuer);
    let keys: JwkSet =
        serde_json::from_value(get(ca, discovery["jwks_uri"].as_str().unwrap()).await).unwrap();
    let header = decode_header(token).unwrap();
    let key = keys.find(&header.kid.unwrap()).unwrap();
    let mut validation = Validation::new(header.alg);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience]);
    decode::<Value>(token, &DecodingKey::from_jwk(key).unwrap(), &validation).unwrap().claims
}

async fn token(emulator: &Emulator) -> String {
    let path = "/api/v1/namespaces/default/serviceaccounts/default/token";
    let (status, answer) = post(emulator, path, "{}").await;
    assert_eq!(status, 201, "{answer}");
    answer["status"]["token"].as_str().unwrap().to_owned()
}

fn issued_by(issuers: &[&str], listen: &str) -> Config {
    Config {
        listen: listen.parse().unwrap(),
        service_account_issuer: issuers.iter().map(|&issuer| issuer.to_owned()).collect(),
        ..Config::default()
    }
}

#[rstest]
#[case::own(&[SELF], "127.0.0.1:0", "https://127.0.0.1:PORT")]
#[case::ipv6(&[SELF], "[::1]:0", "https://[::1]:PORT")]
#[case::everywhere(&[SELF], "0.0.0.0:0", "https://127.0.0.1:PORT")]
#[case::name(&["https://localhost:0"], "127.0.0.1:0", "https://localhost:PORT")]
#[case::first(&[SELF, "https://a"], "127.0.0.1:0", "https://127.0.0.1:PORT")]
#[tokio::test]
async fn a_relying_party_discovers_an_emulator_on_a_free_port(
    #[case] issuers: &[&str],
    #[case] listen: &str,
    #[case] expected: &str,
) {
    let control_token = Some("control".into());
    let config = Config { control_token, ..issued_by(issuers, listen) };
    let emulator = Emulator::start_with(config).await.unwrap();
    let issuer = expected.replace("PORT", &emulator.address().port().to_string());
    let token = token(&emulator).await;
    let claims = verify(emulator.ca_certificate(), &issuer, &token, &issuer).await;
    assert_eq!(claims["iss"], issuer);
    assert_eq!(claims["sub"], "system:serviceaccount:default:default");
    let review = json!({"spec": {"token": token, "audiences": [issuer]}}).to_string();
    let (_, review) = post(&emulator, "/apis/authentication.k8s.io/v1/tokenreviews", &review).await;
    assert_eq!(review["status"]["authenticated"], true, "{review}");
    assert_eq!(review["status"]["audiences"], json!([issuer]));
}

#[tokio::test]
async fn the_cluster_of_a_seed_may_have_the_emulator_for_its_issuer() {
    let folder = tempfile::tempdir().unwrap();
    let (seed, name) =
        (folder.path().join("seed.yaml"), "projects/1/locations/l/attachedClusters/c");
    std::fs::write(&seed, format!("{{name: {name}, oidcConfig: {{issuerUrl: self}}}}")).unwrap();
    let config = Config { seed: Some(seed), ..issued_by(&[SELF], "127.0.0.1:0") };
    let emulator = Emulator::start_with(config).await.unwrap();
    let body = exchange_body(&token(&emulator).await);
    let path = format!("/v1/{name}:generateAttachedClusterAgentToken");
    let (status, answer) = post(&emulator, &path, &body.to_string()).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer["access_token"].is_string(), "{answer}");
}

#[rstest]
#[case::by_default(&[], "https://127.0.0.1:PORT", "https://127.0.0.1:PORT")]
#[case::in_cluster(&[], "https://127.0.0.1:PORT", "https://kubernetes.default.svc.cluster.local")]
#[case::by_flag(&["--service-account-issuer=https://localhost:0"], "https://localhost:PORT", "https://localhost:PORT")]
#[tokio::test]
async fn a_relying_party_discovers_the_emulator_beside_a_command(
    #[case] flags: &[&str],
    #[case] issuer: &str,
    #[case] audience: &str,
) {
    let script = r#"
        echo "$TOKEN_EMULATOR_HTTPS_URL"; echo "$TOKEN_EMULATOR_CA_FILE"
        read -r _; exit 0"#;
    let mut exec = command(&[&["exec"], flags, &["--", "sh", "-c", script]].concat());
    let mut exec = exec.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(exec.stdout.take().unwrap()).lines().map(Result::unwrap);
    let (url, ca) = (lines.next().unwrap(), lines.next().unwrap());
    let ca = std::fs::read_to_string(ca).unwrap();
    let port = url.rsplit_once(':').unwrap().1;
    let (issuer, audience) = (issuer.replace("PORT", port), audience.replace("PORT", port));
    let request = Request::post("/api/v1/namespaces/default/serviceaccounts/default/token");
    let address = format!("127.0.0.1:{port}");
    let response = secure(&ca, &address, request.body("{}".into()).unwrap()).await;
    let answer: Value = serde_json::from_slice(response.body()).unwrap();
    let token = answer["status"]["token"].as_str().unwrap();
    assert_eq!(verify(&ca, &issuer, token, &audience).await["iss"], issuer);
    drop(exec.stdin.take());
    assert!(exec.wait().unwrap().success());
}
