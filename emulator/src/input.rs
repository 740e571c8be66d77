//! Standard input, watched until its other end is closed. Nothing is read from it: it may be the
//! input of a command.

use {
    crate::event,
    rustix::event::PollFlags,
    std::{
        fs::File,
        io,
        os::{fd::AsFd, unix::fs::FileTypeExt},
    },
    token_emulator::{StartError, config::ConfigError},
    tokio::sync::oneshot::Receiver,
};

/// Watches standard input; what is returned is ready once its other end is closed.
///
/// # Errors
///
/// It is neither a pipe nor a socket, so that there is no other end.
pub(crate) fn watch() -> Result<Receiver<()>, StartError> {
    let input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let kind = input.metadata()?.file_type();
    if !kind.is_fifo() && !kind.is_socket() {
        return Err(ConfigError(REFUSED.to_owned()).into());
    }
    Ok(event::watch(input.into(), CLOSED)?)
}

/// That the other end of a socket sends no more, beside what is always reported.
#[cfg(target_os = "linux")]
const CLOSED: PollFlags = PollFlags::RDHUP;

#[cfg(not(target_os = "linux"))]
const CLOSED: PollFlags = PollFlags::empty();

const REFUSED: &str = "--exit-on-stdin-close: standard input is neither a pipe nor a socket, so \
                       it is never closed; start this program with a pipe, or use \
                       --exit-with-parent";
