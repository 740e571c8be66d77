//! The program, run as users run it.

use {
    serde_json::Value,
    std::{
        io::{BufRead, BufReader},
        process::{Child, Command, ExitStatus, Output, Stdio},
        sync::Once,
    },
    token_launch::Server,
    tokio::signal::unix::{self, SignalKind},
};

/// A command that no variable of the environment reaches.
pub(crate) fn command(arguments: &[&str]) -> Command {
    catch_hang_ups();
    let mut command = token_launch::command(env!("CARGO_BIN_EXE_token-emulator"));
    command.args(arguments);
    command
}

/// Has the programs that are started end at a hang-up, even where the tests are run by `nohup`: a
/// signal that a process catches has its usual effect on the programs that it starts.
fn catch_hang_ups() {
    static CAUGHT: Once = Once::new();
    CAUGHT.call_once(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _entered = runtime.enter();
        drop(unix::signal(SignalKind::hangup()).unwrap());
    });
}

/// Runs it to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// Runs it to its end, which comes before it is ready.
pub(crate) fn fails(mut command: Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    if !line.is_empty() {
        child.kill().unwrap();
        child.wait().unwrap();
        panic!("it started: {line}");
    }
    child.wait_with_output().unwrap()
}

/// A running `token-emulator serve` on a free port; killed when dropped.
pub(crate) fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Server {
    let mut command = command(&[]);
    command.envs(environment.iter().copied());
    Server::spawn(command, arguments).unwrap()
}

/// What the ready file says.
pub(crate) fn ready(server: &Server) -> Value {
    serde_json::from_slice(&std::fs::read(server.ready_file()).unwrap()).unwrap()
}

/// Sends signals, one right after the other.
pub(crate) fn signal(server: &Server, names: &str) {
    let script = format!("for name in {names}; do kill -s $name {}; done", server.pid());
    assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
}

/// A program on a folder that outlives it; killed when dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
}

impl Running {
    /// `serve` on a free port, with further flags.
    pub(crate) fn serve(flags: &[String]) -> Self {
        let mut command = command(&["serve", "--listen=127.0.0.1:0"]);
        command.args(flags).stdin(Stdio::null());
        Self::start(command)
    }

    /// Any command that prints a line once it is ready.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let running = Self { child };
        assert!(!line.is_empty(), "it did not start");
        running
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends signals, one right after the other.
    pub(crate) fn signal(&self, names: &str) {
        let script = format!("for name in {names}; do kill -s $name {}; done", self.id());
        assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
    }

    /// Sends signals, and waits until it has ended.
    pub(crate) fn end(mut self, names: &str) -> ExitStatus {
        self.signal(names);
        self.child.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
