//! Whether an emulator answers, asked as a shell-less image can ask it: by this program.

use {
    clap::{ArgMatches, Args, parser::ValueSource},
    serde_json::Value,
    std::{
        io::{self, Read, Write},
        net::{Ipv4Addr, SocketAddr, TcpStream},
        path::PathBuf,
        thread,
        time::{Duration, Instant},
    },
    token_emulator::{
        StartError,
        config::{ConfigError, DEFAULT_PORT},
    },
};

/// How long one answer may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// How long to wait before asking again, and the least that one answer is given.
const PAUSE: Duration = Duration::from_millis(20);

/// The longest answer that is read.
const LONGEST: usize = 1 << 16;

/// What a file is not.
pub(crate) const NO_READY_FILE: &str =
    "this is no ready file; one is what token-emulator serve --ready-file PATH writes";

/// Why a ready file cannot be read.
pub(crate) fn unread(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!(
            "{error}; token-emulator serve --ready-file PATH writes it, and takes it away when it ends"
        ),
        _ => error.to_string(),
    }
}

/// Which emulator is meant.
#[derive(Debug, Args)]
pub(crate) struct Reach {
    /// Its address, as it was told to listen; an address of all interfaces means this machine
    #[arg(long, env = "TOKEN_EMULATOR_LISTEN", hide_env_values = true)]
    #[arg(value_name = "ADDRESS:PORT")]
    #[arg(default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT)))]
    listen: SocketAddr,

    /// Its ready file, in place of its address
    #[arg(long, value_name = "PATH")]
    ready_file: Option<PathBuf>,
}

impl Reach {
    /// Only one of its flags says where it is; either wins over the environment.
    pub(crate) fn check(&self, matches: &ArgMatches) -> Result<(), ConfigError> {
        let given = matches.subcommand().map(|(_, given)| given);
        let source = given.and_then(|given| given.value_source("listen"));
        if self.ready_file.is_some() && source == Some(ValueSource::CommandLine) {
            return Err(ConfigError("--listen and --ready-file: give only one of them".to_owned()));
        }
        Ok(())
    }

    /// Where it is.
    pub(crate) fn target(&self) -> Result<SocketAddr, StartError> {
        let Some(path) = &self.ready_file else { return Ok(reachable(self.listen)) };
        let wrong = |why: &str| ConfigError(format!("{}: {why}", path.display()));
        let text = std::fs::read(path).map_err(|error| wrong(&unread(&error)))?;
        let ready: Option<Value> = serde_json::from_slice(&text).ok();
        let address = ready.as_ref().and_then(|ready| ready["address"].as_str()?.parse().ok());
        Ok(address.ok_or_else(|| wrong(NO_READY_FILE))?)
    }

    /// Asks until it answers, or the time is over.
    pub(crate) fn wait(&self, timeout: Duration) -> Result<String, String> {
        let start = Instant::now();
        loop {
            let target = self.target().map_err(|error| error.to_string());
            let left = timeout.saturating_sub(start.elapsed()).clamp(PAUSE, PATIENCE);
            let answer = target.and_then(|target| look(&target, left));
            if answer.is_ok() || start.elapsed() >= timeout {
                return answer.map_err(|error| format!("not after {timeout:?}: {error}"));
            }
            thread::sleep(PAUSE.min(timeout.saturating_sub(start.elapsed())));
        }
    }
}

/// Asks once, for so long as a whole. One that wants a bearer for its controls answers, too.
pub(crate) fn look(target: &SocketAddr, patience: Duration) -> Result<String, String> {
    let status = ask(target, patience).map_err(|error| {
        let hint = "is one started, and does it listen there (--listen, --ready-file)?";
        format!("http://{target}: {error}; {hint}")
    })?;
    match status.as_deref() {
        Some("200" | "401") => Ok(format!("http://{target} answers")),
        _ => Err(format!(
            "http://{target}: another server answers there, and no token-emulator; name the \
             emulator's address with --listen, or its ready file with --ready-file"
        )),
    }
}

/// The status of its health, if it speaks HTTP.
fn ask(target: &SocketAddr, patience: Duration) -> io::Result<Option<String>> {
    let end = Instant::now() + patience;
    let mut stream = TcpStream::connect_timeout(target, patience)?;
    stream.set_write_timeout(Some(left(end)?))?;
    let request = "GET /_emulator/v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    stream.write_all(format!("{request}\r\n").as_bytes())?;
    let answer = read(&mut stream, end)?;
    let answer = String::from_utf8_lossy(&answer);
    let line = answer.strip_prefix("HTTP/1.1 ").filter(|_| answer.contains("no-store"));
    Ok(line.and_then(|line| line.get(..3)).map(str::to_owned))
}

/// What comes until it ends; whoever says it bit by bit has no more time for it.
fn read(stream: &mut TcpStream, end: Instant) -> io::Result<Vec<u8>> {
    let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
    while answer.len() < LONGEST {
        stream.set_read_timeout(Some(left(end)?))?;
        match stream.read(&mut piece)? {
            0 => break,
            length => answer.extend_from_slice(&piece[..length]),
        }
    }
    Ok(answer)
}

fn left(end: Instant) -> io::Result<Duration> {
    let left = end.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

fn reachable(listening: SocketAddr) -> SocketAddr {
    if !listening.ip().is_unspecified() {
        return listening;
    }
    let ip = match listening {
        SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, listening.port())
}
