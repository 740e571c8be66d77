//! Many cases at once. Those that move the target's clock go last, one after another.

use {
    crate::{
        case::Need,
        run::Run,
        variant::Variant,
        verdict::{Outcome, Verdict},
    },
    std::{sync::Arc, time::Duration},
    tokio::{sync::Semaphore, task::JoinSet},
};

/// A case in a variant.
pub type Item = (String, Variant);

/// Runs the items, and returns what each came to, in their order.
pub async fn run(run: &Arc<Run>, items: Vec<Item>, parallel: usize) -> Vec<Outcome> {
    let (clock, free): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|(id, _)| moves_clock(run, id));
    let permits = Arc::new(Semaphore::new(parallel.max(1)));
    let mut tasks = JoinSet::new();
    for item in free {
        let (run, permits) = (Arc::clone(run), Arc::clone(&permits));
        tasks.spawn(async move {
            let _permit = permits.acquire().await;
            one(&run, item).await
        });
    }
    let mut outcomes = tasks.join_all().await;
    for item in clock {
        outcomes.push(one(run, item).await);
    }
    outcomes.sort_by_key(|it| (it.case.clone(), it.variant));
    outcomes
}

async fn one(run: &Run, (id, variant): Item) -> Outcome {
    match run.catalog.cases.get(&id) {
        Some(case) => run.case(&id, case, variant).await,
        None => Outcome {
            case: id,
            variant,
            verdict: Verdict::CouldNotRun("there is no such case".to_owned()),
            transcript: Vec::new(),
            took: Duration::ZERO,
        },
    }
}

fn moves_clock(run: &Run, id: &str) -> bool {
    run.catalog.cases.get(id).is_some_and(|case| case.needs.contains(&Need::Clock))
}
