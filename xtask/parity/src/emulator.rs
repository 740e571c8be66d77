//! The emulator, as a process that ends with this.

use {
    crate::Result,
    serde_json::Value,
    std::{
        fs,
        path::{Path, PathBuf},
        process::{Child, Command, ExitStatus, Stdio},
        thread,
        time::{Duration, Instant},
    },
};

/// How long it may take to be ready.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running emulator.
pub(crate) struct Emulator {
    child: Child,
    folder: PathBuf,
    /// Where it listens, over https.
    pub(crate) url: String,
    /// The certificate authority of its certificate.
    pub(crate) ca_file: PathBuf,
}

impl Emulator {
    /// Starts one with these flags and waits for its ready file.
    pub(crate) fn start(binary: &Path, flags: &[String]) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("token-parity-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let ready = folder.join("ready.json");
        let child = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--ready-file"])
            .arg(&ready)
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        let mut emulator = Self { child, folder, url: String::new(), ca_file: PathBuf::new() };
        let ready: Value = serde_json::from_slice(&emulator.wait_for(&ready)?)?;
        emulator.url = ready["https_url"].as_str().unwrap_or_default().to_owned();
        emulator.ca_file = ready["ca_file"].as_str().unwrap_or_default().into();
        Ok(emulator)
    }

    /// How it has ended, if it has.
    pub(crate) fn has_ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    fn wait_for(&mut self, file: &Path) -> Result<Vec<u8>> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Ok(bytes) = fs::read(file) {
                return Ok(bytes);
            } else if let Some(status) = self.child.try_wait()? {
                return Err(format!("the emulator ended before it was ready: {status}").into());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Err("the emulator was not ready in time".into())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody left to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
