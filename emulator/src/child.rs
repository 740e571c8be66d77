//! A command that runs beside an emulator, and is told to end when this program is.

use {
    crate::signals::{Signals, TERMINATED},
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

/// Waits for its end. It is told what this program is told, and killed when it takes its time or
/// this is told a second time.
pub(crate) async fn attend(child: &mut Child, signals: &mut Signals) -> io::Result<ExitStatus> {
    let mut end = None;
    loop {
        tokio::select! {
            status = child.wait() => return status,
            () = until(end) => {
                end = None;
                child.start_kill()?;
            }
            code = signals.next() => match end {
                Some(_) if code == TERMINATED => child.start_kill()?,
                _ if code == TERMINATED => {
                    end = Some(Instant::now() + GRACE);
                    tell(child, Signal::TERM)?;
                }
                // An interrupt from the terminal has reached it already.
                _ if io::stdin().is_terminal() => {}
                _ => tell(child, Signal::INT)?,
            },
        }
    }
}

async fn until(end: Option<Instant>) {
    match end {
        Some(end) => sleep_until(end).await,
        None => std::future::pending().await,
    }
}

/// Until it is waited for, nobody else has its number.
fn tell(child: &Child, signal: Signal) -> io::Result<()> {
    let id = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
    Ok(id.map_or(Ok(()), |id| kill_process(id, signal))?)
}
