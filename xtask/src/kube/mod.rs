//! The reference of the Kubernetes side: the real kube-apiserver with etcd, built from their
//! sources with Go, or found in `KUBEBUILDER_ASSETS`, and run on free ports of this machine.

mod build;

use {
    crate::{Result, cargo},
    std::{
        fs::{self, File},
        net::TcpListener,
        path::{Path, PathBuf},
        process::{Child, Command, Stdio},
        thread,
        time::{Duration, Instant},
    },
    tempfile::TempDir,
};

/// The version that snapshots are recorded from.
pub(crate) const VERSION: &str = "v1.37.1";

/// A bearer in `system:masters`.
pub(crate) const TOKEN: &str = "admin-token";

/// How long the two may take to be ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// The issuer of its tokens, which is the emulator's too.
pub(crate) const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// `cargo xtask kube [--FLAG…] -- COMMAND…`: runs a command while a kube-apiserver with those flags
/// runs; the command finds it in `KUBE_URL`, `KUBE_TOKEN` and `KUBE_CA_FILE`, and the key that signs
/// its tokens in `KUBE_KEY_FILE`.
pub(crate) fn run(arguments: &[String]) -> Result {
    let separator = arguments.iter().position(|argument| argument == "--");
    let (flags, command) = arguments.split_at(separator.ok_or(USAGE)?);
    let [_, program, rest @ ..] = command else { return Err(USAGE.into()) };
    let version = std::env::var("KUBE_VERSION").unwrap_or_else(|_| VERSION.to_owned());
    let kube = Kube::start(&version, flags)?;
    let mut command = Command::new(program);
    command.args(rest).env("KUBE_URL", &kube.url).env("KUBE_TOKEN", TOKEN);
    command.env("KUBE_CA_FILE", kube.ca_file()).env("KUBE_KEY_FILE", kube.key_file());
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{program} ended with {status}").into()) }
}

const USAGE: &str = "usage: cargo xtask kube [KUBE-APISERVER FLAGS] -- COMMAND [ARGUMENTS]";

/// A running kube-apiserver; dropping it stops it, and its state is gone.
pub(crate) struct Kube {
    /// Where it listens, over https.
    pub(crate) url: String,
    folder: TempDir,
    processes: Vec<Child>,
}

impl Kube {
    /// Starts one, with further flags for kube-apiserver, and waits until it is ready.
    pub(crate) fn start(version: &str, flags: &[String]) -> Result<Self> {
        let binaries = binaries(version)?;
        // It holds keys and tokens: nobody else reads it, and no name of it can be guessed.
        let folder = tempfile::Builder::new().prefix("kube-").tempdir()?;
        let [secure, client, peer] = free_ports()?;
        let url = format!("https://127.0.0.1:{secure}");
        let mut kube = Self { url, folder, processes: Vec::new() };
        kube.write_credentials()?;
        kube.spawn_etcd(&binaries, client, peer)?;
        kube.spawn_apiserver(&binaries, secure, client, flags)?;
        kube.wait()?;
        Ok(kube)
    }

    /// The processes that it is made of, separated by commas.
    pub(crate) fn pids(&self) -> String {
        let pids = self.processes.iter().map(|process| process.id().to_string());
        pids.collect::<Vec<_>>().join(",")
    }

    /// The key that signs its tokens and verifies them.
    fn key_file(&self) -> PathBuf {
        self.folder().join("sa.key")
    }

