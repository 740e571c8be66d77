//! What the program does beside serving.

use {
    crate::program::{command, run, start},
    rstest::rstest,
    std::{
        io::{BufRead, BufReader, Read, Write},
        net::TcpListener,
        process::{Child, Command, Output, Stdio},
        time::{Duration, Instant},
    },
};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

#[rstest]
#[case("exit 0", 0)]
#[case("exit 7", 7)]
#[case("kill -9 $$", 137)]
#[case("test -f \"$KUBECONFIG\" && test -s \"$TOKEN_EMULATOR_TOKEN_FILE\" && exit 3", 3)]
fn a_command_that_is_run_beside_one_decides_the_exit_code(
    #[case] script: &str,
    #[case] expected: i32,
) {
    let output = run(&["exec", "--", "sh", "-c", script]);
    assert_eq!(code(&output), Some(expected), "{}", text(&output.stderr));
}

#[test]
fn what_runs_beside_a_command_answers_it_and_is_gone_after_it() {
    let exe = env!("CARGO_BIN_EXE_token-emulator");
    let script = "echo $TOKEN_EMULATOR_URL $KUBECONFIG; \
                  exec \"$0\" health --listen ${TOKEN_EMULATOR_URL#http://}";
    let output = run(&["exec", "--controllers=false", "--", "sh", "-c", script, exe]);
    let printed = text(&output.stdout);
    let (url, rest) = printed.split_once(' ').unwrap();
    let (kubeconfig, health) = rest.split_once('\n').unwrap();
    assert_eq!((code(&output), health), (Some(0), format!("{url} answers\n").as_str()));
    assert!(!std::path::Path::new(kubeconfig).exists());
    let output = run(&["health", "--listen", url.strip_prefix("http://").unwrap()]);
    assert_eq!(code(&output), Some(1));
}

/// A shell beside an emulator, once it has said that it is ready.
fn beside(script: &str) -> Child {
    let mut command = command(&["exec", "--", "sh", "-c", script]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    child
}

fn signal(child: &Child, name: &str) {
    let script = format!("kill -s {name} {}", child.id());
    assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
}

#[rstest]
#[case("TERM", "trap 'exit 5' TERM", 5)]
#[case("INT", "trap 'exit 6' INT", 6)]
#[case("TERM", ":", 143)]
fn a_command_is_told_to_end_and_says_how_it_did(
    #[case] name: &str,
    #[case] trap: &str,
    #[case] expected: i32,
) {
    // The shell looks at its trap between two commands.
    let mut child = beside(&format!("{trap}; echo ready; while :; do sleep 0.05; done"));
    signal(&child, name);
    assert_eq!(child.wait().unwrap().code(), Some(expected));
}

#[test]
fn a_command_that_does_not_end_is_killed() {
    let mut child = beside("trap '' TERM; echo ready; exec sleep 60");
    // Two that come at once may be seen as one.
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None => signal(&child, "TERM"),
        }
    };
    assert_eq!(status.code(), Some(137));
}

#[test]
fn a_command_that_is_not_there_is_named() {
    let output = run(&["exec", "--", "/nowhere/at/all"]);
    assert_eq!(code(&output), Some(1));
    assert!(text(&output.stderr).contains("/nowhere/at/all: "), "{}", text(&output.stderr));
    assert_eq!(code(&run(&["exec"])), Some(2));
}

#[test]
fn health_and_wait_find_one_by_its_address_and_by_its_ready_file() {
    let program = start(&["--control-token=secret"], &[]);
    let ready = program.ready_file();
    let ready = ready.to_str().unwrap();
    for arguments in [
        ["health", "--listen", program.address()],
        ["wait", "--listen", program.address()],
        ["health", "--ready-file", ready],
        ["wait", "--ready-file", ready],
    ] {
        let output = run(&arguments);
        assert_eq!(code(&output), Some(0), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn nobody_is_waited_for_without_end() {
    let output = run(&["wait", "--timeout=10ms", "--ready-file=/nowhere/ready.json"]);
    assert_eq!(code(&output), Some(1));
    assert!(text(&output.stderr).contains("not after 10ms: /nowhere/ready.json"));
    let output = run(&["health", "--ready-file=/nowhere/ready.json"]);
    assert_eq!(code(&output), Some(2));
}

#[test]
fn who_answers_bit_by_bit_is_not_waited_for_either() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let start = Instant::now();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            stream.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
            while stream.write_all(b"H").is_ok() && start.elapsed() < Duration::from_secs(30) {
                // Waits, since nothing more is asked.
                let _ = stream.read(&mut [0; 512]);
            }
        }
    });
    let output = run(&["wait", "--timeout=200ms", "--listen", &address]);
    assert_eq!(code(&output), Some(1));
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}

#[test]
fn a_flag_wins_over_the_environment() {
    let program = start(&[], &[]);
    let ready = program.ready_file();
    let mut health = command(&["health", "--ready-file", ready.to_str().unwrap()]);
    let output = health.env("TOKEN_EMULATOR_LISTEN", "127.0.0.1:1").output().unwrap();
    assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
    let output = health.arg("--listen=127.0.0.1:1").output().unwrap();
    assert_eq!(code(&output), Some(2));
}

#[test]
fn what_points_clients_at_one_is_printed_for_a_shell() {
    let program = start(&[], &[]);
    let ready = program.ready_file();
    let output = run(&["env", "--ready-file", ready.to_str().unwrap()]);
    let printed = text(&output.stdout);
    assert!(printed.lines().all(|line| line.starts_with("export ")), "{printed}");
    let script = format!("{printed}cat \"$TOKEN_EMULATOR_TOKEN_FILE\"; echo \" $KUBECONFIG\"");
    let shown = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    let expected = format!("{} {}\n", program.token(), program.kubeconfig());
    assert_eq!(text(&shown.stdout), expected);
    assert!(!printed.contains(program.token()));
    assert_eq!(code(&run(&["env", "--ready-file=/nowhere"])), Some(1));
}

#[test]
fn settings_are_printed_with_where_they_come_from() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "token-cache-ttl: 10s\napi-audiences: [a, b]\n").unwrap();
    let print = |arguments: &[&str]| {
        let all: Vec<_> = ["config", "print"].iter().chain(arguments).copied().collect();
        let mut command = command(&all);
        let output = command.env("TOKEN_EMULATOR_CONTROLLERS", "false").output().unwrap();
        assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let config = format!("--config={}", file.path().display());
    let printed = print(&[&config, "--google-auth=strict", "--control-token=hush"]);
    for line in [
        "listen: \"127.0.0.1:8693\" # default",
        "controllers: false # environment",
        "token-cache-ttl: \"10s\" # flag or file",
        "api-audiences: [\"a\", \"b\"] # flag or file",
        "google-auth: \"strict\" # flag or file",
        "# control-token: is set, and not shown # flag or file",
    ] {
        assert!(printed.lines().any(|printed| printed == line), "{line}: {printed}");
    }
    assert!(!printed.contains("hush"), "{printed}");
    // What is printed is a settings file.
    let again = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(again.path(), &printed).unwrap();
    let config = format!("--config={}", again.path().display());
    assert!(print(&[&config]).contains("google-auth: \"strict\" # flag or file"));
}
