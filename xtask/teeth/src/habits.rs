//! One habit after another, all through the Kubernetes cases, and what the suite tells of each.

use {
    crate::{
        Args,
        habit::{self, Habit},
        plan,
        stage::Stage,
        sweep,
    },
    std::sync::Arc,
    token_conformance::{batch::Item, catalog::Catalog, glob, level::Level},
};

/// The habits that are given in to: none where single lies are asked for.
pub(crate) fn chosen(args: &Args) -> Vec<Habit> {
    if args.one_in > 1 || args.lie.is_some() || args.kind != "*" {
        return Vec::new();
    }
    habit::all().into_iter().filter(|it| glob::matches(&args.about, it.name)).collect()
}

/// Gives in to each; whether all are caught, and a managed cluster is wronged by no case.
pub(crate) async fn give_in(
    args: &Args,
    catalog: &Arc<Catalog>,
    habits: Vec<Habit>,
) -> Result<bool, String> {
    if habits.is_empty() {
        return Ok(true);
    }
    let stage = Stage::new(Arc::clone(catalog), &args.server, 0).await?;
    let items: Vec<Item> = plan::items(catalog, &args.run)
        .into_iter()
        .filter(|item| item.0.starts_with("kubernetes/"))
        .filter(|item| stage.skipped(item).is_none() && !plan::waits(catalog, &args.server, item))
        .collect();
    let (mut tried, mut caught) = (habits.len(), 0);
    for habit in habits {
        let name = habit.name;
        stage.liar.set(Some(Arc::new(habit)));
        match sweep::first_to_tell(&stage, &items).await {
            Some(true) => caught += 1,
            // Some can be had only in cases that ask for what they are about.
            None if args.run != "*" => {
                tried -= 1;
                println!("untold: a server that {name}");
            }
            told => {
                let missed = if told.is_some() { "missed" } else { "never lied" };
                println!("{missed}: a server that {name}");
                println!("  cargo xtask teeth --run '{}' --about '{name}'", args.run);
            }
        }
    }
    let managed = Arc::new(habit::managed());
    let wronged = stage.judge_from_the_start(managed, &items, Level::Must).await?;
    wronged.iter().for_each(|it| println!("a managed cluster is wronged: {it}"));
    stage.close().await;
    println!("habits: {caught} of {tried} caught");
    Ok(caught == tried && wronged.is_empty())
}