    /// The certificate authority of its certificate.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder().join("certs/apiserver.crt")
    }

    /// Where it runs: a flag may name a file there, `sa.key`, `p256.key`, `p384.key` or
    /// `tokens.csv`.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn write_credentials(&self) -> Result {
        let tokens =
            format!("{TOKEN},admin,admin-uid,\"system:masters\"\nnobody-token,nobody,nobody-uid\n");
        fs::write(self.folder().join("tokens.csv"), tokens)?;
        self.openssl(&["genrsa", "-out", "sa.key", "2048"])?;
        self.openssl(&["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "p256.key"])?;
        self.openssl(&["ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", "p384.key"])
    }

    fn openssl(&self, arguments: &[&str]) -> Result {
        let mut openssl = Command::new("openssl");
        openssl.args(arguments).stderr(Stdio::null()).current_dir(self.folder());
        match openssl.status() {
            Ok(status) if status.success() => Ok(()),
            _ => Err("openssl made no key".into()),
        }
    }

    fn spawn_etcd(&mut self, binaries: &Path, client: u16, peer: u16) -> Result {
        let (client, peer) = (local(client), local(peer));
        let mut command = Command::new(binaries.join("etcd"));
        command.args(["--data-dir", "etcd", "--unsafe-no-fsync"]);
        command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
        command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
        command.args(["--initial-cluster", &format!("default={peer}")]);
        self.spawn(command, "etcd.log")
    }

    fn spawn_apiserver(
        &mut self,
        binaries: &Path,
        secure: u16,
        client: u16,
        flags: &[String],
    ) -> Result {
        let mut command = Command::new(binaries.join("kube-apiserver"));
        command
            .args([format!("--etcd-servers={}", local(client)), format!("--secure-port={secure}")]);
        command.args([
            "--bind-address=127.0.0.1",
            "--cert-dir=certs",
            "--authorization-mode=RBAC",
            "--token-auth-file=tokens.csv",
            "--service-cluster-ip-range=10.0.0.0/24",
        ]);
        command.args(identity(flags));
        command.args(flags);
        self.spawn(command, "kube-apiserver.log")
    }

    fn spawn(&mut self, mut command: Command, log: &str) -> Result {
        let log = File::create(self.folder().join(log))?;
        command.current_dir(self.folder()).stdin(Stdio::null());
        command.stdout(log.try_clone()?).stderr(log);
        self.processes.push(command.spawn()?);
        Ok(())
    }

    fn wait(&mut self) -> Result {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if self.is_ready()? {
                return Ok(());
            }
            for process in &mut self.processes {
                if process.try_wait()?.is_some() {
                    return Err(self.last_words());
                }
            }
            thread::sleep(Duration::from_millis(200));
        }
        Err(self.last_words())
    }

    fn is_ready(&self) -> Result<bool> {
        let mut curl = Command::new("curl");
        curl.args([
            "--silent",
            "--insecure",
            "--header",
            &format!("Authorization: Bearer {TOKEN}"),
        ]);
        Ok(curl.arg(format!("{}/readyz", self.url)).output()?.stdout == b"ok")
    }

    fn last_words(&self) -> Box<dyn std::error::Error> {
        let log = fs::read_to_string(self.folder().join("kube-apiserver.log")).unwrap_or_default();
        let tail: Vec<&str> = log.lines().rev().take(10).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        format!("kube-apiserver was not ready:\n{}", tail.join("\n")).into()
    }
}

impl Drop for Kube {
    fn drop(&mut self) {
        for process in self.processes.iter_mut().rev() {
            // It may have ended by itself; there is nobody left to tell.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// The folder that has both binaries, which are built where they are not there yet. The one that
/// is named has the usual version, or the one that is named, too.
fn binaries(version: &str) -> Result<PathBuf> {
    let named = std::env::var("KUBE_VERSION").unwrap_or_else(|_| VERSION.to_owned());
    if let Some(folder) = std::env::var_os("KUBEBUILDER_ASSETS").filter(|_| version == named) {
        return Ok(folder.into());
    }
    let folder = cargo::target().join("kube-apiserver").join(version);
    if !folder.join("kube-apiserver").is_file() || !folder.join("etcd").is_file() {
        build::build(version, &folder)?;
    }
    Ok(folder)
}

/// The flags of its issuer and key that are not set by others: a flag that is said twice counts
/// twice.
pub(crate) fn identity(flags: &[String]) -> Vec<String> {
    let usual = [
        ("--service-account-issuer=", ISSUER),
        ("--service-account-key-file=", "sa.key"),
        ("--service-account-signing-key-file=", "sa.key"),
    ];
    let missing = usual.iter().filter(|(name, _)| !flags.iter().any(|it| it.starts_with(name)));
    missing.map(|(name, value)| format!("{name}{value}")).collect()
}

/// Ports that nobody had a moment ago.
fn free_ports() -> Result<[u16; 3]> {
    let taken = [(); 3].map(|()| TcpListener::bind(("127.0.0.1", 0)));
    let mut ports = [0; 3];
    for (port, listener) in ports.iter_mut().zip(taken) {
        *port = listener?.local_addr()?.port();
    }
    Ok(ports)
}

fn local(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_the_usual_where_no_flag_says_otherwise() {
        let flags = ["--service-account-issuer=https://a".to_owned()];
        let identity = identity(&flags);
        let expected =
            ["--service-account-key-file=sa.key", "--service-account-signing-key-file=sa.key"];
        assert_eq!(identity, expected);
    }
}
