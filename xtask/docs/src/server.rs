//! The emulator that a page starts in the foreground of a terminal, in the background of its shell.

use {
    regex::Regex,
    rustix::process::{Pid, Signal, kill_process},
    std::{
        fs, io,
        path::{Path, PathBuf},
        process::{Child, Command, Stdio},
        sync::LazyLock,
        thread,
        time::{Duration, Instant},
    },
};

/// How long it may take until it listens. A busy machine makes it slow.
const STARTING: Duration = Duration::from_secs(60);

/// The port that the documents name.
const DOCUMENTED: &str = "8693";

/// A running emulator; it ends when this is dropped.
pub(crate) struct Server {
    child: Child,
    port: String,
    output: PathBuf,
}

/// Whether a command starts a server.
pub(crate) fn is_start(text: &str) -> bool {
    text.starts_with("token-emulator serve")
}

/// The flags by which a command says where it listens, and by what name it is reached.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\s--(listen|advertise)(?:=|\s+)(\S+)").expect("it is a constant")
});

/// A command that starts a server, on a free port in place of the documented one. Where it names
/// another address it is refused: a document's run takes no fixed port, and is not open to others.
fn on_free_port(text: &str) -> io::Result<String> {
    for flag in ADDRESS.captures_iter(text) {
        let address = flag[2].trim_matches(['"', '\'']);
        let port = ["127.0.0.1:", "localhost:"].iter().find_map(|it| address.strip_prefix(it));
        let can_be_free = port.is_some_and(|port| port == DOCUMENTED || port == "0");
        if &flag[1] == "advertise" || !can_be_free {
            let why = format!(
                "only `--listen=127.0.0.1:{DOCUMENTED}` can be run here, not `{}`; mark the block \
                 with `<!-- not run: REASON -->`",
                flag[0].trim()
            );
            return Err(io::Error::other(why));
        }
    }
    // The environment names a free port.
    Ok(ADDRESS.replace_all(text, "").into_owned())
}

impl Server {
    /// Starts it, and waits until it listens.
    pub(crate) fn start(mut shell: Command, text: &str, notes: &Path) -> io::Result<Self> {
        let text = on_free_port(text)?;
        let output = notes.join("server");
        let file = fs::File::create(&output)?;
        shell.env("TOKEN_EMULATOR_LISTEN", "127.0.0.1:0");
        // So that it ends with a chore that is killed, too.
        shell.env("TOKEN_EMULATOR_EXIT_WITH_PARENT", "true").arg("-c").arg(format!("exec {text}"));
        let child = shell.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).spawn()?;
        let mut server = Self { child, port: String::new(), output };
        server.port = server.wait_for_port()?;
        Ok(server)
    }

    fn wait_for_port(&mut self) -> io::Result<String> {
        let start = Instant::now();
        loop {
            let has_ended = self.child.try_wait()?.is_some();
            let printed = fs::read_to_string(&self.output)?;
            let listening = printed.split_once("listening on http://127.0.0.1:");
            if let Some((port, _)) = listening.and_then(|(_, rest)| rest.split_once(' ')) {
                return Ok(port.to_owned());
            }
            if has_ended || start.elapsed() > STARTING {
                return Err(io::Error::other(format!("the emulator does not start: {printed}")));
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// What it printed at start.
    pub(crate) fn printed(&self) -> io::Result<String> {
        fs::read_to_string(&self.output)
    }

    /// A text of a page with its address in place of the documented one.
    pub(crate) fn really(&self, text: &str) -> String {
        exchange(text, DOCUMENTED, &self.port)
    }

    /// An output with the documented address in place of its own.
    pub(crate) fn documented(&self, text: &str) -> String {
        exchange(text, &self.port, DOCUMENTED)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // As Ctrl-C would end it, so that it takes its files away; it may have ended by itself.
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::INT);
        }
        let _ = self.child.wait();
    }
}

/// Whether a text of a page names the documented address.
pub(crate) fn names_address(text: &str) -> bool {
    exchange(text, DOCUMENTED, "") != text
}

fn exchange(text: &str, from: &str, to: &str) -> String {
    ["127.0.0.1", "localhost"].iter().fold(text.to_owned(), |text, host| {
        text.replace(&format!("{host}:{from}"), &format!("{host}:{to}"))
    })
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("token-emulator serve --seed a", true)]
    #[case("token-emulator exec -- token-emulator serve", false)]
    #[case("curl localhost", false)]
    fn a_server_is_known_by_its_command(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(is_start(text), expected);
    }

    #[rstest]
    #[case("token-emulator serve --seed a", Some("token-emulator serve --seed a"))]
    #[case("token-emulator serve --listen=127.0.0.1:8693 -v", Some("token-emulator serve -v"))]
    #[case("token-emulator serve --listen localhost:8693", Some("token-emulator serve"))]
    #[case("token-emulator serve --listen 127.0.0.1:0 -v", Some("token-emulator serve -v"))]
    #[case("token-emulator serve --listen=0.0.0.0:8693", None)]
    #[case("token-emulator serve --listen=0.0.0.0:0", None)]
    #[case("token-emulator serve --listen 127.0.0.1:9000", None)]
    #[case("token-emulator serve \\\n  --listen '[::]:8693'", None)]
    #[case("token-emulator serve --advertise=127.0.0.1:8693", None)]
    fn only_the_documented_address_is_mapped(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(on_free_port(text).ok().as_deref(), expected);
    }

    #[test]
    fn another_address_is_refused_by_name_before_anything_starts() {
        let notes = tempfile::tempdir().unwrap();
        let text = "token-emulator serve --listen=0.0.0.0:8693";
        let started = Server::start(Command::new("bash"), text, notes.path());
        let error = started.err().unwrap().to_string();
        assert!(error.contains("not `--listen=0.0.0.0:8693`"), "{error}");
        assert!(!notes.path().join("server").exists());
    }

    #[test]
    fn only_the_documented_address_is_exchanged() {
        assert_eq!(exchange("http://localhost:8693/8693", "8693", "7"), "http://localhost:7/8693");
        assert!(names_address("127.0.0.1:8693") && !names_address("127.0.0.1:0"));
    }

    #[test]
    fn one_that_does_not_start_is_quoted() {
        let notes = tempfile::tempdir().unwrap();
        let started = Server::start(Command::new("bash"), "sh -c 'echo no port >&2'", notes.path());
        let error = started.err().unwrap().to_string();
        assert!(error.contains("no port"), "{error}");
    }
}
