//! A command that runs beside an emulator, and is told to end when this program is.

use {
    crate::stop::{Reason, Stop},
    rustix::process::{Pid, Signal, kill_process},
    std::{
        io::{self, IsTerminal},
        process::ExitStatus,
        time::Duration,
    },
    tokio::{
        process::Child,
        time::{Instant, sleep_until},
    },
};

/// How long it may take to end once it is told to: less than the ten seconds after which Docker
/// kills this program, too.
const GRACE: Duration = Duration::from_secs(8);

/// Waits for its end. What is to end this program is to end it, too: it gets the signal, and is
/// killed when it takes its time or a second one comes.
pub(crate) async fn attend(child: &mut Child, stop: &mut Stop) -> io::Result<ExitStatus> {
    let mut end = None;
    loop {
        let signal = tokio::select! {
            status = child.wait() => return status,
            () = until(end) => {
                end = None;
                child.start_kill()?;
                continue;
            }
            reason = stop.next() => match reason {
                Reason::Signal(signal) => signal,
                Reason::Abandoned => Signal::TERM,
            },
        };
        match signal {
            Signal::USR1 | Signal::USR2 => send(child, signal)?,
            _ if end.is_some() => child.start_kill()?,
            // From the terminal it has reached the command, which may go on.
            Signal::INT | Signal::QUIT if io::stdin().is_terminal() => {}
            _ => {
                end = Some(Instant::now() + GRACE);
                send(child, signal)?;
            }
        }
    }
}

async fn until(end: Option<Instant>) {
    match end {
        Some(end) => sleep_until(end).await,
        None => std::future::pending().await,
    }
}

/// Until it is waited for, no other process has its id.
fn send(child: &Child, signal: Signal) -> io::Result<()> {
    let id = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
    Ok(id.map_or(Ok(()), |id| kill_process(id, signal))?)
}
