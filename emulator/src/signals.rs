//! The signals that end the program, those that the system would end it by included: its files
//! go first.

use {
    rustix::process::Signal,
    std::{fs, future::poll_fn, io, process::Command, task::Poll},
    tokio::signal::unix::{self, SignalKind, signal},
};

/// All that can be caught and end a program that does not; crashes are not among them.
const ENDING: [Signal; 11] = [
    Signal::HUP,
    Signal::INT,
    Signal::QUIT,
    Signal::TERM,
    Signal::USR1,
    Signal::USR2,
    Signal::ALARM,
    Signal::VTALARM,
    Signal::PROF,
    Signal::XCPU,
    Signal::XFSZ,
];

/// The signals that end the program, caught from when this is made.
#[derive(Debug)]
pub(crate) struct Signals(Vec<(Signal, unix::Signal)>);

impl Signals {
    pub(crate) fn new() -> io::Result<Self> {
        let ignored = ignored();
        let caught = ENDING.into_iter().filter(|signal| !stays_ignored(*signal, ignored));
        let caught = caught.map(|it| Ok((it, signal(SignalKind::from_raw(it.as_raw()))?)));
        Ok(Self(caught.collect::<io::Result<_>>()?))
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) -> Signal {
        poll_fn(|context| {
            for (signal, caught) in &mut self.0 {
                if let Poll::Ready(Some(())) = caught.poll_recv(context) {
                    return Poll::Ready(*signal);
                }
            }
            Poll::Pending
        })
        .await
    }
}

/// What a shell reports of a program that a signal ended.
pub(crate) fn code(signal: Signal) -> u8 {
    128 + u8::try_from(signal.as_raw()).unwrap_or_default()
}

/// Whether a signal that was ignored when the program started goes on to be: a shell's background
/// job ignores INT and QUIT, and has to end all the same.
fn stays_ignored(signal: Signal, ignored: u64) -> bool {
    let is_ignored = ignored >> (signal.as_raw() - 1) & 1 == 1;
    is_ignored && !matches!(signal, Signal::INT | Signal::QUIT | Signal::TERM)
}

/// The signals that are ignored from the start, as `nohup` has it for HUP: a bit each, the lowest
/// for signal 1. Linux says so in a file, other systems by `ps`.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(bits).or_else(ignored_by_ps).unwrap_or_default()
}

fn ignored_by_ps() -> Option<u64> {
    let id = std::process::id().to_string();
    let output = Command::new("ps").args(["-o", "ignored=", "-p", &id]).output().ok()?;
    bits(std::str::from_utf8(&output.stdout).ok()?)
}

fn bits(text: &str) -> Option<u64> {
    u64::from_str_radix(text.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_read_from_their_bits() {
        assert_eq!(bits("\t0000000000000001\n"), Some(1));
        assert_eq!(bits("80000000\n"), Some(1 << 31));
        assert_eq!(bits(""), None);
        assert!(stays_ignored(Signal::HUP, 1) && !stays_ignored(Signal::HUP, 2));
        assert!(!stays_ignored(Signal::INT, 2) && stays_ignored(Signal::USR1, 1 << 9));
    }

    #[test]
    fn a_code_is_that_of_a_shell() {
        assert_eq!([Signal::HUP, Signal::INT, Signal::TERM].map(code), [129, 130, 143]);
    }
}
