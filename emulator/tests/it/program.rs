//! The program, run as users run it.

use {
    serde_json::Value,
    std::{
        io::{BufRead, BufReader},
        process::{Child, Command, Output, Stdio},
    },
    tempfile::TempDir,
};

/// A running `token-emulator serve` on a free port; killed when dropped.
pub(crate) struct Program {
    pub(crate) child: Child,
    pub(crate) folder: TempDir,
    /// The first line that it printed.
    pub(crate) banner: String,
}

/// A command that no variable of the environment reaches.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_token-emulator"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TOKEN_EMULATOR_") {
            command.env_remove(name);
        }
    }
    command.args(arguments);
    command
}

/// Runs it to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

impl Program {
    pub(crate) fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = command(&["serve", "--listen=127.0.0.1:0"]);
        command.arg("--ready-file").arg(folder.path().join("ready.json")).args(arguments);
        command.envs(environment.iter().copied()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut banner = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut banner).unwrap();
        Self { child, folder, banner }
    }

    /// What the ready file says.
    pub(crate) fn ready(&self) -> Value {
        let ready = std::fs::read(self.folder.path().join("ready.json")).unwrap();
        serde_json::from_slice(&ready).unwrap()
    }

    /// `host:port`
    pub(crate) fn address(&self) -> String {
        self.ready()["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned()
    }

    /// Sends signals, one right after the other.
    pub(crate) fn signal(&self, names: &str) {
        let script = format!("for name in {names}; do kill -s $name {}; done", self.child.id());
        assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
