//! What ends the program, and what is left then: no file.

use {
    crate::program::{self, Running},
    rstest::rstest,
    rustix::process::Signal,
    std::{
        fs,
        path::Path,
        process::{Command, Stdio},
    },
    tempfile::TempDir,
};

/// `serve` or a command beside `exec`, with the temporary folder that it writes to.
fn command(arguments: &[&str]) -> (Command, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program::command(arguments);
    command.env("TMPDIR", folder.path()).stdin(Stdio::null());
    (command, folder)
}

fn serve() -> (Running, TempDir) {
    let (command, folder) = command(&["serve", "--listen=127.0.0.1:0"]);
    (Running::start(command), folder)
}

/// A shell beside an emulator; its first command prints a line.
fn exec(script: &str) -> (Running, TempDir) {
    let (command, folder) = command(&["exec", "--", "sh", "-c", script]);
    (Running::start(command), folder)
}

fn entries(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[rstest]
#[case("HUP", 0)]
#[case("INT", 0)]
#[case("QUIT", 0)]
#[case("TERM", 0)]
#[case("ALRM", 128 + Signal::ALARM.as_raw())]
#[case("USR1", 128 + Signal::USR1.as_raw())]
#[case("USR2", 128 + Signal::USR2.as_raw())]
#[case("XCPU", 128 + Signal::XCPU.as_raw())]
#[case("PROF", 128 + Signal::PROF.as_raw())]
fn a_signal_that_ends_it_takes_its_files_away(#[case] signal: &str, #[case] code: i32) {
    let (running, folder) = serve();
    assert_eq!(entries(folder.path()), 1);
    assert_eq!(running.end(signal).code(), Some(code));
    assert_eq!(entries(folder.path()), 0);
}

#[rstest]
#[case("TERM TERM")]
#[case("INT INT")]
#[case("HUP TERM")]
#[case("TERM QUIT INT HUP")]
fn no_signal_that_comes_after_the_first_leaves_a_file(#[case] signals: &str) {
    for _ in 0..12 {
        let (running, folder) = serve();
        running.end(signals);
        assert_eq!(entries(folder.path()), 0);
    }
}

#[test]
fn a_hang_up_that_was_ignored_stays_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let script = "trap '' HUP; exec \"$0\" exec -- sh -c \
                  'trap \"exit 9\" TERM; echo ready; while :; do sleep 0.05; done'";
    let mut shell = token_launch::command("sh");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_token-emulator")]);
    shell.env("TMPDIR", folder.path()).stdin(Stdio::null());
    let running = Running::start(shell);
    // Were it not ignored, the other would be the second, which kills.
    assert_eq!(running.end("HUP TERM").code(), Some(9));
    assert_eq!(entries(folder.path()), 0);
}

#[rstest]
#[case("HUP")]
#[case("INT")]
#[case("QUIT")]
#[case("TERM")]
fn a_command_beside_it_is_sent_the_signal_and_then_the_files_go(#[case] signal: &str) {
    let script = format!("trap 'test -s \"$KUBECONFIG\" && exit 9' {signal}; echo ready; ");
    let (running, folder) = exec(&format!("{script} while :; do sleep 0.05; done"));
    assert_eq!(running.end(signal).code(), Some(9));
    assert_eq!(entries(folder.path()), 0);
}

#[rstest]
#[case("HUP", "HUP")]
#[case("INT", "TERM")]
#[case("TERM", "INT")]
#[case("QUIT", "QUIT")]
fn a_second_signal_kills_the_command_beside_it(#[case] first: &str, #[case] second: &str) {
    let (mut running, folder) =
        exec("trap '' HUP INT QUIT TERM; echo ready; while :; do sleep 0.05; done");
    running.signal(first);
    let status = loop {
        // Two that come at once may be seen as one.
        match running.child.try_wait().unwrap() {
            Some(status) => break status,
            None => running.signal(second),
        }
    };
    assert_eq!(status.code(), Some(137));
    assert_eq!(entries(folder.path()), 0);
}

#[test]
fn a_signal_of_the_users_reaches_the_command_beside_it() {
    let script = "trap 'exit 9' USR1; echo ready; while :; do sleep 0.05; done";
    let (running, folder) = exec(script);
    assert_eq!(running.end("USR1").code(), Some(9));
    assert_eq!(entries(folder.path()), 0);
}
