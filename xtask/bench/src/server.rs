//! The processes that are measured: the emulator, and the bare handlers that are its limits.

use {
    crate::{Result, load::Address},
    std::{
        fs,
        io::{BufRead, BufReader},
        path::Path,
        process::{Child, Command, Stdio},
        time::{Duration, Instant},
    },
    tempfile::TempDir,
    token_launch::Server,
};

/// A running emulator.
#[derive(Debug)]
pub(crate) struct Emulator {
    /// Its process.
    pub(crate) server: Server,
    /// Where it listens, over http.
    pub(crate) http: Address,
    /// The same over https.
    pub(crate) https: Address,
}

impl Emulator {
    /// Starts one and waits until it is ready.
    pub(crate) fn start(binary: &Path, flags: &[&str]) -> Result<Self> {
        let server = Server::start(binary, flags)?;
        let [http, https] = [server.url(), server.https_url()].map(Address::parse);
        Ok(Self { http: http?, https: https?, server })
    }
}

/// Starts an emulator, and measures until `first` gets what it wants from it.
pub(crate) fn start_to(
    binary: &Path,
    mut first: impl FnMut(Address) -> Result,
    mut then: impl FnMut(u32),
) -> Result<Duration> {
    let start = Instant::now();
    let emulator = Emulator::start(binary, &[])?;
    first(emulator.http)?;
    let took = start.elapsed();
    then(emulator.server.pid());
    Ok(took)
}

/// A bare handler in a process of its own.
#[derive(Debug)]
pub(crate) struct Handler {
    child: Child,
    _folder: TempDir,
    /// Where it listens.
    pub(crate) address: Address,
}

impl Handler {
    /// Starts one that gives this answer.
    pub(crate) fn start(answer: &[u8], tls: bool) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("answer");
        fs::write(&file, answer)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("handler").arg("--answer").arg(&file);
        if tls {
            command.arg("--tls");
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or("the handler has no output")?;
        let mut url = String::new();
        BufReader::new(stdout).read_line(&mut url)?;
        Ok(Self { child, _folder: folder, address: Address::parse(url.trim())? })
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
