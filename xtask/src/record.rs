//! Records the snapshots of the Kubernetes side from a real kube-apiserver, started for that.

use crate::{
    Result, cargo,
    kube::{self, Kube},
};

/// `cargo xtask record [--run GLOB]…`: whatever else it is told goes to `token-conformance record`.
pub(crate) fn run(arguments: &[String]) -> Result {
    let kube = Kube::start(kube::VERSION, &[])?;
    let ca_file = kube.ca_file().display().to_string();
    let mut command = vec!["run", "--quiet", "--bin", "token-conformance", "--", "record"];
    command.extend(["--server", &kube.url, "--token", kube::TOKEN, "--ca-file", &ca_file]);
    command.extend(arguments.iter().map(String::as_str));
    cargo::run(&command, &[])
}
