//! Building kube-apiserver and etcd from their Go modules. Takes minutes, once a version.

use {
    crate::Result,
    std::{
        fs,
        path::Path,
        process::{Command, Stdio},
    },
};

const ETCD_MAIN: &str = r#"package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
"#;

/// Keeps the module's requirements although nothing imports a `main` package.
const TOOLS: &str = r#"//go:build tools

package tools

import _ "k8s.io/kubernetes/cmd/kube-apiserver"
"#;

/// Builds both into a folder.
pub(super) fn build(version: &str, folder: &Path) -> Result {
    println!("building kube-apiserver {version} and etcd, which takes a few minutes");
    let module = folder.join("module");
    fs::create_dir_all(module.join("etcd"))?;
    let upstream = upstream_module(version, folder)?;
    fs::write(module.join("go.mod"), go_mod(version, &upstream)?)?;
    fs::write(module.join("etcd/main.go"), ETCD_MAIN)?;
    fs::write(module.join("tools.go"), TOOLS)?;
    go(&module, &["mod", "tidy"])?;
    let etcd = folder.join("etcd").display().to_string();
    go(&module, &["build", "-o", &etcd, "./etcd"])?;
    let apiserver = folder.join("kube-apiserver").display().to_string();
    let stamp = stamp(version);
    go(
        &module,
        &["build", "-ldflags", &stamp, "-o", &apiserver, "k8s.io/kubernetes/cmd/kube-apiserver"],
    )
}

/// The `go.mod` of Kubernetes itself.
fn upstream_module(version: &str, folder: &Path) -> Result<String> {
    let output = Command::new("go")
        .args(["mod", "download", "-json", &format!("k8s.io/kubernetes@{version}")])
        .current_dir(folder)
        .env("GOFLAGS", "-mod=mod")
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("go is needed to build kube-apiserver: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let path = text.split("\"GoMod\": \"").nth(1).and_then(|rest| rest.split('"').next());
    Ok(fs::read_to_string(path.ok_or("go mod download named no go.mod")?)?)
}

/// A module that requires Kubernetes. The upstream module replaces its staging modules by folders
/// that a module which requires it does not have: they are required in their published versions.
fn go_mod(version: &str, upstream: &str) -> Result<String> {
    let staging = version.replacen("v1.", "v0.", 1);
    let go = upstream.lines().find(|line| line.starts_with("go ")).ok_or("a go.mod without go")?;
    let mut lines = vec![
        "module reference".to_owned(),
        go.to_owned(),
        format!("require k8s.io/kubernetes {version}"),
    ];
    for line in upstream.lines() {
        if let Some((name, _)) = line.trim().split_once(" => ./staging/") {
            let name = name.trim_start_matches("replace ");
            lines.push(format!("replace {name} => {name} {staging}"));
        }
    }
    Ok(lines.join("\n") + "\n")
}

/// The linker flags that make the binary say its version.
fn stamp(version: &str) -> String {
    let package = "k8s.io/component-base/version";
    let minor = version.split('.').nth(1).unwrap_or_default();
    format!(
        "-X {package}.gitVersion={version} -X {package}.gitMajor=1 -X {package}.gitMinor={minor}"
    )
}

fn go(folder: &Path, arguments: &[&str]) -> Result {
    let status = Command::new("go").args(arguments).current_dir(folder).status()?;
    if status.success() { Ok(()) } else { Err(format!("go {} failed", arguments.join(" ")).into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staging_modules_get_their_published_version() {
        let upstream = "module k8s.io/kubernetes\n\ngo 1.26.0\n\nreplace (\n\
                        \tk8s.io/api => ./staging/src/k8s.io/api\n)\n";
        let expected = "module reference\ngo 1.26.0\nrequire k8s.io/kubernetes v1.37.1\n\
                        replace k8s.io/api => k8s.io/api v0.37.1\n";
        assert_eq!(go_mod("v1.37.1", upstream).unwrap(), expected);
    }
}
