//! The program, run as users run it.

use {
    serde_json::Value,
    std::process::{Command, Output},
    token_launch::Server,
};

/// A command that no variable of the environment reaches.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = token_launch::command(env!("CARGO_BIN_EXE_token-emulator"));
    command.args(arguments);
    command
}

/// Runs it to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
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
