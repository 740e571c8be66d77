//! Runs what compares the emulator with a kube-apiserver, on both with the same flags: first as
//! they are usually run, then with other flags; and holds older versions to the suite.

use {
    crate::{
        Result, cargo,
        kube::{self, Kube},
    },
    std::{path::Path, process::Command},
};

/// The older versions that the suite judges, too.
const OLDER: &[&str] = &["v1.33.13", "v1.30.14"];

/// Flags that both servers are run with; `@` stands before the name of a file that the
/// kube-apiserver finds where it runs.
struct Setting {
    name: &'static str,
    flags: &'static [&'static str],
    /// What the suite is told beside the target; nothing where its snapshots cannot hold.
    suite: Option<&'static [&'static str]>,
    /// Which part of the exchanges is sent.
    part: usize,
}

const SETTINGS: &[Setting] = &[
    Setting { name: "as usual", flags: &[], suite: Some(&[]), part: 1 },
    Setting {
        name: "lifetimes capped, nodes restricted",
        flags: &[
            "--service-account-max-token-expiration=2h",
            "--enable-admission-plugins=NodeRestriction",
        ],
        suite: Some(&["--skip", "kubernetes/token-request/lifetime-of-136-years-is-granted*"]),
        part: 5,
    },
    Setting {
        name: "several issuers, keys and audiences",
        flags: &[
            "--service-account-issuer=https://second.example",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            "--service-account-key-file=@sa.key",
            "--service-account-key-file=@p256.key",
            "--service-account-key-file=@p384.key",
            "--service-account-signing-key-file=@p256.key",
            "--service-account-jwks-uri=https://keys.example/jwks",
            "--service-account-extend-token-expiration=false",
            "--api-audiences=a,https://kubernetes.default.svc.cluster.local",
        ],
        suite: None,
        part: 5,
    },
    Setting {
        name: "an issuer that is no URL, nobody anonymous, no lookup",
        flags: &[
            "--service-account-issuer=kubernetes/serviceaccount",
            "--service-account-key-file=@p384.key",
            "--service-account-signing-key-file=@p384.key",
            "--service-account-lookup=false",
            "--anonymous-auth=false",
        ],
        suite: None,
        part: 5,
    },
];

/// How many exchanges there are in the usual setting, where nothing else is said.
const EXCHANGES: usize = 5000;

/// `cargo xtask parity [--seed N] [--exchanges N] [--without-suite] [--all-versions] …`.
pub(crate) fn run(arguments: &[String]) -> Result {
    let options = Options::parse(arguments)?;
    let binaries = cargo::build_all(&["token-emulator", "token-parity", "token-conformance"])?;
    let mut failed = Vec::new();
    for setting in SETTINGS {
        println!("\n#### {} {}", kube::VERSION, setting.name);
        if !compare(setting, &options, &binaries)? {
            failed.push(format!("{:?}", setting.name));
        }
    }
    for version in OLDER.iter().filter(|_| options.all_versions) {
        println!("\n#### {version}");
        if !judge(version, &binaries)? {
            failed.push((*version).to_owned());
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", ")).into()) }
}

/// What it was told.
struct Options {
    exchanges: usize,
    without_suite: bool,
    all_versions: bool,
    /// For the comparison itself.
    rest: Vec<String>,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            exchanges: EXCHANGES,
            without_suite: false,
            all_versions: false,
            rest: Vec::new(),
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--without-suite" => options.without_suite = true,
                "--all-versions" => options.all_versions = true,
                "--exchanges" => {
                    let number = arguments.next().ok_or("--exchanges wants a number")?;
                    options.exchanges = number.parse()?;
                }
                _ => options.rest.push(argument.clone()),
            }
        }
        Ok(options)
    }
}

/// Whether the two are the same in a setting.
fn compare(setting: &Setting, options: &Options, binaries: &Path) -> Result<bool> {
    let flags: Vec<String> = setting.flags.iter().map(|flag| flag.replace('@', "")).collect();
    let kube = Kube::start(kube::VERSION, &flags)?;
    let mut command = Command::new(binaries.join("token-parity"));
    command.arg("--emulator").arg(binaries.join("token-emulator"));
    command.args(["--kube-url", &kube.url]).arg("--kube-ca-file").arg(kube.ca_file());
    if let Some(suite) = setting.suite.filter(|_| !options.without_suite) {
        command.arg("--conformance").arg(binaries.join("token-conformance"));
        command.args(suite.iter().map(|argument| format!("--suite={argument}")));
    }
    for flag in emulator_flags(setting, kube.folder()) {
        command.arg(format!("--flag={flag}"));
    }
    let exchanges = (options.exchanges / setting.part).to_string();
    command.args(["--exchanges", &exchanges]).args(&options.rest);
    Ok(command.status()?.success())
}

/// The flags that make the emulator what that kube-apiserver is.
fn emulator_flags(setting: &Setting, folder: &Path) -> Vec<String> {
    let at = |name: &str| folder.join(name).display().to_string();
    let set: Vec<String> = setting.flags.iter().map(|flag| (*flag).to_owned()).collect();
    let identity = kube::identity(&set).into_iter().map(|flag| flag.replace("=sa.key", "=@sa.key"));
    let mut flags: Vec<String> = set.iter().cloned().chain(identity).collect();
    for flag in &mut flags {
        if let Some((name, file)) = flag.split_once("=@") {
            *flag = format!("{name}={}", at(file));
        }
    }
    flags.extend([
        "--authorization-mode=RBAC".to_owned(),
        "--controllers=false".to_owned(),
        "--token-cache-ttl=10s".to_owned(),
        format!("--token-auth-file={}", at("tokens.csv")),
    ]);
    flags
}

/// Whether an older version passes the suite.
fn judge(version: &str, binaries: &Path) -> Result<bool> {
    let kube = Kube::start(version, &[])?;
    let mut suite = Command::new(binaries.join("token-conformance"));
    suite.args(["run", "--level", "observed", "--run", "kubernetes/*", "--server", &kube.url]);
    suite.args(["--token", kube::TOKEN, "--ca-file"]).arg(kube.ca_file());
    Ok(suite.status()?.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_a_flag_is_found_by_the_emulator() {
        let flags = emulator_flags(&SETTINGS[2], Path::new("/k"));
        assert!(flags.contains(&"--service-account-key-file=/k/p256.key".to_owned()), "{flags:?}");
        let usual = emulator_flags(&SETTINGS[0], Path::new("/k"));
        assert!(usual.contains(&"--service-account-key-file=/k/sa.key".to_owned()), "{usual:?}");
    }
}
