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

#[rstest]
#[case("/nowhere/at/all", 127, "/nowhere/at/all: command not found: there is no such file")]
#[case("no-such-command", 127, "no-such-command: command not found: not in PATH")]
#[case("Cargo.toml", 127, "Cargo.toml: command not found: not in PATH")]
#[case("./Cargo.toml", 126, "./Cargo.toml: the command cannot be run: ")]
#[case("/", 126, "/: the command cannot be run: ")]
fn a_command_that_cannot_be_run_has_the_exit_code_of_a_shell(
    #[case] command: &str,
    #[case] expected: i32,
    #[case] error: &str,
) {
    let output = run(&["exec", "--", command]);
    assert_eq!(code(&output), Some(expected));
    assert!(text(&output.stderr).contains(error), "{}", text(&output.stderr));
}

#[test]
fn exec_wants_a_command() {
    assert_eq!(code(&run(&["exec"])), Some(2));
}

const COMMANDS: [&[&str]; 11] = [
    &[],
    &["serve"],
    &["exec"],
    &["health"],
    &["wait"],
    &["env"],
    &["config"],
    &["config", "print"],
    &["version"],
    &["completions"],
    &["man"],
];

#[test]
fn the_help_of_each_command_has_an_example() {
    for command in COMMANDS {
        let help = text(&run(&[command, &["--help"]].concat()).stdout);
        let (_, examples) = help.split_once("Examples:\n").unwrap_or_else(|| panic!("{help}"));
        assert!(examples.contains("token-emulator"), "{help}");
        // A command that has others is shown with one of them.
        let mentioned = format!("token-emulator {}", command.join(" "));
        assert!(examples.contains(mentioned.trim()), "{help}");
    }
}

#[test]
fn the_flags_of_serve_are_told_of_in_its_own_help_and_in_groups() {
    let help = text(&run(&["serve", "--help"]).stdout);
    let (_, options) = help.split_once("\nOptions:\n").unwrap();
    let (options, groups) = options.split_once("\n\n").unwrap();
    assert_eq!(options.matches("--").count(), 1, "a flag is in no group: {options}");
    for group in ["Server:", "Service account tokens:", "Kubernetes:", "Google:"] {
        assert!(groups.contains(&format!("\n{group}\n")) || groups.starts_with(group), "{group}");
    }
    for command in [&["exec"][..], &["config", "print"]] {
        let help = text(&run(&[command, &["--help"]].concat()).stdout);
        assert!(!help.contains("--google-auth <") && help.contains("serve --help"), "{help}");
        assert!(help.contains("[FLAGS OF serve]"), "{help}");
    }
    let output = run(&["exec", "--google-auth=strict", "--", "sh", "-c", "exit 3"]);
    assert_eq!(code(&output), Some(3));
}

#[test]
fn the_version_is_a_command_and_a_flag() {
    assert_eq!(run(&["version"]).stdout, run(&["--version"]).stdout);
}

#[rstest]
#[case("bash", "complete -F")]
#[case("fish", "complete -c token-emulator")]
#[case("zsh", "#compdef token-emulator")]
fn a_shell_learns_commands_and_flags(#[case] shell: &str, #[case] expected: &str) {
    let script = text(&run(&["completions", shell]).stdout);
    for part in [expected, "serve", "authorization-mode"] {
        assert!(script.contains(part), "{part}");
    }
    assert_eq!(code(&run(&["completions", "tcsh"])), Some(2));
}

#[test]
fn each_command_has_a_manual_page() {
    for command in COMMANDS {
        let output = run(&[&["man"], command].concat());
        let page = text(&output.stdout);
        let title = format!(".TH {}", [&["token-emulator"], command].concat().join("-"));
        assert!(page.contains(&title) && page.contains(".SH SYNOPSIS"), "{page}");
    }
    let output = run(&["man", "nothing"]);
    assert_eq!(code(&output), Some(2));
    assert!(text(&output.stderr).contains("allowed are "), "{}", text(&output.stderr));
}

#[rstest]
#[case("TOKEN_EMULATOR_LISTN", Some("is TOKEN_EMULATOR_LISTEN meant?"))]
#[case("TOKEN_EMULATOR_GOOGLE", Some("allowed are TOKEN_EMULATOR_LISTEN, "))]
#[case("TOKEN_EMULATOR_URL", None)]
#[case("TOKEN_EMULATOR_PORT", None)]
#[case("TOKEN_EMULATOR_SERVICE_PORT_HTTPS", None)]
#[case("TOKEN_EMULATOR_PORT_8693_TCP_ADDR", None)]
fn a_variable_that_is_no_setting_is_refused(#[case] name: &str, #[case] refused: Option<&str>) {
    for arguments in [&["exec", "--", "true"][..], &["config", "print"]] {
        let output = command(arguments).env(name, "x").output().unwrap();
        let error = text(&output.stderr);
        assert_eq!(code(&output), Some(if refused.is_some() { 2 } else { 0 }), "{error}");
        assert!(error.contains(refused.unwrap_or_default()), "{error}");
    }
}

#[test]
fn an_emulator_within_an_emulator_is_no_mistake() {
    let exe = env!("CARGO_BIN_EXE_token-emulator");
    let output = run(&["exec", "--", exe, "exec", "--", "sh", "-c", "exit 4"]);
    assert_eq!(code(&output), Some(4), "{}", text(&output.stderr));
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
fn who_finds_no_emulator_is_told_where_to_look() {
    let error = |arguments: &[&str]| text(&run(arguments).stderr);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let other = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 512]);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    });
    let told = error(&["health", "--listen", &address]);
    assert!(told.contains("another server answers there") && told.contains("--listen"), "{told}");
    other.join().unwrap();
    // Now nothing does.
    let told = error(&["health", "--listen", &address]);
    assert!(told.contains(&address) && told.contains("is one started"), "{told}");
    for command in ["health", "env"] {
        let told = error(&[command, "--ready-file=/nowhere/ready.json"]);
        assert!(told.contains("serve --ready-file PATH writes it"), "{told}");
        let told = error(&[command, "--ready-file=Cargo.toml"]);
        assert!(told.contains("Cargo.toml: this is no ready file; one is what"), "{told}");
    }
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
