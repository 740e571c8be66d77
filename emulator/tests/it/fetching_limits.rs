//! What a foreign issuer may do, and what it may not: a server of documents that misbehaves.

use {
    rstest::rstest,
    rustls::{ServerConfig, crypto::aws_lc_rs},
    rustls_pki_types::{PrivateKeyDer, pem::PemObject},
    std::{sync::Arc, time::Duration},
    token_emulator::{Config, Emulator, api::Unfetched, server::fetch::Fetcher},
    tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    },
    tokio_rustls::TlsAcceptor,
};

/// Serves on a free port of localhost. Gives the address and the certificate.
async fn serve() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = made.signing_key.serialize_pem();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut request = vec![0; 4096];
                let read = stream.read(&mut request).await.unwrap_or_default();
                let request = String::from_utf8_lossy(&request[..read]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                if path.starts_with("/silent") {
                    std::future::pending::<()>().await;
                }
                // The client may have gone, which is what some of the tests want of it.
                let _ = stream.write_all(&answer(&path)).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    (format!("https://localhost:{port}"), made.cert.pem())
}

fn answer(path: &str) -> Vec<u8> {
    let head = |status: &str, more: &str, length: usize| {
        format!("HTTP/1.1 {status}\r\n{more}content-length: {length}\r\nconnection: close\r\n\r\n")
    };
    let text = match path {
        "/document" => head("200 OK", "cache-control: public, max-age=60\r\n", 2) + "{}",
        "/once" => head("302 Found", "location: /document\r\n", 0),
        "/round" => head("302 Found", "location: /round\r\n", 0),
        "/plain" => head("302 Found", "location: http://localhost:1/document\r\n", 0),
        "/nowhere" => head("302 Found", "", 0),
        "/large" => head("200 OK", "", 2 << 20) + &" ".repeat(2 << 20),
        "/broken" => "no http\r\n\r\n".to_owned(),
        _ => head("404 Not Found", "", 0),
    };
    text.into_bytes()
}

#[rstest]
#[case("/missing", Unfetched::Status(404))]
#[case("/nowhere", Unfetched::Status(302))]
#[case("/round", Unfetched::TooManyRedirects)]
#[case("/plain", Unfetched::Url("only https is fetched".to_owned()))]
#[case("/large", Unfetched::TooLarge)]
#[tokio::test]
async fn an_issuer_that_misbehaves_is_told_apart(#[case] path: &str, #[case] expected: Unfetched) {
    let (url, certificate) = serve().await;
    let fetcher = Fetcher::new(Some(certificate.clone()), certificate);
    assert_eq!(fetcher.fetch(&format!("{url}{path}")).await, Err(expected));
}

#[tokio::test]
async fn what_is_no_answer_is_no_connection() {
    let (url, certificate) = serve().await;
    let fetcher = Fetcher::new(Some(certificate.clone()), certificate);
    let fetched = fetcher.fetch(&format!("{url}/broken")).await;
    assert!(matches!(fetched, Err(Unfetched::Unreachable(_))), "{fetched:?}");
}

#[rstest]
#[case("/document")]
#[case("/once")]
#[tokio::test]
async fn a_document_may_be_kept_as_its_server_says(#[case] path: &str) {
    let (url, certificate) = serve().await;
    let fetcher = Fetcher::new(Some(certificate.clone()), certificate);
    let document = fetcher.fetch(&format!("{url}{path}")).await.unwrap();
    assert_eq!((&document.body[..], document.keep), (&b"{}"[..], Duration::from_secs(60)));
}

/// A call that will not wait for an issuer is told so, long before the emulator gives up.
#[tokio::test]
async fn a_deadline_holds_while_an_issuer_is_silent() {
    let (url, certificate) = serve().await;
    let folder = tempfile::tempdir().unwrap();
    let (ca, seed) = (folder.path().join("ca.pem"), folder.path().join("seed.yaml"));
    std::fs::write(&ca, certificate).unwrap();
    let cluster = "projects/p/locations/l/attachedClusters/c";
    std::fs::write(
        &seed,
        format!("{{name: {cluster}, oidcConfig: {{issuerUrl: '{url}/silent'}}}}"),
    )
    .unwrap();
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        issuer_ca_file: Some(ca),
        seed: Some(seed),
        ..Config::default()
    };
    let emulator = Emulator::start_with(config).await.unwrap();
    let text = |number: u8, text: &str| {
        [&[number << 3 | 2, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
    };
    let kind = "urn:ietf:params:oauth:token-type:jwt";
    let message = [text(1, cluster), text(2, "a.b.c"), text(3, kind), text(4, "v1")].concat();
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let path = "/google.cloud.gkemulticloud.v1.AttachedClusters/GenerateAttachedClusterAgentToken";
    let request = http::Request::post(format!("{}{path}", emulator.url()))
        .header("content-type", "application/grpc")
        .header("grpc-timeout", "50m")
        .body([&[0], &length[..], &message].concat())
        .unwrap();
    let started = std::time::Instant::now();
    let response = crate::client::ask(&emulator, crate::client::Way::Http2, request).await;
    assert_eq!(response.headers()["grpc-status"], "4", "{:?}", response.headers());
    assert!(started.elapsed() < Duration::from_secs(4));
}
