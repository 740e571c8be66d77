//! What ends the program: a signal, the end of its parent, the end of its input.

use {
    crate::{input, parent, signals::Signals},
    rustix::process::Signal,
    std::future::pending,
    token_emulator::{Config, StartError},
    tokio::sync::oneshot::Receiver,
};

/// All of it, watched from when this is made.
#[derive(Debug)]
pub(crate) struct Stop {
    signals: Signals,
    /// Ready once the parent has ended.
    parent: Option<Receiver<()>>,
    /// Ready once standard input is closed.
    input: Option<Receiver<()>>,
}

/// Why the program is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    Signal(Signal),
    /// The parent has ended, or the input is closed.
    Abandoned,
}

impl Stop {
    /// Watches what the settings name, and signals.
    pub(crate) fn new(config: &Config) -> Result<Self, StartError> {
        let signals = Signals::new()?;
        let parent = config.exit_with_parent.then(parent::watch).transpose()?;
        let input = config.exit_on_stdin_close.then(input::watch).transpose()?;
        Ok(Self { signals, parent, input })
    }

    /// Waits for the next reason. The end of the parent and of the input is one, and comes once.
    pub(crate) async fn next(&mut self) -> Reason {
        tokio::select! {
            signal = self.signals.next() => Reason::Signal(signal),
            () = abandoned(&mut self.parent, &mut self.input) => {
                (self.parent, self.input) = (None, None);
                Reason::Abandoned
            }
        }
    }

    /// Waits for the next signal, whatever else there is.
    pub(crate) async fn signal(&mut self) -> Signal {
        self.signals.next().await
    }
}

async fn abandoned(parent: &mut Option<Receiver<()>>, input: &mut Option<Receiver<()>>) {
    tokio::select! {
        () = reported(parent) => {}
        () = reported(input) => {}
    }
}

/// Where nothing is watched, nothing is reported.
async fn reported(receiver: &mut Option<Receiver<()>>) {
    if let Some(receiver) = receiver
        && receiver.await.is_ok()
    {
        return;
    }
    pending().await
}
