//! Servers that are something else than an API, and one that does not answer.

use {
    crate::cli::{ONE, code, command, last_line, run},
    rstest::rstest,
    std::{
        io::{BufRead, BufReader, Read, Write},
        net::{TcpListener, TcpStream},
        process::{Command, Stdio},
        sync::mpsc::{Sender, channel},
        thread,
    },
};

/// A server that answers everything with this, but a POST not at all: it tells of each instead.
fn server(answer: &'static str, posts: Sender<()>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, posts) = (stream.unwrap(), posts.clone());
            thread::spawn(move || serve(stream, answer, &posts));
        }
    });
    url
}

fn serve(mut stream: TcpStream, answer: &str, posts: &Sender<()>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut is_post = false;
    while let Some(Ok(line)) = lines.next() {
        is_post |= line.starts_with("POST ");
        if line.is_empty() {
            if is_post {
                let _ = posts.send(());
                let _ = lines.count();
                return;
            }
            let _ = stream.write_all(answer.as_bytes());
        }
    }
}

#[rstest]
#[case::a_page("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nhi", "200")]
#[case::a_redirect("HTTP/1.1 302 Found\r\nlocation: /login\r\ncontent-length: 0\r\n\r\n", "302")]
#[case::a_gateway(
    "HTTP/1.1 503 No\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nno",
    "503"
)]
fn what_is_no_api_cannot_be_judged(#[case] answer: &'static str, #[case] status: &str) {
    let url = server(answer, channel().0);
    for side in ["--server", "--google-endpoint"] {
        let output = run(&["run", side, &url]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(code(&output), 3, "{told}");
        assert!(told.contains(" API answers at ") && told.contains(status), "{told}");
        assert!(output.stdout.is_empty(), "nothing is planned");
    }
}

#[test]
fn what_answers_in_json_is_judged() {
    let json = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\n{}";
    let url = server(json, channel().0);
    let output = run(&["run", "--server", &url, "--run", "*/version-is-told-in-json"]);
    assert_eq!(last_line(&output), "0 passed, 1 failed, 0 skipped");
    assert_eq!(code(&output), 1);
}

#[test]
fn a_server_that_does_not_answer_keeps_nobody() {
    let (posts, posted) = channel();
    let url = server("HTTP/1.1 404 No\r\ncontent-length: 2\r\n\r\n{}", posts);
    let mut child = command(&["run", "--server", &url, "--run", ONE])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    posted.recv().unwrap();
    let id = child.id().to_string();
    let interrupt = || {
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    };
    interrupt();
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    told.read_line(&mut line).unwrap();
    assert!(line.contains("stopping"), "{line}");
    interrupt();
    told.read_to_string(&mut line).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{line}");
    assert!(line.ends_with("interrupted\n") && !line.contains("left behind"), "{line}");
}
