//! Starts `token-emulator serve` as a script would: on a free port, with a ready file.

use {
    serde_json::Value,
    std::{
        ffi::OsStr,
        fs,
        io::{self, BufRead, BufReader},
        path::{Path, PathBuf},
        process::{Child, ChildStdout, Command, ExitStatus, Stdio},
        sync::mpsc::{Receiver, channel},
        thread,
        time::Duration,
    },
    tempfile::{NamedTempFile, TempDir},
};

/// How long a program may take until it is ready. A busy machine makes it slow.
const STARTING: Duration = Duration::from_secs(60);

/// A running emulator. It is killed when this is dropped, and its folder is removed.
#[derive(Debug)]
pub struct Server {
    child: Child,
    folder: TempDir,
    stderr: NamedTempFile,
    banner: String,
    ready: Value,
}

/// A command that runs the emulator without any setting of the environment.
pub fn command(binary: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TOKEN_EMULATOR_") {
            command.env_remove(name);
        }
    }
    command
}

impl Server {
    /// Runs `serve` with these flags, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// The program cannot be started, or ends before it is ready, or is not ready within a minute;
    /// then the error has what it wrote to stderr.
    pub fn start(binary: &Path, flags: &[&str]) -> io::Result<Self> {
        Self::spawn(command(binary), flags)
    }

    /// The same with a command, which may have an environment of its own.
    ///
    /// # Errors
    ///
    /// As [`Server::start`].
    pub fn spawn(command: Command, flags: &[&str]) -> io::Result<Self> {
        Self::spawn_within(STARTING, command, flags)
    }

    fn spawn_within(limit: Duration, mut command: Command, flags: &[&str]) -> io::Result<Self> {
        let (folder, stderr) = (tempfile::tempdir()?, NamedTempFile::new()?);
        command.args(["serve", "--listen=127.0.0.1:0", "--ready-file"]);
        command.arg(folder.path().join("ready.json")).args(flags);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr.reopen()?);
        let child = command.spawn()?;
        let (banner, ready) = (String::new(), Value::Null);
        let mut server = Self { child, folder, stderr, banner, ready };
        server.wait_until_ready(limit)?;
        Ok(server)
    }

    /// The ready file is there before the first line is printed. A program that ends prints none.
    fn wait_until_ready(&mut self, limit: Duration) -> io::Result<()> {
        if let Some(stdout) = self.child.stdout.take() {
            let Ok(line) = first_line(stdout).recv_timeout(limit) else {
                let why = format!("the emulator is not ready after {limit:?}\n{}", self.stderr()?);
                return Err(io::Error::new(io::ErrorKind::TimedOut, why));
            };
            self.banner = line?;
        }
        if self.banner.is_empty() {
            let (status, stderr) = (self.child.wait()?, self.stderr()?);
            let why = format!("the emulator ended before it was ready: {status}\n{stderr}");
            return Err(io::Error::other(why));
        }
        self.ready = serde_json::from_slice(&fs::read(self.ready_file())?)?;
        Ok(())
    }

    /// The first line that it printed.
    pub fn banner(&self) -> &str {
        &self.banner
    }

    /// What it has written to stderr so far.
    ///
    /// # Errors
    ///
    /// The file that holds it cannot be read.
    pub fn stderr(&self) -> io::Result<String> {
        fs::read_to_string(self.stderr.path())
    }

    /// A folder that is there as long as this is: that of the ready file.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The ready file.
    pub fn ready_file(&self) -> PathBuf {
        self.folder().join("ready.json")
    }

    /// Its URL over http.
    pub fn url(&self) -> &str {
        self.ready("url")
    }

    /// Its URL over https, on the same port.
    pub fn https_url(&self) -> &str {
        self.ready("https_url")
    }

    /// Its address on this machine: `host:port`.
    pub fn address(&self) -> &str {
        self.ready("address")
    }

    /// The file with the certificate authority of its certificate.
    pub fn ca_file(&self) -> &str {
        self.ready("ca_file")
    }

    /// The path of a kubeconfig that leads to it.
    pub fn kubeconfig(&self) -> &str {
        self.ready("kubeconfig")
    }

    /// A bearer in `system:masters`.
    pub fn token(&self) -> &str {
        self.ready("token")
    }

    /// A bearer with the cloud-platform scope.
    pub fn google_access_token(&self) -> &str {
        self.ready("google_access_token")
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it has ended, if it has.
    ///
    /// # Errors
    ///
    /// The system call fails.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits until it has ended by itself.
    ///
    /// # Errors
    ///
    /// The system call fails.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }

    fn ready(&self, member: &str) -> &str {
        self.ready[member].as_str().unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first line, once it is there. What comes after it is read too: a full pipe would stop the
/// program.
fn first_line(stdout: ChildStdout) -> Receiver<io::Result<String>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let (mut stdout, mut line) = (BufReader::new(stdout), String::new());
        let read = stdout.read_line(&mut line);
        // The receiver may have waited long enough, and the rest is of no interest.
        let _ = sender.send(read.map(|_| line));
        let _ = io::copy(&mut stdout, &mut io::sink());
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shell in place of the emulator; the ready file is its fourth argument.
    fn start(script: &str) -> io::Result<Server> {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]);
        Server::spawn(shell, &["--flag"])
    }

    #[test]
    fn a_program_is_ready_once_it_has_printed_a_line() {
        let mut server = start(
            r#"echo "{\"address\": \"a:1\", \"token\": \"$4\"}" > "$3"; echo ready; read x; exit 3"#,
        )
        .unwrap();
        assert_eq!(server.banner(), "ready\n");
        assert_eq!((server.address(), server.token()), ("a:1", "--flag"));
        assert_eq!(server.wait().unwrap().code(), Some(3));
    }

    #[test]
    fn a_program_that_ends_early_is_quoted() {
        let why = start("echo no such flag >&2; exit 2").unwrap_err().to_string();
        assert!(why.contains("exit status: 2\nno such flag\n"), "{why}");
    }

    #[test]
    fn a_program_that_prints_nothing_is_not_waited_for_without_end() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec sleep 600"]);
        let why = Server::spawn_within(Duration::ZERO, shell, &[]).unwrap_err();
        assert_eq!(why.kind(), io::ErrorKind::TimedOut, "{why}");
    }

    #[test]
    fn a_program_may_print_more_than_a_pipe_holds() {
        let script = r#"echo {} > "$3"; echo ready; head -c 1000000 /dev/zero; exit 3"#;
        assert_eq!(start(script).unwrap().wait().unwrap().code(), Some(3));
    }

    #[test]
    fn dropping_it_kills_it_and_removes_its_folder() {
        let server = start(r#"echo {} > "$3"; echo $$; exec sleep 600"#).unwrap();
        let (folder, pid) = (server.folder().to_owned(), server.pid());
        assert_eq!(server.banner().trim(), pid.to_string());
        drop(server);
        assert!(!folder.exists());
        let found = Command::new("kill").args(["-0", &pid.to_string()]).output().unwrap();
        assert!(!found.status.success());
    }
}
