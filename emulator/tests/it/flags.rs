//! Flags, environment and file.

use {
    crate::program,
    rstest::rstest,
    std::{
        io::{Read, Write},
        net::TcpStream,
    },
    token_launch::Server,
};

/// Whether the controls of a program take a bearer.
fn opens(program: &Server, token: &str) -> bool {
    let mut stream = TcpStream::connect(program.address()).unwrap();
    let request = format!(
        "GET /_emulator/v1/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
         Authorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.starts_with("HTTP/1.1 200 OK\r\n")
}

#[rstest]
#[case::file(false, false, "file")]
#[case::environment(true, false, "environment")]
#[case::flag(true, true, "flag")]
fn a_flag_wins_over_the_environment_and_that_over_the_file(
    #[case] environment: bool,
    #[case] flag: bool,
    #[case] winner: &str,
) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "control-token: file\nlisten: 192.0.2.1:1\n").unwrap();
    let file = format!("--config={}", file.path().display());
    let mut flags = vec![file.as_str()];
    if flag {
        flags.push("--control-token=flag");
    }
    let variable = ("TOKEN_EMULATOR_CONTROL_TOKEN", "environment");
    let environment = if environment { &[variable][..] } else { &[] };
    let program = program::start(&flags, environment);
    for token in ["file", "environment", "flag"] {
        assert_eq!(opens(&program, token), token == winner, "{token}");
    }
}

#[rstest]
#[case(&["--listen=nowhere"], "127.0.0.1:8693")]
#[case(&["--authorization-mode=ABAC"], "AlwaysAllow, RBAC")]
#[case(&["--google-auth=on"], "off, strict")]
#[case(&["--controllers=maybe"], "true, false")]
#[case(&["--token-cache-ttl=10"], "1h30m, 10s or 200ms")]
#[case(&["--token-cache-ttl=-1s"], "0 or more")]
#[case(&["--service-account-max-token-expiration=1m"], "1h to")]
#[case(&["--service-account-jwks-uri=http://a"], "https://")]
#[case(&["--service-account-issuer=a", "--service-account-issuer=a"], "twice")]
#[case(&["--enable-admission-plugins=Nothing"], "NodeRestriction")]
#[case(&["--listen=0.0.0.0:0"], "--control-token")]
#[case(&["--advertise=http://emulator"], "emulator.example:8693 or [fd00::1]:8693")]
#[case(&["--advertise="], "allowed is a host, or a host and a port")]
#[case(&["--advertise=emulator,emulator:0"], "allowed is a host, or a host and a port")]
#[case(&["--allow-origin=*"], "such as http://localhost:3000, or null")]
#[case(&["--allow-origin=localhost:3000"], "such as http://localhost:3000, or null")]
#[case(&["--allow-origin=http://a/path"], "such as http://localhost:3000, or null")]
#[case(&["--seed=/nowhere"], "--seed: /nowhere")]
#[case(&["--config=/nowhere"], "/nowhere")]
#[case(&["--service-account-signing-key-file=/dev/null"], "holds no private key")]
#[case(&["--token-auth-file=Cargo.toml"], "--token-auth-file: Cargo.toml: line 1: must have at least 3 columns")]
#[case(&["--issuer-ca-file=Cargo.toml"], "holds no certificate")]
#[case(&["--external-hostname=https://a"], "without https://")]
#[case(&["--tls-cert-file=Cargo.toml", "--tls-private-key-file=Cargo.toml"], "--tls-cert-file: Cargo.toml: the file holds no certificate; allowed are")]
#[case(&["--service-account-signing-key-file=Cargo.toml"], "BEGIN PRIVATE KEY")]
#[case(&["--enable-admission-plugins=AlwaysPullImages"], "does not have; allowed are AlwaysAdmit")]
#[case(&["--state-dir=Cargo.toml"], "--state-dir: Cargo.toml: ")]
#[case(&["--no-such-flag"], "--no-such-flag")]
fn a_bad_value_says_what_is_allowed(#[case] flags: &[&str], #[case] allowed: &str) {
    let output = program::run(&[&["serve"], flags].concat());
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains(allowed), "{error}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_bad_variable_is_an_error_too() {
    let output =
        program::command(&["serve"]).env("TOKEN_EMULATOR_GOOGLE_AUTH", "on").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("off, strict"));
}

#[rstest]
#[case("google-auth: on\n", "off, strict")]
#[case("google_auth: off\n", "(is google-auth meant?); allowed are listen, ready-file")]
#[case("- listen\n", "a mapping of settings is wanted, a line `listen: 127.0.0.1:0`")]
#[case("listen: [a, b]\n", "listen: it takes one value, and no list")]
#[case("listen:\n", "listen: a value is wanted; leave the key out for the default")]
fn a_bad_file_is_an_error_too(#[case] text: &str, #[case] allowed: &str) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let path = file.path().to_str().unwrap();
    let output = program::run(&["serve", "--config", path]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains(allowed) && error.contains(path), "{error}");
}

#[test]
fn every_flag_of_the_contract_is_in_the_help() {
    let help = String::from_utf8(program::run(&["serve", "--help"]).stdout).unwrap();
    for flag in [
        "listen",
        "ready-file",
        "kubeconfig",
        "advertise",
        "allow-origin",
        "config",
        "tls-cert-file",
        "tls-private-key-file",
        "service-account-issuer",
        "service-account-signing-key-file",
        "service-account-key-file",
        "service-account-max-token-expiration",
        "service-account-extend-token-expiration",
        "service-account-jwks-uri",
        "service-account-lookup",
        "api-audiences",
        "external-hostname",
        "enable-admission-plugins",
        "token-auth-file",
        "authorization-mode",
        "anonymous-auth",
        "controllers",
        "token-cache-ttl",
        "google-auth",
        "google-token-file",
        "google-conveniences",
        "google-operation-duration",
        "issuer-ca-file",
        "seed",
        "control-token",
        "exit-with-parent",
        "exit-on-stdin-close",
    ] {
        let variable = format!("TOKEN_EMULATOR_{}", flag.replace('-', "_").to_uppercase());
        assert!(
            help.contains(&format!("--{flag} ")) || help.contains(&format!("--{flag}[")),
            "{flag}"
        );
        assert!(help.contains(&variable), "{variable}");
    }
}

#[test]
fn the_version_is_printed() {
    let version = String::from_utf8(program::run(&["--version"]).stdout).unwrap();
    assert_eq!(version.trim(), concat!("token-emulator ", env!("CARGO_PKG_VERSION")));
}
