//! Which hosts are answered over plain http: those that clients reach an emulator by, and none that
//! may be a stranger's, whose name leads to this machine.

use {
    crate::client::{Way, ask, get, send},
    bytes::Bytes,
    http::{Request, Response},
    rcgen::{CertificateParams, KeyPair},
    rstest::rstest,
    serde_json::{Value, json},
    token_emulator::{Config, Emulator},
};

const KUBERNETES: &str = "/api/v1/namespaces";
const GOOGLE: &str = "/v1/projects/p/locations/us-west1/attachedClusters";
const CONTROL: &str = "/_emulator/v1/clock";

fn free() -> Config {
    Config { listen: "127.0.0.1:0".parse().unwrap(), ..Config::default() }
}

/// The status of a GET, and its JSON, with these lines for `Host`.
fn ask_with(emulator: &Emulator, target: &str, lines: &str) -> (u16, Value) {
    let request = format!("GET {target} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n");
    let answer = send(emulator, request.as_bytes());
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.get(9..12).and_then(|status| status.parse().ok());
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    // Where it comes in chunks, the JSON is between braces all the same.
    let body = body.find('{').and_then(|start| body.get(start..=body.rfind('}')?));
    let body = body.and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
    (status.unwrap_or(0), body)
}

fn status(emulator: &Emulator, host: &str) -> u16 {
    ask_with(emulator, KUBERNETES, &format!("Host: {host}\r\n")).0
}

/// A GET over HTTP/2 whose `:authority` is this.
async fn over_http2(emulator: &Emulator, authority: &str) -> u16 {
    let request = Request::get(format!("http://{authority}{KUBERNETES}")).body("").unwrap();
    ask(emulator, Way::Http2, request).await.status().as_u16()
}

#[rstest]
// A page's own machine, whatever it is called there.
#[case::address("127.0.0.1:8693")]
#[case::another_address("192.168.7.20:8693")]
#[case::address_of_ipv6("[::1]:8693")]
#[case::localhost("localhost:8693")]
#[case::localhost_in_full("LOCALHOST.:8693")]
#[case::below_localhost("emulator.localhost:8693")]
// A hosts entry or `curl --resolve`.
#[case::google("us-west1-gkemulticloud.googleapis.com")]
#[case::google_with_a_port("gkemulticloud.googleapis.com:8693")]
#[case::cluster("kubernetes.default.svc:8693")]
#[case::cluster_in_full("kubernetes.default.svc.cluster.local")]
// Containers: the host's name, Testcontainers' mapped ports, a service of compose.
#[case::docker("host.docker.internal:8693")]
#[case::podman("host.containers.internal:8693")]
#[case::testcontainers("localhost:49153")]
#[case::testcontainers_of_docker_in_docker("172.17.0.1:49153")]
#[case::testcontainers_from_a_container("host.testcontainers.internal:8693")]
#[case::compose("emulator:8693")]
#[case::compose_in_full("my_project-emulator-1:8693")]
// A cluster: a service, and `kubectl port-forward`.
#[case::service("emulator.tests.svc:80")]
#[case::service_in_full("emulator.tests.svc.cluster.local:80")]
#[case::port_forward("localhost:6443")]
#[case::port_forward_to_an_address("127.0.0.1:6443")]
// Clouds.
#[case::metadata("metadata.google.internal")]
#[case::instance("ip-10-0-0-1.ec2.internal:8693")]
#[tokio::test]
async fn a_client_is_answered_by_the_host_that_it_uses(#[case] host: &str) {
    let emulator = Emulator::start().await.unwrap();
    assert_eq!(status(&emulator, host), 200);
    assert_eq!(over_http2(&emulator, host).await, 200);
    let target = format!("http://{host}{KUBERNETES}");
    assert_eq!(ask_with(&emulator, &target, &format!("Host: {host}\r\n")).0, 200);
}

#[tokio::test]
async fn a_client_need_not_name_a_host() {
    let emulator = Emulator::start().await.unwrap();
    assert_eq!(ask_with(&emulator, KUBERNETES, "").0, 200);
    assert_eq!(ask_with(&emulator, KUBERNETES, "Host:\r\n").0, 200);
    let answer = send(&emulator, format!("GET {KUBERNETES} HTTP/1.0\r\n\r\n").as_bytes());
    assert!(answer.starts_with(b"HTTP/1.0 200 "), "{}", String::from_utf8_lossy(&answer));
    // An address may have a zone, or be short.
    assert_eq!(status(&emulator, "[fe80::1%25eth0]:8693"), 200);
    assert_eq!(status(&emulator, "127.1:8693"), 200);
    let request = Request::get(KUBERNETES).body("").unwrap();
    assert_eq!(ask(&emulator, Way::Http2, request).await.status(), 200);
}

#[rstest]
#[case("rebound.example")]
#[case("rebound.example:8693")]
#[case("REBOUND.Example.")]
#[case("127.0.0.1.rebound.example")]
#[case("localhost.rebound.example")]
#[case("kubernetes.default.svc.rebound.example")]
#[case("googleapis.com.rebound.example")]
#[case("notgoogleapis.com")]
#[case("evilinternal.com")]
#[case("a.svc.cluster.locals")]
#[case("xn--n3h.example")]
#[tokio::test]
async fn a_host_that_may_be_a_strangers_is_refused(#[case] host: &str) {
    let emulator = Emulator::start().await.unwrap();
    assert_eq!(status(&emulator, host), 421);
    assert_eq!(over_http2(&emulator, host).await, 421);
}

