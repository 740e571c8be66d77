//! The signals that end the program.

use {
    std::io,
    tokio::signal::unix::{Signal, SignalKind, signal},
};

/// What a shell reports of a program that was told to end.
pub(crate) const TERMINATED: u8 = 143;

/// SIGINT and SIGTERM, caught from when this is made.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next one, and gives what a shell reports of a program that it killed.
    pub(crate) async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => TERMINATED,
        }
    }
}
