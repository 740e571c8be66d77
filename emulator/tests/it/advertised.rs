//! `--advertise`: a name that clients elsewhere reach an emulator by.

use {
    crate::{client, program},
    http::Request,
    rstest::rstest,
    rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs},
    rustls_pki_types::{CertificateDer, ServerName, pem::PemObject},
    serde_json::Value,
    std::sync::Arc,
    token_emulator::{Config, Emulator},
    tokio_rustls::TlsConnector,
};

async fn advertising(names: &[&str]) -> Emulator {
    let advertise = names.iter().map(|name| name.parse().unwrap()).collect();
    let listen = "127.0.0.1:0".parse().unwrap();
    Emulator::start_with(Config { listen, advertise, ..Config::default() }).await.unwrap()
}

/// Whether the certificate is good for a name, which leads to the emulator's address.
async fn verifies(emulator: &Emulator, name: &str) -> bool {
    let mut roots = RootCertStore::empty();
    let authorities = CertificateDer::pem_slice_iter(emulator.ca_certificate().as_bytes());
    roots.add_parsable_certificates(authorities.map(Result::unwrap));
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = tokio::net::TcpStream::connect(emulator.address()).await.unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.is_ok()
}

async fn discovery(emulator: &Emulator) -> String {
    let (_, document) = client::get(emulator, "/.well-known/openid-configuration").await;
    document["jwks_uri"].as_str().unwrap().to_owned()
}

#[rstest]
#[case("emulator", "emulator:PORT", "emulator")]
#[case("emulator.example:443", "emulator.example:443", "emulator.example")]
#[case("Emulator.Example.", "emulator.example:PORT", "emulator.example")]
#[case("10.1.2.3", "10.1.2.3:PORT", "10.1.2.3")]
#[case("fd00::1", "[fd00::1]:PORT", "fd00::1")]
#[case("[fd00::1]:7", "[fd00::1]:7", "fd00::1")]
#[tokio::test]
async fn an_advertised_host_is_in_all_that_clients_are_given(
    #[case] setting: &str,
    #[case] authority: &str,
    #[case] subject: &str,
) {
    let emulator = advertising(&[setting, "second.example"]).await;
    let authority = authority.replace("PORT", &emulator.address().port().to_string());
    assert_eq!(emulator.url(), format!("http://{authority}"));
    assert_eq!(emulator.https_url(), format!("https://{authority}"));
    let server = format!("    server: https://{authority}\n");
    assert!(emulator.kubeconfig().contains(&server), "{}", emulator.kubeconfig());
    assert_eq!(discovery(&emulator).await, format!("https://{authority}/openid/v1/jwks"));
    let (_, versions) = client::get(&emulator, "/api").await;
    assert_eq!(versions["serverAddressByClientCIDRs"][0]["serverAddress"], authority);
    for name in [subject, "second.example", "localhost", "127.0.0.1"] {
        assert!(verifies(&emulator, name).await, "{name}");
    }
    assert!(!verifies(&emulator, "third.example").await);
    let asked = Request::get("/version").header("host", authority.as_str()).body("").unwrap();
    assert_eq!(client::ask(&emulator, client::Way::Http1, asked).await.status(), 200);
}

#[tokio::test]
async fn an_external_hostname_is_for_discovery_alone() {
    let listen = "127.0.0.1:0".parse().unwrap();
    for (hostname, shown) in [("a.example:6443", "a.example:6443"), ("fd00::2", "[fd00::2]:PORT")] {
        let config = Config {
            listen,
            external_hostname: Some(hostname.to_owned()),
            advertise: vec!["emulator.example:443".parse().unwrap()],
            ..Config::default()
        };
        let emulator = Emulator::start_with(config).await.unwrap();
        let shown = shown.replace("PORT", &emulator.address().port().to_string());
        assert_eq!(discovery(&emulator).await, format!("https://{shown}/openid/v1/jwks"));
        assert_eq!(emulator.https_url(), "https://emulator.example:443");
    }
}

#[test]
fn a_program_tells_the_name_and_is_found_by_its_address() {
    let program = program::start(&["--advertise=emulator.example:443,second.example"], &[]);
    let banner = program.banner();
    assert!(banner.contains("http://emulator.example:443 and https://emulator.example:443"));
    let ready: Value =
        serde_json::from_slice(&std::fs::read(program.ready_file()).unwrap()).unwrap();
    assert_eq!(ready["url"], "http://emulator.example:443");
    assert_eq!(ready["https_url"], "https://emulator.example:443");
    let address = ready["address"].as_str().unwrap();
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    let kubeconfig = std::fs::read_to_string(program.kubeconfig()).unwrap();
    assert!(kubeconfig.contains("server: https://emulator.example:443\n"), "{kubeconfig}");
    let ready = program.ready_file();
    let ready = ready.to_str().unwrap();
    for command in ["health", "wait"] {
        let output = program::run(&[command, "--ready-file", ready]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let printed = program::run(&["env", "--ready-file", ready]).stdout;
    let printed = String::from_utf8(printed).unwrap();
    assert!(printed.contains("TOKEN_EMULATOR_URL='http://emulator.example:443'"), "{printed}");
    // gcloud, which may run here only, is led to the port that is listened on.
    let (_, port) = address.rsplit_once(':').unwrap();
    let gcloud = format!("OVERRIDES_GKEMULTICLOUD='http://localhost:{port}/'");
    assert!(printed.contains(&gcloud), "{printed}");
}

#[test]
fn a_command_beside_one_is_told_the_name() {
    let script = "echo $TOKEN_EMULATOR_URL; grep -o 'server: .*' $KUBECONFIG";
    let output = program::run(&["exec", "--advertise=emulator:9", "--", "sh", "-c", script]);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(shown, "http://emulator:9\nserver: https://emulator:9\n");
}