#[rstest]
#[case::user_information("Host: localhost@rebound.example\r\n")]
#[case::no_host_at_all("Host: a b\r\n")]
#[case::brackets("Host: [rebound.example]\r\n")]
#[case::bytes_that_are_no_text("Host: r\u{e9}bound.example\r\n")]
#[case::beside_a_good_one("Host: localhost\r\nHost: rebound.example\r\n")]
#[case::before_a_good_one("Host: rebound.example\r\nHost: localhost\r\n")]
#[tokio::test]
async fn no_way_to_write_a_host_hides_it(#[case] lines: &str) {
    let emulator = Emulator::start().await.unwrap();
    assert_eq!(ask_with(&emulator, KUBERNETES, lines).0, 421);
}

#[tokio::test]
async fn the_host_of_a_target_counts_too() {
    let emulator = Emulator::start().await.unwrap();
    for host in ["rebound.example", "localhost@rebound.example"] {
        let target = format!("http://{host}{KUBERNETES}");
        assert_eq!(ask_with(&emulator, &target, "Host: localhost\r\n").0, 421, "{target}");
    }
    let request = Request::get(format!("http://localhost{KUBERNETES}"));
    let request = request.header("host", "rebound.example").body("").unwrap();
    assert_eq!(ask(&emulator, Way::Http2, request).await.status(), 421);
}

#[tokio::test]
async fn each_api_says_in_its_words_how_the_host_would_be_answered() {
    let emulator = Emulator::start().await.unwrap();
    let said = "rebound.example is not a name of this server; start the server with --advertise \
                rebound.example to have it answered";
    let refused = |path| ask_with(&emulator, path, "Host: rebound.example:8693\r\n");
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                        "message": said, "code": 421});
    assert_eq!(refused(KUBERNETES), (421, status));
    let error = json!({"code": 421, "message": said, "status": "FAILED_PRECONDITION"});
    assert_eq!(refused(GOOGLE), (421, json!({"error": error})));
    assert_eq!(refused(CONTROL), (421, json!({"error": said})));
}

#[tokio::test]
async fn grpc_is_refused_by_its_authority() {
    let emulator = Emulator::start().await.unwrap();
    let call = |authority: &str| {
        let method = "google.cloud.gkemulticloud.v1.AttachedClusters/ListAttachedClusters";
        Request::post(format!("http://{authority}/{method}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(Bytes::from_static(&[0; 5]))
            .unwrap()
    };
    let refused: Response<Bytes> = ask(&emulator, Way::Http2, call("rebound.example")).await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["grpc-status"]),
        (200, &"9".parse().unwrap())
    );
    let message = refused.headers()["grpc-message"].to_str().unwrap();
    assert!(message.contains("--advertise rebound.example"), "{message}");
    let answered = ask(&emulator, Way::Http2, call("localhost:8693")).await;
    assert_ne!(answered.headers().get("grpc-status"), Some(&"9".parse().unwrap()));
}

#[tokio::test]
async fn what_is_refused_leaves_no_trace() {
    let emulator = Emulator::start().await.unwrap();
    emulator.faults().order(&json!({"delay": "1ms", "times": 1})).unwrap();
    for path in [KUBERNETES, GOOGLE, CONTROL] {
        assert_eq!(ask_with(&emulator, path, "Host: rebound.example\r\n").0, 421);
    }
    assert_eq!(get(&emulator, "/_emulator/v1/journal").await.1, json!({"entries": []}));
    let (_, faults) = get(&emulator, "/_emulator/v1/faults").await;
    assert_eq!(faults["faults"].as_array().unwrap().len(), 1);
    assert_eq!(emulator.faults().rules().len(), 1);
}

#[tokio::test]
async fn over_https_the_certificate_decides() {
    let emulator = Emulator::start().await.unwrap();
    let request = Request::get(KUBERNETES).header("host", "rebound.example").body("").unwrap();
    assert_eq!(ask(&emulator, Way::TlsHttp1, request).await.status(), 200);
}

#[tokio::test]
async fn the_names_of_the_settings_are_answered() {
    let config = Config {
        service_account_issuer: vec![
            "https://issuer.example/path".to_owned(),
            "https://old-issuer.example:8443".to_owned(),
            "kubernetes/serviceaccount".to_owned(),
        ],
        service_account_jwks_uri: Some("https://keys.example/openid/v1/jwks".to_owned()),
        external_hostname: Some("outside.example:6443".to_owned()),
        advertise: vec!["emulator.example".parse().unwrap(), "second.example:1".parse().unwrap()],
        ..free()
    };
    let emulator = Emulator::start_with(config).await.unwrap();
    let known = ["issuer", "old-issuer", "keys", "outside", "emulator", "second"];
    for name in known {
        assert_eq!(status(&emulator, &format!("{name}.example:8693")), 200, "{name}");
        assert_eq!(status(&emulator, &format!("a.{name}.example")), 421, "{name}");
    }
}

#[tokio::test]
async fn the_names_of_a_certificate_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let names = ["own.example".to_owned(), "*.wild.example".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
    let (chain, private) = (folder.path().join("tls.crt"), folder.path().join("tls.key"));
    std::fs::write(&chain, certificate.pem()).unwrap();
    std::fs::write(&private, key.serialize_pem()).unwrap();
    let config =
        Config { tls_cert_file: Some(chain), tls_private_key_file: Some(private), ..free() };
    let emulator = Emulator::start_with(config).await.unwrap();
    for (host, expected) in [
        ("own.example", 200),
        ("OWN.example.:8693", 200),
        ("a.wild.example", 200),
        ("a.b.wild.example", 421),
        ("wild.example", 421),
        ("other.example", 421),
    ] {
        assert_eq!(status(&emulator, host), expected, "{host}");
    }
}
