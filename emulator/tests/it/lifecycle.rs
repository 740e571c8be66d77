//! Started, found, stopped.

use {
    crate::{client, program},
    serde_json::json,
    std::{
        io::{Read, Write},
        net::TcpStream,
        path::Path,
        time::{Duration, Instant},
    },
    token_emulator::{Config, Emulator, StartError},
};

fn free() -> Config {
    Config { listen: "127.0.0.1:0".parse().unwrap(), ..Config::default() }
}

#[tokio::test]
async fn a_blocking_client_is_answered_in_a_runtime_of_one_thread() {
    let emulator = Emulator::start().await.unwrap();
    client::assert_serves(&emulator);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_emulators_run_beside_each_other() {
    let (one, other) = (Emulator::start().await.unwrap(), Emulator::start().await.unwrap());
    assert_ne!(one.url(), other.url());
    assert_ne!(one.token(), other.token());
    one.clock().freeze();
    client::assert_serves(&one);
    client::assert_serves(&other);
    assert!(!other.clock().is_frozen());
}

#[tokio::test]
async fn dropping_it_closes_the_port_and_takes_the_files_away() {
    let emulator = Emulator::start().await.unwrap();
    let (address, kubeconfig) = (emulator.address(), emulator.kubeconfig_file().to_owned());
    assert_eq!(std::fs::read_to_string(&kubeconfig).unwrap(), emulator.kubeconfig());
    let mut open = TcpStream::connect(address).unwrap();
    open.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    drop(emulator);
    assert!(TcpStream::connect(address).is_err());
    // Closed or reset, but not left open.
    assert!(open.read(&mut [0]).map_or(true, |length| length == 0));
    assert!(!kubeconfig.exists());
}

#[tokio::test]
async fn a_debug_form_holds_no_credential() {
    let config = Config { control_token: Some("hush".into()), ..free() };
    let emulator = Emulator::start_with(config.clone()).await.unwrap();
    client::send(
        &emulator,
        b"POST /api/v1/namespaces/default/secrets HTTP/1.1\r\nHost: a\r\nContent-Length: 75\r\n\
        Content-Type: application/json\r\n\r\n\
        {\"metadata\":{\"name\":\"s\"},\"stringData\":{\"a\":\"hush\"},\"data\":{\"b\":\"aHVzaA==\"}}",
    );
    let shown = format!("{emulator:?} {config:?} {:?}", emulator.world());
    assert!(shown.contains("name: \"s\""), "the Secret was not made");
    for credential in ["hush", "aHVzaA==", emulator.token(), emulator.google_access_token()] {
        assert!(!shown.contains(credential), "{credential}");
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let emulator = Emulator::start().await.unwrap();
    let config = Config { listen: emulator.address(), ..free() };
    let error = Emulator::start_with(config).await.unwrap_err();
    let StartError::Bind(address, _) = &error else { panic!("{error}") };
    assert_eq!(*address, emulator.address());
    for part in [&address.to_string(), "end what listens there", "--listen", "127.0.0.1:0"] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn an_address_of_another_machine_is_named_with_what_is_allowed() {
    let control_token = Some("control".into());
    // Source: RFC 5737. No machine has it.
    let config = Config { listen: "192.0.2.1:0".parse().unwrap(), control_token, ..free() };
    let error = Emulator::start_with(config).await.unwrap_err().to_string();
    assert!(error.contains("192.0.2.1:0") && error.contains("of this machine"), "{error}");
}

#[tokio::test]
async fn a_bad_setting_is_an_error() {
    let config = Config { service_account_issuer: Vec::new(), ..free() };
    let error = Emulator::start_with(config).await.unwrap_err();
    assert!(matches!(error, StartError::Config(_)), "{error}");
}

#[test]
fn the_ready_file_tells_all_that_a_client_needs() {
    let program = program::start(&[], &[]);
    let ready = program::ready(&program);
    let url = ready["url"].as_str().unwrap();
    assert!(program.banner().contains(url), "{}", program.banner());
    assert_eq!(ready["https_url"], json!(url.replace("http://", "https://")));
    assert_eq!(ready["pid"], program.pid());
    for member in ["token", "google_access_token"] {
        assert!(ready[member].as_str().unwrap().len() > 20, "{member}");
    }
    let read = |member: &str| std::fs::read_to_string(ready[member].as_str().unwrap()).unwrap();
    assert!(read("ca_file").starts_with("-----BEGIN CERTIFICATE-----"));
    let kubeconfig = read("kubeconfig");
    assert!(kubeconfig.contains(ready["https_url"].as_str().unwrap()));
    assert!(kubeconfig.contains(ready["token"].as_str().unwrap()));
    TcpStream::connect(program.address()).unwrap();
}

#[test]
fn a_ready_file_of_an_earlier_run_is_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready.json");
    let mark = json!({"token_emulator": {"run": "1", "sha256": []}});
    std::fs::write(&ready, mark.to_string()).unwrap();
    let output = program::command(&["serve", "--listen=127.0.0.1:0", "--tls-cert-file=x"])
        .arg("--ready-file")
        .arg(&ready)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(!ready.exists());
}

#[rstest::rstest]
#[case("ready.json")]
#[case("ready.kubeconfig")]
#[tokio::test]
async fn of_two_runs_on_one_path_each_takes_its_own_files_away(#[case] name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join(name);
    let kubeconfig = Some(folder.path().join("named"));
    let config = || Config { ready_file: Some(ready.clone()), ..free() };
    let first = Emulator::start_with(Config { kubeconfig, ..config() }).await.unwrap();
    let second = Emulator::start_with(config()).await.unwrap();
    drop(first);
    let told: serde_json::Value = serde_json::from_slice(&std::fs::read(&ready).unwrap()).unwrap();
    assert_eq!(told["token"], second.token());
    assert_eq!(std::fs::read_to_string(second.kubeconfig_file()).unwrap(), second.kubeconfig());
    assert_eq!(std::fs::read_to_string(second.token_file()).unwrap(), second.token());
    assert!(!folder.path().join("named").exists());
    second.stop();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_signal_takes_the_files_away() {
    let mut program = program::start(&[], &[]);
    assert_eq!(std::fs::read_dir(program.folder()).unwrap().count(), 5);
    program::signal(&program, "TERM");
    assert_eq!(program.wait().unwrap().code(), Some(0));
    assert_eq!(std::fs::read_dir(program.folder()).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn only_its_owner_reads_what_holds_a_credential() {
    use std::os::unix::fs::PermissionsExt;
    let program = program::start(&[], &[]);
    let ready = program::ready(&program);
    let kubeconfig = Path::new(ready["kubeconfig"].as_str().unwrap());
    for path in [kubeconfig, &program.ready_file()] {
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
}

#[rstest::rstest]
#[case("TERM")]
#[case("INT")]
fn a_signal_ends_it_within_a_second_whatever_is_open(#[case] signal: &str) {
    let mut program = program::start(&[], &[]);
    let _idle = TcpStream::connect(program.address()).unwrap();
    let mut half = TcpStream::connect(program.address()).unwrap();
    half.write_all(b"POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx").unwrap();
    let start = Instant::now();
    program::signal(&program, signal);
    assert_eq!(program.wait().unwrap().code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[test]
fn what_was_read_is_answered_before_it_ends() {
    let answer = end_during_a_delay("1s");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[test]
fn a_delay_beyond_the_grace_is_not_waited_for() {
    let start = Instant::now();
    assert_eq!(end_during_a_delay("1m"), "");
    assert!(start.elapsed() < Duration::from_secs(50), "{:?}", start.elapsed());
}

/// What a request that is late is answered by a program that is told to end meanwhile.
fn end_during_a_delay(delay: &str) -> String {
    let mut program = program::start(&[], &[]);
    let ask = |request: &str| {
        let mut stream = TcpStream::connect(program.address()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    };
    let read = |mut stream: TcpStream| {
        let mut answer = String::new();
        // A connection may be reset, too, where nobody is waited for any more.
        let _ = stream.read_to_string(&mut answer);
        answer
    };
    let controls = |method: &str, body: &str| {
        let head = "/_emulator/v1/faults HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
        read(ask(&format!("{method} {head}Content-Length: {}\r\n\r\n{body}", body.len())))
    };
    controls("POST", &format!(r#"{{"delay": "{delay}", "path": "/version"}}"#));
    let late = ask("GET /version HTTP/1.1\r\nHost: a\r\n\r\n");
    let patience = Instant::now() + Duration::from_secs(10);
    while !controls("GET", "").contains(r#"{"faults":[]}"#) {
        assert!(Instant::now() < patience, "the request was not seen");
    }
    program::signal(&program, "TERM");
    let answer = read(late);
    assert_eq!(program.wait().unwrap().code(), Some(0));
    answer
}

#[test]
fn a_second_signal_kills() {
    let mut program = program::start(&[], &[]);
    let mut half = TcpStream::connect(program.address()).unwrap();
    let head =
        b"POST /api HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
    half.write_all(head).unwrap();
    // Once it says so it waits for the body, so that the first signal alone takes its time.
    half.read_exact(&mut [0; 25]).unwrap();
    program::signal(&program, "TERM INT");
    // The one that is seen second gives the code.
    assert!(matches!(program.wait().unwrap().code(), Some(130 | 143)));
}

#[test]
fn a_body_that_nobody_reads_is_not_waited_for_when_the_connection_ends() {
    let program = program::start(&[], &[]);
    let mut client = TcpStream::connect(program.address()).unwrap();
    let head = b"GET /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.write_all(head).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}
