//! Faults, injected into a request before its API sees it.

use {
    crate::{
        api::{
            Api, Failure, Request,
            faults::{Cut, Fault},
        },
        server::{
            handle::{Deadline, within},
            service::Connection,
        },
    },
    http::Version,
    std::{
        panic::{AssertUnwindSafe, catch_unwind},
        sync::atomic::Ordering,
    },
    tokio::time::sleep,
};

/// What is left of a request once its fault was injected.
pub(super) enum Injected {
    /// It is answered by its API.
    Nothing,
    /// It fails in its API's words.
    Failure(Failure),
    /// Its connection, or on HTTP/2 its stream, ends without an answer.
    Reset,
}

/// The fault for a request.
pub(super) fn take(connection: &Connection, api: &dyn Api, request: &Request) -> Option<Fault> {
    // The API is asked for names; what panics there would panic again when it answers.
    let take = || connection.context.faults.take(api, request);
    api.takes_faults().then(|| catch_unwind(AssertUnwindSafe(take)).unwrap_or_default()).flatten()
}

/// Delays a request, and says how it fails. No lock is held while it waits, nor does it wait by the
/// emulated clock: that may stand still, and a client's patience runs in real time.
pub(super) async fn inject(
    connection: &Connection,
    request: &Request,
    fault: &Fault,
    deadline: Deadline,
) -> Injected {
    let in_time = fault.delay.is_zero() || within(deadline, sleep(fault.delay)).await.is_some();
    match (fault.cut, &fault.refusal) {
        (Some(Cut::Reset), _) => {
            // On HTTP/2 the stream is reset, and the others go on.
            connection.reset.store(request.head.version != Version::HTTP_2, Ordering::Relaxed);
            Injected::Reset
        }
        _ if !in_time => Injected::Failure(Failure::DeadlineExceeded),
        (_, Some(refusal)) => Injected::Failure(Failure::Injected(refusal.clone())),
        _ => Injected::Nothing,
    }
}
