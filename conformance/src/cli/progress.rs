//! How far a run has come, on a terminal. Nothing is written where nobody looks.

use {
    super::colour,
    crate::run::Run,
    std::{
        io::{self, Write},
        sync::Arc,
        time::Duration,
    },
    tokio::task::JoinHandle,
};

/// How often it is told.
const EVERY: Duration = Duration::from_millis(100);

/// Takes away what stands in the line.
pub(super) const AWAY: &str = "\r\x1b[K";

/// Tells it until it is dropped, and leaves no trace then.
pub(super) struct Shown(Option<JoinHandle<()>>);

/// Begins to tell, if somebody looks.
pub(super) fn show(run: &Arc<Run>, all: usize) -> Shown {
    if !colour::moves(&io::stderr()) {
        return Shown(None);
    }
    let run = Arc::clone(run);
    Shown(Some(tokio::spawn(async move {
        loop {
            let (done, failed) = run.progress.seen();
            let _ = write!(io::stderr(), "{AWAY}{}", line(done, all, failed));
            let _ = io::stderr().flush();
            tokio::time::sleep(EVERY).await;
        }
    })))
}

fn line(done: usize, all: usize, failed: usize) -> String {
    let failed = if failed > 0 { format!(", {failed} failed") } else { String::new() };
    format!("{done} of {all} cases{failed}")
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            task.abort();
            let _ = write!(io::stderr(), "{AWAY}");
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn failures_are_told_once_there_are_some() {
        assert_eq!(super::line(1, 3, 0), "1 of 3 cases");
        assert_eq!(super::line(2, 3, 1), "2 of 3 cases, 1 failed");
    }
}
