//! A program that goes on, while others talk to what it watches or serves.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdout},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

/// How long a line may take to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A program under way, and the lines that it says; dropping it ends it.
pub(super) struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    /// A program whose output is piped.
    pub(super) fn new(mut child: Child) -> Self {
        let (sender, lines) = mpsc::channel();
        if let Some(out) = child.stdout.take() {
            thread::spawn(move || tell(out, &sender));
        }
        Self { child, lines }
    }

    /// The first line from here on that has a text in it.
    pub(super) fn says(&self, part: &str) -> Result<String, String> {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(part) => return Ok(line),
                Ok(_) => {}
                Err(_) => return Err(format!("waited for {part:?}, which did not come")),
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody left to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn tell(out: ChildStdout, sender: &mpsc::Sender<String>) {
    for line in BufReader::new(out).lines().map_while(Result::ok) {
        // Nobody may be listening any more.
        let _ = sender.send(line);
    }
}
