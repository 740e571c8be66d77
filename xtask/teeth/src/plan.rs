//! Which lies are told: every case is recorded once, honestly, and lies are made up of what it was
//! answered.

use {
    crate::{
        Args, reply,
        stage::Stage,
        sweep::{self, Kinds},
        telling::Telling,
        upstream::Server,
    },
    std::sync::Arc,
    token_conformance::{
        batch::Item,
        case::{Need, Step},
        catalog::Catalog,
        glob,
    },
};

/// The cap of a server whose cap is tested, and of one that has none.
pub(crate) fn cap(capped: bool) -> u64 {
    if capped { 7200 } else { 0 }
}

/// What is told, and whether all cases pass as long as nobody lies.
pub(crate) struct Plan {
    pub(crate) tellings: Vec<Telling>,
    pub(crate) is_honest: bool,
}

/// Records every case once, and makes up the lies.
pub(crate) async fn make(args: &Args, catalog: &Arc<Catalog>) -> Result<Plan, String> {
    let caps = |item: &Item| catalog.cases[&item.0].needs.contains(&Need::Capped);
    let (capped, free): (Vec<_>, Vec<_>) = items(catalog, &args.run).into_iter().partition(caps);
    let mut plan = Plan { tellings: Vec::new(), is_honest: true };
    for (items, capped) in [(free, false), (capped, true)] {
        if items.is_empty() || (capped && args.server.is_named()) {
            continue;
        }
        let kinds = kinds(catalog, &args.server, items, capped, &mut plan).await?;
        for (name, kind) in kinds.into_iter().filter(|(it, _)| glob::matches(&args.kind, it)) {
            let told = Telling::all(&name, kind, capped).into_iter();
            plan.tellings.extend(told.filter(|it| is_chosen(args, it)));
        }
    }
    plan.tellings = plan.tellings.into_iter().step_by(args.one_in.max(1)).collect();
    Ok(plan)
}

/// The cases of a pattern, in all their variants.
pub(crate) fn items(catalog: &Catalog, pattern: &str) -> Vec<Item> {
    let cases = catalog.cases.iter().filter(|(id, _)| glob::matches(pattern, id));
    cases.flat_map(|(id, case)| case.variants().into_iter().map(|it| (id.clone(), it))).collect()
}

async fn kinds(
    catalog: &Arc<Catalog>,
    server: &Server,
    items: Vec<Item>,
    capped: bool,
    plan: &mut Plan,
) -> Result<Kinds, String> {
    let stage = Stage::new(Arc::clone(catalog), server, cap(capped)).await?;
    let applies = |it: &Item| stage.skipped(it).is_none() && !waits(catalog, server, it);
    let items: Vec<Item> = items.into_iter().filter(applies).collect();
    let mut kinds = Kinds::new();
    let failed = sweep::record(&stage, catalog, &items, &mut kinds).await;
    failed.iter().for_each(|it| println!("an honest server fails: {it}"));
    plan.is_honest &= failed.is_empty();
    // What the suite asks before it runs any case.
    for (request, answer) in &stage.learn(catalog).await? {
        if let Some(kind) = kinds.get_mut(&reply::kind(request, answer)) {
            kind.is_prepared = true;
        }
    }
    stage.close().await;
    Ok(kinds)
}

/// Whether a case waits for what only the server's own clock brings about, and that cannot be moved:
/// the end of what was deleted.
pub(crate) fn waits(catalog: &Catalog, server: &Server, (id, _): &Item) -> bool {
    let case = &catalog.cases[id];
    let deletes = |it: &Step| it.send.as_deref().is_some_and(|it| it.starts_with("DELETE "));
    server.is_named() && case.needs.contains(&Need::Clock) && case.when.0.iter().any(deletes)
}

fn is_chosen(args: &Args, telling: &Telling) -> bool {
    match &args.lie {
        Some(name) => *name == telling.to_string(),
        None => glob::matches(&args.about, &telling.lie.about.to_string()),
    }
}
