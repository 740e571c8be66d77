//! The process that started this one, watched until it ends. A process, and no thread of it: a
//! test runner's thread ends with each test.

use {
    crate::event,
    rustix::{
        event::PollFlags,
        io::Errno,
        process::{Pid, getppid},
    },
    std::{fs, io, os::fd::OwnedFd, thread, time::Duration},
    token_emulator::{StartError, config::ConfigError},
    tokio::sync::oneshot::{Receiver, channel},
};

/// How often to look where the system does not report the end of a process.
const PAUSE: Duration = Duration::from_millis(200);

/// Watches the parent of this process; what is returned is ready once that has ended.
///
/// # Errors
///
/// There is no parent, or it has ended already.
pub(crate) fn watch() -> Result<Receiver<()>, StartError> {
    let id = getppid().ok_or_else(|| ConfigError(MISSING.to_owned()))?;
    let handle = handle(id);
    // As long as it is the parent, its id is no other process's.
    if handle.as_ref().is_err_and(|error| *error == Errno::SRCH)
        || getppid() != Some(id)
        || is_adopted(id)
    {
        return Err(StartError::Io(io::Error::new(io::ErrorKind::NotFound, ENDED)));
    }
    match handle {
        Ok(handle) => Ok(event::watch(handle, PollFlags::IN)?),
        // Another system, an old kernel, or a sandbox without that system call.
        Err(_) => Ok(look(id)?),
    }
}

/// Watches a process without a handle, as long as it is the parent.
fn look(id: Pid) -> io::Result<Receiver<()>> {
    let (sender, receiver) = channel();
    thread::Builder::new().name("parent".to_owned()).spawn(move || {
        while getppid() == Some(id) {
            thread::sleep(PAUSE);
        }
        // The program may have ended for another reason.
        let _ = sender.send(());
    })?;
    Ok(receiver)
}

const MISSING: &str = "--exit-with-parent: this process has no parent that it can see, as the \
                       first one of a container has none; leave the flag out, since the container \
                       ends with this process";
const ENDED: &str = "--exit-with-parent: the parent process has ended already";

#[cfg(target_os = "linux")]
fn handle(id: Pid) -> Result<OwnedFd, Errno> {
    use rustix::process::{PidfdFlags, pidfd_open};
    pidfd_open(id, PidfdFlags::empty())
}

#[cfg(not(target_os = "linux"))]
fn handle(_: Pid) -> Result<OwnedFd, Errno> {
    Err(Errno::NOSYS)
}

/// Whether the parent is one that the system gave to an orphan. It started with the session of the
/// process that started it: a parent in another session is not that one, unless this process has
/// begun a session itself.
fn is_adopted(parent: Pid) -> bool {
    let own = std::process::id().to_string();
    let (Some(session), Some(of_parent)) =
        (session(&own), session(&parent.as_raw_nonzero().to_string()))
    else {
        return false;
    };
    session != own && session != of_parent
}

/// The session of a process, where the system says so in a file. Source: proc(5).
fn session(id: &str) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(3).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_watched_without_a_handle_too() {
        let parent = getppid().unwrap();
        assert!(look(parent).unwrap().try_recv().is_err());
        look(Pid::from_raw(i32::MAX).unwrap()).unwrap().blocking_recv().unwrap();
    }
}
