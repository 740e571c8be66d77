//! A freshly started emulator, as a script would start it: a free port, and a ready file.

use {
    super::json,
    crate::Result,
    std::{
        fs,
        path::{Path, PathBuf},
        process::{Child, Command, Stdio},
        sync::atomic::{AtomicUsize, Ordering},
        thread,
        time::{Duration, Instant},
    },
};

/// How long it may take to be ready.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running emulator; dropping it ends it, and its folder is gone.
pub(super) struct Server {
    child: Child,
    /// For files that a flow needs.
    pub(super) folder: PathBuf,
    ready: String,
}

impl Server {
    /// Starts one with further flags.
    pub(super) fn start(binary: &Path, flags: &[&str]) -> Result<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("clients-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder)?;
        let file = folder.join("ready.json");
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--ready-file"]).arg(&file).args(flags);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let mut server = Self { child, folder, ready: String::new() };
        server.ready = server.wait(&file)?;
        Ok(server)
    }

    fn wait(&mut self, file: &Path) -> Result<String> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Ok(ready) = fs::read_to_string(file) {
                return Ok(ready);
            } else if let Some(status) = self.child.try_wait()? {
                return Err(format!("the emulator ended before it was ready: {status}").into());
            }
            thread::sleep(Duration::from_millis(2));
        }
        Err("the emulator was not ready in time".into())
    }

    /// A member of the ready file.
    pub(super) fn ready(&self, name: &str) -> Result<String, String> {
        json::member(&self.ready, name)
    }

    /// A file in the folder, with that text in it.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<String, String> {
        let path = self.folder.join(name);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(path.display().to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody left to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
