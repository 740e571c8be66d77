//! What happens to a file descriptor, waited for on a thread of its own: nothing is read from it,
//! and its mode, which other processes share, stays as it is.

use {
    rustix::{
        event::{PollFd, PollFlags, poll},
        io::Errno,
    },
    std::{io, os::fd::OwnedFd, thread},
    tokio::sync::oneshot::{Receiver, channel},
};

/// Reports the first of these events, or that the other end is closed.
pub(crate) fn watch(descriptor: OwnedFd, events: PollFlags) -> io::Result<Receiver<()>> {
    let (sender, receiver) = channel();
    thread::Builder::new().name("watch".to_owned()).spawn(move || {
        while matches!(poll(&mut [PollFd::new(&descriptor, events)], None), Err(Errno::INTR)) {}
        // The program may have ended for another reason.
        let _ = sender.send(());
    })?;
    Ok(receiver)
}
