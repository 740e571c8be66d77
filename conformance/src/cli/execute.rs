//! Runs a selection, and takes away what it made whatever happens.

use {
    super::{Exit, warn},
    crate::{
        batch::{self, Item},
        run::Run,
        verdict::Outcome,
    },
    std::{io, sync::Arc},
    tokio::signal::unix::{SignalKind, signal},
};

/// Runs items, in a namespace of their own if they make anything.
pub(super) async fn execute(
    mut run: Run,
    items: Vec<Item>,
    parallel: usize,
) -> Result<(Arc<Run>, Vec<Outcome>), Exit> {
    if run.needs_namespace(&items) {
        run.open().await.map_err(|why| Exit(3, why))?;
    }
    let run = Arc::new(run);
    let outcomes = tokio::select! {
        outcomes = batch::run(&run, items, parallel) => Ok(outcomes),
        stopped = interrupted() => Err(stopped),
    };
    for left in run.close().await {
        warn(&format!("left behind: {left}"));
    }
    match outcomes {
        Ok(outcomes) => Ok((run, outcomes)),
        Err(Ok(())) => Err(Exit(1, "interrupted; what was made is taken away".to_owned())),
        Err(Err(error)) => Err(Exit::usage(error.to_string())),
    }
}

/// Ctrl-C, or a polite request to stop.
async fn interrupted() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        asked = tokio::signal::ctrl_c() => asked,
        _ = terminate.recv() => Ok(()),
    }
}
