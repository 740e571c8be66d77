//! Clusters of other flags than the usual: what their flags take away is skipped, and no failure.

use {
    crate::{
        cli::{code, command, file, last_line},
        emulator::{self, Judged, RUNTIME, config},
    },
    rcgen::{CertificateParams, KeyPair},
    std::{net::TcpListener, process::Output, sync::Arc, time::Duration},
    token_emulator::config::Config,
    tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    },
    tokio_rustls::{
        TlsAcceptor,
        rustls::{ServerConfig, pki_types::PrivateKeyDer},
    },
};

/// A run of some cases, trusting this certificate beside the cluster's.
fn run(judged: &Judged, selected: &[&str], more: &[&str], trusted: &str) -> Output {
    let kubeconfig = judged.emulator.kubeconfig_file().display().to_string();
    let mut arguments = vec!["run", "--kubeconfig", &kubeconfig, "--trace"];
    arguments.extend(more);
    arguments.extend(selected.iter().flat_map(|it| ["--run", *it]));
    command(&arguments).env("SSL_CERT_FILE", trusted).output().unwrap()
}

#[test]
fn a_cap_of_an_hour_is_the_least_that_a_cap_can_be() {
    let hour = Duration::from_secs(3600);
    let judged = emulator::start(Config { service_account_max_token_expiration: hour, ..config() });
    let output = run(&judged, &["*lifetime-of-*", "*over-the-cap-is-shortened"], &[], "");
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(code(&output), 0, "{told}");
    assert!(told.contains("passed: kubernetes/token-request/lifetime-over-the-cap"), "{told}");
    assert!(told.contains("is-a-year (needs lifetimes of more than an hour)"), "{told}");
}

#[test]
fn a_service_account_tells_of_roles_where_nobody_is_anonymous() {
    let judged = emulator::start(Config { anonymous_auth: false, ..config() });
    let output = run(&judged, &["*/service-account-may-not-issue-tokens"], &[], "");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(!told.contains("lacks RBAC"), "{told}");
    assert_eq!(last_line(&output), "1 passed, 0 failed, 0 skipped", "{told}");
}

/// A port that answers every connection over TLS with these keys, and its certificate.
fn keys_server(keys: String) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    let private = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let tls = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/published/keys?of=here", listener.local_addr().unwrap());
    listener.set_nonblocking(true).unwrap();
    RUNTIME.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = TlsAcceptor::from(Arc::new(tls.clone()));
            let _ = answer(acceptor, stream, &keys).await;
        }
    });
    (url, certificate.pem())
}

async fn answer(acceptor: TlsAcceptor, stream: TcpStream, keys: &str) -> std::io::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    let mut asked = [0; 1024];
    let _ = stream.read(&mut asked).await?;
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", keys.len());
    stream.write_all(format!("{head}{keys}").as_bytes()).await?;
    stream.shutdown().await
}

#[test]
fn keys_may_be_anywhere_that_they_can_be_fetched_from() {
    let key = file("keys-elsewhere.key", &KeyPair::generate().unwrap().serialize_pem());
    let config = || Config { service_account_signing_key_file: Some(key.clone()), ..config() };
    let usual = emulator::start(config());
    let side = usual.run.target.kubernetes.as_ref().unwrap();
    let told = RUNTIME.block_on(side.ask("GET", "/openid/v1/jwks", None)).unwrap();
    let (url, certificate) = keys_server(String::from_utf8(told.body.to_vec()).unwrap());
    let trusted = file("keys-elsewhere.ca", &certificate).display().to_string();
    let elsewhere = emulator::start(Config { service_account_jwks_uri: Some(url), ..config() });
    let selected =
        ["*/discovery-document-names-issuer-and-keys", "*/empty-request-is-answered-with-a-token"];
    let output = run(&elsewhere, &selected, &[], &trusted);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stdout));
    let output = run(&elsewhere, &selected, &[], "");
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(code(&output), 1, "nobody is led to keys");
    assert!(told.contains("body jwks_uri") && !told.contains("token keys"), "{told}");
    // Whom a flag says to trust is trusted there, too.
    let authorities = format!("{}{certificate}", elsewhere.emulator.ca_certificate());
    let authorities = file("keys-elsewhere-and-here.ca", &authorities).display().to_string();
    let output = run(&elsewhere, &selected, &["--ca-file", &authorities], "");
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn an_audience_that_is_a_word_is_told_as_the_recorded_one() {
    let api_audiences = vec!["api".to_owned()];
    let judged = emulator::start(Config { api_audiences, ..config() });
    let server = judged.emulator.kubeconfig_file().display().to_string();
    let selected = ["--run", "*/token-request/*audience*", "--skip", "google/*"];
    let level = ["run", "--kubeconfig", &server, "--level", "observed"];
    let output = command(&[&level[..], &selected].concat()).output().unwrap();
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stdout));
}
