//! A program that is driven: how it is found, run, and what it said.

use {
    super::running::Running,
    std::{
        io::{Read, Write},
        path::Path,
        process::{Child, Command, Stdio},
        thread::{self, JoinHandle},
        time::{Duration, Instant},
    },
};

/// How long one command may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// A program with the environment it needs.
#[derive(Debug, Clone)]
pub(super) struct Tool {
    /// What it is called in the table.
    pub(super) name: String,
    program: String,
    environment: Vec<(String, String)>,
}

/// What became of a command.
#[derive(Debug)]
pub(super) struct Answer {
    /// Whether it succeeded.
    pub(super) success: bool,
    /// What it said.
    pub(super) said: Said,
}

/// What a command said.
#[derive(Debug)]
pub(super) struct Said {
    /// On stdout.
    pub(super) out: String,
    /// On stderr.
    pub(super) err: String,
}

impl Tool {
    /// The program of that name or path.
    pub(super) fn at(program: &str) -> Self {
        let name = Path::new(program).file_name().unwrap_or_default().to_string_lossy();
        Self { name: name.into_owned(), program: program.to_owned(), environment: Vec::new() }
    }

    /// The same with one more variable in its environment.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Whether it is there and starts.
    pub(super) fn is_installed(&self) -> bool {
        let mut command = Command::new(&self.program);
        command.arg("--help").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok()
    }

    /// Runs it; anything but success is an error that shows what it said.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<Said, String> {
        self.run_with(arguments, "")
    }

    /// The same with something to read.
    pub(super) fn run_with(&self, arguments: &[&str], input: &str) -> Result<Said, String> {
        let Answer { success, said } = self.answer(arguments, input)?;
        if success {
            Ok(said)
        } else {
            let (err, out) = (said.err.trim(), said.out.trim());
            Err(format!("{} {}: {err} {out}", self.name, arguments.join(" ")))
        }
    }

    /// Runs it; only that it cannot be run is an error.
    pub(super) fn answer(&self, arguments: &[&str], input: &str) -> Result<Answer, String> {
        let wrong = |error| format!("{} {}: {error}", self.name, arguments.join(" "));
        let mut command = Command::new(&self.program);
        command.args(arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let (success, said) =
            command.spawn().and_then(|child| converse(child, input)).map_err(wrong)?;
        Ok(Answer { success, said })
    }

    /// Starts it, for as long as it is wanted.
    pub(super) fn start(&self, arguments: &[&str]) -> Result<Running, String> {
        let mut command = Command::new(&self.program);
        command.args(arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = command.spawn().map_err(|error| format!("{}: {error}", self.name))?;
        Ok(Running::new(child))
    }

    /// Runs it, and wants it to fail with that text.
    pub(super) fn fails(&self, arguments: &[&str], text: &str) -> Result<(), String> {
        match self.run(arguments) {
            Ok(said) => {
                Err(format!("{} {}: succeeded: {}", self.name, arguments.join(" "), said.out))
            }
            Err(error) if error.contains(text) => Ok(()),
            Err(error) => Err(format!("wanted {text:?}: {error}")),
        }
    }
}

fn converse(mut child: Child, input: &str) -> std::io::Result<(bool, Said)> {
    let out = reader(child.stdout.take());
    let err = reader(child.stderr.take());
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read its input has closed it, which is its right.
        let _ = stdin.write_all(input.as_bytes());
    }
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        } else if start.elapsed() > PATIENCE {
            child.kill()?;
            break child.wait()?;
        }
        thread::sleep(Duration::from_millis(2));
    };
    let text = |thread: JoinHandle<String>| thread.join().unwrap_or_default();
    Ok((status.success(), Said { out: text(out), err: text(err) }))
}

fn reader(stream: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // Half an output is better than none: a check will say what it misses.
            let _ = stream.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Wants a text to be in another.
pub(super) fn expect(text: &str, part: &str) -> Result<(), String> {
    if text.contains(part) { Ok(()) } else { Err(format!("wanted {part:?} in {}", text.trim())) }
}
