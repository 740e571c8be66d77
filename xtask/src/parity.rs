//! Runs what compares the emulator with a kube-apiserver, on both with the same flags.

use {
    crate::{
        Result, cargo,
        kube::{self, Kube},
    },
    std::process::Command,
};

/// `cargo xtask parity [--seed N] [--exchanges N] [--without-suite] …`.
pub(crate) fn run(arguments: &[String]) -> Result {
    let without = "--without-suite";
    let rest = arguments.iter().filter(|argument| *argument != without);
    let emulator = cargo::build_debug("token-emulator")?;
    let parity = cargo::build_debug("token-parity")?;
    let mut command = Command::new(parity);
    command.arg("--emulator").arg(emulator);
    if !arguments.iter().any(|argument| argument == without) {
        command.arg("--conformance").arg(cargo::build_debug("token-conformance")?);
    }
    let kube = Kube::start(kube::VERSION, &[])?;
    command.args(["--kube-url", &kube.url]).arg("--kube-ca-file").arg(kube.ca_file());
    for flag in flags(&kube) {
        command.arg(format!("--flag={flag}"));
    }
    if command.args(rest).status()?.success() { Ok(()) } else { Err("the two differ".into()) }
}

/// The flags that make the emulator what that kube-apiserver is.
fn flags(kube: &Kube) -> Vec<String> {
    let (key, tokens) = (kube.key_file(), kube.token_file());
    vec![
        "--authorization-mode=RBAC".to_owned(),
        "--controllers=false".to_owned(),
        "--token-cache-ttl=10s".to_owned(),
        format!("--service-account-issuer={}", kube::ISSUER),
        format!("--service-account-signing-key-file={}", key.display()),
        format!("--service-account-key-file={}", key.display()),
        format!("--token-auth-file={}", tokens.display()),
    ]
}
