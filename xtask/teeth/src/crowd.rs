//! Several liars at once, each before a server of its own, until everything is told.

use {
    crate::{
        Args, plan,
        progress::Progress,
        stage::Stage,
        sweep, tally,
        telling::{Telling, Told},
        upstream::Server,
    },
    std::{
        collections::{BTreeMap, btree_map::Entry},
        sync::{
            Arc, Mutex, PoisonError,
            atomic::{AtomicUsize, Ordering},
        },
    },
    token_conformance::catalog::Catalog,
};

/// What the liars share.
struct Shared {
    catalog: Arc<Catalog>,
    server: Server,
    tellings: Vec<Telling>,
    next: AtomicUsize,
    told: Mutex<Vec<Told>>,
    progress: Progress,
}

/// Tells all, and says at once what was not caught, as a whole run takes its time.
pub(crate) async fn tell_all(
    args: &Args,
    catalog: &Arc<Catalog>,
    tellings: Vec<Telling>,
) -> Result<Vec<Told>, String> {
    let shared = Arc::new(Shared {
        catalog: Arc::clone(catalog),
        server: args.server.clone(),
        progress: Progress::new(tellings.len()),
        tellings,
        next: AtomicUsize::new(0),
        told: Mutex::default(),
    });
    let mut liars = tokio::task::JoinSet::new();
    for _ in 0..args.parallel.max(1) {
        liars.spawn(tell_some(Arc::clone(&shared)));
    }
    for ended in liars.join_all().await {
        ended?;
    }
    let mut told = std::mem::take(&mut *shared.told.lock().unwrap_or_else(PoisonError::into_inner));
    told.sort_by_cached_key(|it| it.telling.to_string());
    Ok(told)
}

async fn tell_some(shared: Arc<Shared>) -> Result<(), String> {
    let mut stages: BTreeMap<bool, Stage> = BTreeMap::new();
    while let Some(telling) = shared.tellings.get(shared.next.fetch_add(1, Ordering::Relaxed)) {
        let stage = match stages.entry(telling.capped) {
            Entry::Occupied(it) => it.into_mut(),
            Entry::Vacant(it) => {
                let (catalog, cap) = (Arc::clone(&shared.catalog), plan::cap(telling.capped));
                it.insert(Stage::new(catalog, &shared.server, cap).await?)
            }
        };
        let told = sweep::tell(stage, telling).await;
        shared.progress.note(&told.fate);
        tally::tell_of(&told);
        shared.told.lock().unwrap_or_else(PoisonError::into_inner).push(told);
    }
    for stage in stages.values() {
        stage.close().await;
    }
    Ok(())
}
