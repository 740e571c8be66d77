//! An emulator that ends with the program that started it.

use {
    crate::program::{self, Running},
    rstest::rstest,
    rustix::process::Signal,
    std::{
        fs,
        io::{Read, Write},
        net::TcpStream,
        os::{fd::OwnedFd, unix::net::UnixStream},
        path::Path,
        process::{Child, Command, Output, Stdio},
        thread,
    },
    tempfile::TempDir,
};

const EXE: &str = env!("CARGO_BIN_EXE_token-emulator");

fn entries(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

/// A shell that starts an emulator and goes on.
fn parent(folder: &Path, flags: &str) -> Running {
    let script = format!("\"$0\" serve --listen=127.0.0.1:0 {flags} & wait");
    let mut command = token_launch::command("sh");
    command.args(["-c", &script, EXE]).env("TMPDIR", folder).stdin(Stdio::null());
    Running::start(command)
}

/// Waits for the end of all that have the other end of standard output.
fn drain(child: &mut Child) {
    child.stdout.take().unwrap().read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn it_ends_with_its_parent_and_its_files_go() {
    let folder = tempfile::tempdir().unwrap();
    let mut shell = parent(folder.path(), "--exit-with-parent");
    assert_eq!(entries(folder.path()), 1);
    shell.child.kill().unwrap();
    drain(&mut shell.child);
    assert_eq!(entries(folder.path()), 0);
}

#[test]
fn it_does_not_end_with_the_thread_that_started_it() {
    // Every program of these tests is told to end with its parent.
    let start = || program::start(&[], &[]);
    let mut program = thread::spawn(start).join().unwrap();
    assert!(program::run(&["health", "--listen", program.address()]).status.success());
    assert!(program.try_wait().unwrap().is_none());
    program::signal(&program, "TERM");
    assert_eq!(program.wait().unwrap().code(), Some(0));
}

#[test]
fn it_does_not_start_when_its_parent_has_ended_already() {
    let folder = tempfile::tempdir().unwrap();
    // In a session of its own, which its next parent is not in.
    let script = "exec 3<&0; (read line <&3; exec \"$0\" serve --listen=127.0.0.1:0 \
                  --exit-with-parent) &";
    let mut command = Command::new("setsid");
    command.args(["sh", "-c", script, EXE]).env("TMPDIR", folder.path());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut shell = command.spawn().unwrap();
    let mut stdin = shell.stdin.take().unwrap();
    assert!(shell.wait().unwrap().success());
    stdin.write_all(b"go\n").unwrap();
    let mut output = (String::new(), String::new());
    shell.stdout.take().unwrap().read_to_string(&mut output.0).unwrap();
    shell.stderr.take().unwrap().read_to_string(&mut output.1).unwrap();
    assert!(output.0.is_empty() && output.1.contains("parent process has ended"), "{output:?}");
    assert_eq!(entries(folder.path()), 0);
}

/// What a program that is started with this standard input writes to.
fn with_stdin(arguments: &[&str], stdin: impl Into<Stdio>) -> (Running, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program::command(arguments);
    command.env("TMPDIR", folder.path()).stdin(stdin);
    (Running::start(command), folder)
}

const SERVE: &[&str] = &["serve", "--listen=127.0.0.1:0", "--exit-on-stdin-close"];

#[rstest]
#[case::at_once("")]
#[case::with_bytes_that_are_not_read("bytes\n")]
fn it_ends_when_the_pipe_is_closed(#[case] text: &str) {
    let (mut running, folder) = with_stdin(SERVE, Stdio::piped());
    assert_eq!(entries(folder.path()), 1);
    let mut stdin = running.child.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).unwrap();
    drop(stdin);
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
    assert_eq!(entries(folder.path()), 0);
}

#[test]
fn it_ends_when_the_socket_is_closed() {
    let (ours, its) = UnixStream::pair().unwrap();
    let (mut running, folder) = with_stdin(SERVE, OwnedFd::from(its));
    drop(ours);
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
    assert_eq!(entries(folder.path()), 0);
}

#[test]
fn it_goes_on_while_the_pipe_is_open() {
    let (mut running, _folder) = with_stdin(SERVE, Stdio::piped());
    running.child.stdin.as_mut().unwrap().write_all(b"bytes\n").unwrap();
    assert_eq!(running.end("USR1").code(), Some(128 + Signal::USR1.as_raw()));
}

#[test]
fn a_command_beside_it_ends_too_and_reads_its_input_itself() {
    let script = "echo ready; read line; test \"$line\" = bytes || exit 8; trap 'exit 9' TERM; \
                  while :; do sleep 0.05; done";
    let exec = ["exec", "--exit-on-stdin-close", "--", "sh", "-c", script];
    let (mut running, folder) = with_stdin(&exec, Stdio::piped());
    let mut stdin = running.child.stdin.take().unwrap();
    stdin.write_all(b"bytes\n").unwrap();
    drop(stdin);
    let code = running.child.wait().unwrap().code();
    assert!(matches!(code, Some(9 | 143)), "{code:?}");
    assert_eq!(entries(folder.path()), 0);
}

#[test]
fn a_command_beside_one_that_lost_its_parent_is_sent_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let script = "\"$0\" exec --exit-with-parent -- sh -c \
                  'trap \"echo told; exit\" TERM; echo ready; while :; do sleep 0.05; done' & wait";
    let mut command = token_launch::command("sh");
    command.args(["-c", script, EXE]).env("TMPDIR", folder.path()).stdin(Stdio::null());
    let mut shell = Running::start(command);
    shell.child.kill().unwrap();
    let mut printed = String::new();
    shell.child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
    assert_eq!(printed, "told\n");
    assert_eq!(entries(folder.path()), 0);
}

fn refused(stdin: impl Into<Stdio>, environment: &[(&str, &str)]) -> Output {
    let mut command = program::command(&["serve", "--listen=127.0.0.1:0"]);
    command.envs(environment.iter().copied()).stdin(stdin);
    let output = program::fails(command);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("--exit-on-stdin-close"), "{error}");
    output
}

#[test]
fn an_input_that_cannot_be_watched_is_refused() {
    let variable = ("TOKEN_EMULATOR_EXIT_ON_STDIN_CLOSE", "true");
    refused(Stdio::null(), &[variable]);
    refused(fs::File::open(EXE).unwrap(), &[variable]);
}

#[test]
fn both_are_settings_of_the_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "exit-with-parent: true\nexit-on-stdin-close: true\n").unwrap();
    refused(Stdio::null(), &[("TOKEN_EMULATOR_CONFIG", file.path().to_str().unwrap())]);
    fs::write(file.path(), "exit-with-parent: true\nexit-on-stdin-close: false\n").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let flags = format!("--config={}", file.path().display());
    let mut shell = parent(folder.path(), &flags);
    shell.child.kill().unwrap();
    drain(&mut shell.child);
    assert_eq!(entries(folder.path()), 0);
}

#[test]
fn neither_is_on_by_itself() {
    let (running, _folder) = with_stdin(&["serve", "--listen=127.0.0.1:0"], Stdio::null());
    assert_eq!(running.end("USR1").code(), Some(128 + Signal::USR1.as_raw()));
    let mut program = program::start(&[], &[]);
    TcpStream::connect(program.address()).unwrap();
    assert!(program.try_wait().unwrap().is_none());
}
