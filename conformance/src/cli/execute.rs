//! Runs a selection, and takes away what it made whatever happens.

use {
    super::{Exit, judge::applicable, progress, warn},
    crate::{
        batch::{self, Item},
        report::escape,
        run::Run,
        verdict::Outcome,
    },
    std::{io, sync::Arc, time::Duration},
    tokio::signal::unix::{Signal, SignalKind, signal},
};

/// How long cases that have begun may take to end, once somebody asks to stop.
const GRACE: Duration = Duration::from_secs(5);

/// What is said then.
const STOPPING: &str = "stopping: what has begun is ended, and what was made is taken away";

/// The ways in which somebody asks to stop: Ctrl-C, a polite request, a terminal that closes.
struct Interruption([Signal; 3]);

/// Runs items, in a namespace of their own if they make anything. When it is interrupted, those
/// that have not begun are told as that.
pub(super) async fn execute(
    mut run: Run,
    items: Vec<Item>,
    parallel: usize,
) -> Result<(Arc<Run>, Vec<Outcome>), Exit> {
    // Before anything is made, or an early Ctrl-C would leave it there.
    let mut interruption = Interruption::listen().map_err(|it| Exit::usage(it.to_string()))?;
    if run.needs_namespace(&items)
        && let Err(exit) = opened(&mut run, &mut interruption).await
    {
        tell_left(&run, &mut interruption).await;
        return Err(exit);
    }
    let run = Arc::new(run);
    let shown = progress::show(&run, applicable(&run, &items).count());
    let outcomes = ended(&run, items, parallel, &mut interruption).await;
    drop(shown);
    tell_left(&run, &mut interruption).await;
    let mut outcomes = outcomes?;
    outcomes.iter_mut().for_each(|it| it.hide(&run.target.secrets));
    Ok((run, outcomes))
}

/// Makes what all cases share. A server that does not answer keeps nobody who asks to stop.
async fn opened(run: &mut Run, interruption: &mut Interruption) -> Result<(), Exit> {
    let secrets = run.target.secrets.clone();
    let mut opening = Box::pin(run.open());
    tokio::select! {
        opened = &mut opening => {
            return opened.map_err(|why| Exit(3, escape::line(&secrets.hide(&why))));
        }
        () = interruption.asked() => {}
    }
    warn(STOPPING);
    let opened = tokio::select! {
        opened = tokio::time::timeout(GRACE, opening) => opened.unwrap_or(Err(String::new())),
        () = interruption.asked() => Err(String::new()),
    };
    run.stop();
    opened.map_err(|_| Exit(1, "interrupted".to_owned()))
}

async fn ended(
    run: &Arc<Run>,
    items: Vec<Item>,
    parallel: usize,
    interruption: &mut Interruption,
) -> Result<Vec<Outcome>, Exit> {
    let mut outcomes = Box::pin(batch::run(run, items, parallel));
    tokio::select! {
        outcomes = &mut outcomes => return Ok(outcomes),
        () = interruption.asked() => {}
    }
    run.stop();
    warn(STOPPING);
    tokio::select! {
        ended = tokio::time::timeout(GRACE, outcomes) => {
            ended.map_err(|_| Exit(1, "interrupted".to_owned()))
        }
        () = interruption.asked() => Err(Exit(1, "interrupted".to_owned())),
    }
}

/// Takes away all that is left, and names what could not be. Whoever asks once more to stop is
/// told what stays.
async fn tell_left(run: &Run, interruption: &mut Interruption) {
    let left = tokio::select! {
        left = run.close() => left,
        () = interruption.asked() => run.left(),
    };
    for left in left {
        warn(&escape::line(&run.target.secrets.hide(&format!("left behind: {left}"))));
    }
}

impl Interruption {
    fn listen() -> io::Result<Self> {
        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    async fn asked(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
