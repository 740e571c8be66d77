//! How much of what clients send is kept at once.

use {
    crate::program,
    rstest::rstest,
    std::{
        io::{Read, Write},
        net::{Shutdown, TcpStream},
        sync::mpsc::{Receiver, Sender, channel},
        thread,
        time::Duration,
    },
    token_launch::Server,
};

const PATIENCE: Duration = Duration::from_secs(60);

const NAMESPACES: &str = "/api/v1/namespaces";
const CLUSTERS: &str = "/v1/projects/p/locations/l/attachedClusters";
const STATE: &str = "/_emulator/v1/state";

/// Begins an upload and sends all of it but the last byte; its answer goes to `answers`.
fn upload(server: &Server, path: &str, length: usize, answers: &Sender<String>) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let (mut reading, answers) = (stream.try_clone().unwrap(), answers.clone());
    // It reads while it sends, or the end of its connection could come before the answer.
    thread::spawn(move || {
        let mut answer = Vec::new();
        let _ = reading.read_to_end(&mut answer);
        let _ = answers.send(String::from_utf8_lossy(&answer).into_owned());
    });
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    // One that is refused is not read to its end.
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&vec![b' '; length - 1]);
    stream
}

fn next(answers: &Receiver<String>) -> String {
    answers.recv_timeout(PATIENCE).expect("an answer comes")
}

#[rstest]
#[case(NAMESPACES, 3 << 20, 40 - 21, "Too many requests, please try again later.\n")]
#[case(CLUSTERS, 10 << 20, 40 - 6, "\"status\": \"RESOURCE_EXHAUSTED\"")]
#[case(STATE, 16 << 20, 40 - 4, "{\"error\":\"the bodies of all requests take too much room\"}")]
fn forty_uploads_of_the_longest_bodies_do_not_exhaust_memory(
    #[case] path: &str,
    #[case] length: usize,
    #[case] refused: usize,
    #[case] expected: &str,
) {
    let server = limited();
    let (sender, answers) = channel();
    let clients: Vec<_> = (0..40).map(|_| upload(&server, path, length, &sender)).collect();
    for _ in 0..refused {
        let answer = next(&answers);
        assert!(answer.starts_with("HTTP/1.1 429 Too Many Requests\r\n"), "{answer}");
        assert!(answer.contains(expected), "{answer}");
        assert_eq!(answer.contains("\r\nRetry-After: 1\r\n"), path == NAMESPACES, "{answer}");
    }
    // The others are answered for what they have sent, and then there is room again.
    clients.iter().for_each(|client| drop(client.shutdown(Shutdown::Write)));
    for _ in refused..40 {
        assert!(!next(&answers).starts_with("HTTP/1.1 429 "));
    }
    let mut last = upload(&server, path, length, &sender);
    last.write_all(b" ").unwrap();
    let answer = next(&answers);
    assert!(answer.starts_with("HTTP/1.1 ") && !answer.starts_with("HTTP/1.1 429 "), "{answer}");
}

/// A program that may have 700 MB.
fn limited() -> Server {
    let mut shell = program::command(&[]);
    let binary = std::mem::replace(&mut shell, std::process::Command::new("sh"));
    shell.args(["-c", r#"ulimit -v 700000; exec "$0" "$@""#]).arg(binary.get_program());
    Server::spawn(shell, &[]).unwrap()
}
