//! The processes that are measured: the emulator, and the bare handlers that are its limits.

use {
    crate::{Result, load::Address},
    serde_json::Value,
    std::{
        fs,
        io::{BufRead, BufReader},
        path::{Path, PathBuf},
        process::{Child, Command, Stdio},
        sync::atomic::{AtomicUsize, Ordering},
        thread,
        time::{Duration, Instant},
    },
};

/// How long a server may take to be ready.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process that ends with this, and its folder with it.
#[derive(Debug)]
struct Process {
    child: Child,
    folder: PathBuf,
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody left to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A running emulator.
#[derive(Debug)]
pub(crate) struct Emulator {
    process: Process,
    /// Where it listens, over http.
    pub(crate) http: Address,
    /// The same over https.
    pub(crate) https: Address,
    /// A bearer in `system:masters`.
    pub(crate) token: String,
    /// A bearer with the cloud-platform scope.
    pub(crate) google_access_token: String,
}

impl Emulator {
    /// Starts one and waits for its ready file.
    pub(crate) fn start(binary: &Path, flags: &[String]) -> Result<Self> {
        let folder = folder()?;
        let ready = folder.join("ready.json");
        let child = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--ready-file"])
            .arg(&ready)
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        let mut process = Process { child, folder };
        let ready: Value = serde_json::from_slice(&wait_for(&mut process.child, &ready)?)?;
        let text = |name: &str| ready[name].as_str().unwrap_or_default().to_owned();
        Ok(Self {
            process,
            http: Address::parse(&text("url"))?,
            https: Address::parse(&text("https_url"))?,
            token: text("token"),
            google_access_token: text("google_access_token"),
        })
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.child.id()
    }
}

fn wait_for(child: &mut Child, file: &Path) -> Result<Vec<u8>> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Ok(bytes) = fs::read(file) {
            return Ok(bytes);
        } else if let Some(status) = child.try_wait()? {
            return Err(format!("the emulator ended before it was ready: {status}").into());
        }
        thread::sleep(Duration::from_millis(1));
    }
    Err("the emulator was not ready in time".into())
}

/// Starts an emulator on a free port, and measures until `first` gets what it wants from it.
pub(crate) fn start_to(
    binary: &Path,
    mut first: impl FnMut(Address) -> Result,
    mut then: impl FnMut(u32),
) -> Result<Duration> {
    let socket = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
    let start = Instant::now();
    let child = Command::new(binary)
        .args(["serve", "--listen", &socket.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()?;
    let process = Process { child, folder: folder()? };
    while std::net::TcpStream::connect(socket).is_err() {
        if start.elapsed() > PATIENCE {
            return Err("the emulator took no connection in time".into());
        }
        thread::sleep(Duration::from_micros(100));
    }
    first(Address { socket, tls: false })?;
    let took = start.elapsed();
    then(process.child.id());
    Ok(took)
}

/// A bare handler in a process of its own.
#[derive(Debug)]
pub(crate) struct Handler {
    _process: Process,
    /// Where it listens.
    pub(crate) address: Address,
}

impl Handler {
    /// Starts one that gives this answer.
    pub(crate) fn start(answer: &[u8], tls: bool) -> Result<Self> {
        let folder = folder()?;
        let file = folder.join("answer");
        fs::write(&file, answer)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("handler").arg("--answer").arg(&file);
        if tls {
            command.arg("--tls");
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or("the handler has no output")?;
        let process = Process { child, folder };
        let mut url = String::new();
        BufReader::new(stdout).read_line(&mut url)?;
        Ok(Self { _process: process, address: Address::parse(url.trim())? })
    }
}

/// A new folder for one process.
pub(crate) fn folder() -> Result<PathBuf> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("token-bench-{}-{count}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}
