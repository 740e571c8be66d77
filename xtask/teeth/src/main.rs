//! Stands before a server, lies in one thing at a time, and sees whether the suite tells: every lie
//! about what a requirement speaks of has to be caught. `cargo xtask teeth` builds and runs it.
#![expect(clippy::print_stdout, reason = "a command line tool talks by printing")]

mod akin;
mod framed;
mod free;
mod front;
mod habit;
mod liar;
mod lie;
mod reply;
mod stage;
mod sweep;
mod twist;
mod upstream;

use {
    clap::Parser,
    lie::Lie,
    stage::Stage,
    std::{
        collections::{BTreeMap, btree_map::Entry},
        path::PathBuf,
        process::ExitCode,
        sync::{
            Arc, Mutex, PoisonError,
            atomic::{AtomicUsize, Ordering},
        },
        time::Instant,
    },
    sweep::{Fate, Kind, Kinds},
    token_conformance::{batch::Item, case::Need, catalog::Catalog, glob, level::Level},
};

/// The cap of a server whose cap is tested.
const CAP: u64 = 7200;

/// Lies about every answer that the cases get, and counts what is caught.
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    server: upstream::Server,
    /// The cases that are asked: a pattern of their names.
    #[arg(long, default_value = "*")]
    run: String,
    /// Only every so many lies are told, and no habits.
    #[arg(long, default_value_t = 1)]
    one_in: usize,
    /// The kinds of answers that are lied about: a pattern.
    #[arg(long, default_value = "*")]
    kind: String,
    /// What is lied about: a pattern.
    #[arg(long, default_value = "*")]
    about: String,
    /// A folder with fixtures and snapshots, instead of those in the program.
    #[arg(long)]
    suite: Option<PathBuf>,
    /// How many liars there are at once.
    #[arg(long, default_value_t = 4)]
    parallel: usize,
}

/// A lie, the cases that it is told to, and from when on.
struct Task {
    lie: Lie,
    kind: Arc<Kind>,
    from_the_start: bool,
    capped: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            println!("teeth: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<bool, String> {
    let started = Instant::now();
    let catalog = Arc::new(catalog(&args)?);
    let (tasks, honest) = tasks(&args, &catalog).await?;
    let tasks: Vec<Task> = tasks.into_iter().step_by(args.one_in.max(1)).collect();
    println!("{} lies to tell, after {:.1} s", tasks.len(), started.elapsed().as_secs_f64());
    if tasks.is_empty() {
        return Err("nothing is lied about: no case, kind or member has such a name".to_owned());
    }
    let fates = tell_all(&args, &catalog, tasks).await?;
    let good = report(&fates) & (args.one_in > 1 || habits(&args, &catalog).await?);
    println!("{:.1} s", started.elapsed().as_secs_f64());
    Ok(good && honest)
}

fn catalog(args: &Args) -> Result<Catalog, String> {
    let read = args.suite.as_ref().map_or_else(Catalog::embedded, |it| Catalog::read(it));
    read.map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

/// Records every case once, and makes up the lies.
async fn tasks(args: &Args, catalog: &Arc<Catalog>) -> Result<(Vec<Task>, bool), String> {
    let all: Vec<Item> = catalog
        .cases
        .iter()
        .filter(|(id, _)| glob::matches(&args.run, id))
        .flat_map(|(id, case)| case.variants().into_iter().map(|it| (id.clone(), it)))
        .collect();
    let caps = |item: &Item| catalog.cases[&item.0].needs.contains(&Need::TwoHourCap);
    let (capped, free): (Vec<_>, Vec<_>) = all.into_iter().partition(caps);
    let (mut tasks, mut honest) = (Vec::new(), true);
    for (items, capped) in [(free, false), (capped, true)] {
        if items.is_empty() || (capped && args.server.is_named()) {
            continue;
        }
        let stage = Stage::new(Arc::clone(catalog), &args.server, cap(capped)).await?;
        let items: Vec<Item> = items.into_iter().filter(|it| stage.skipped(it).is_none()).collect();
        let mut kinds = Kinds::new();
        let failed = sweep::record(&stage, catalog, &items, &mut kinds).await;
        failed.iter().for_each(|it| println!("an honest server fails: {it}"));
        honest &= failed.is_empty();
        learned(&stage, catalog, &mut kinds).await?;
        stage.close().await;
        for (name, kind) in kinds.into_iter().filter(|(it, _)| glob::matches(&args.kind, it)) {
            tasks.extend(lies(args, name, kind, capped));
        }
    }
    Ok((tasks, honest))
}

/// Marks what the suite asks before it runs any case.
async fn learned(stage: &Stage, catalog: &Arc<Catalog>, kinds: &mut Kinds) -> Result<(), String> {
    let asked = stage.learn(catalog).await?;
    for (request, answer) in &asked {
        if let Some(kind) = kinds.get_mut(&reply::kind(request, answer)) {
            kind.is_learned = true;
        }
    }
    Ok(())
}

fn lies(args: &Args, name: String, kind: Kind, capped: bool) -> Vec<Task> {
    let kind = Arc::new(kind);
    let abouts = kind.lies.iter().filter(|it| glob::matches(&args.about, &it.to_string()));
    let starts: &[bool] = if kind.is_learned { &[false, true] } else { &[false] };
    abouts
        .flat_map(|about| starts.iter().map(move |start| (about, *start)))
        .map(|(about, from_the_start)| Task {
            lie: Lie { kind: name.clone(), about: about.clone() },
            kind: Arc::clone(&kind),
            from_the_start,
            capped,
        })
        .collect()
}

fn cap(capped: bool) -> u64 {
    if capped { CAP } else { 0 }
}

/// Tells all lies, several liars at once.
async fn tell_all(
    args: &Args,
    catalog: &Arc<Catalog>,
    tasks: Vec<Task>,
) -> Result<Vec<(String, Fate)>, String> {
    let (tasks, next) = (Arc::new(tasks), Arc::new(AtomicUsize::new(0)));
    let fates = Arc::new(Mutex::new(Vec::new()));
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..args.parallel.max(1) {
        let (catalog, server) = (Arc::clone(catalog), args.server.clone());
        let (tasks, next, fates) = (Arc::clone(&tasks), Arc::clone(&next), Arc::clone(&fates));
        workers.spawn(async move {
            let mut stages: BTreeMap<bool, Stage> = BTreeMap::new();
            while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                let stage = match stages.entry(task.capped) {
                    Entry::Occupied(it) => it.into_mut(),
                    Entry::Vacant(it) => {
                        let cap = cap(task.capped);
                        it.insert(Stage::new(Arc::clone(&catalog), &server, cap).await?)
                    }
                };
                let lie = task.lie.clone();
                let (fate, when) = if task.from_the_start {
                    let fate = sweep::tell_from_the_start(stage, lie, &task.kind).await;
                    (fate, " from the start")
                } else {
                    (sweep::tell(stage, lie, &task.kind).await, "")
                };
                let name = format!("{}: {}{when}", task.lie.kind, task.lie.about);
                tell_of(&name, &fate);
                fates.lock().unwrap_or_else(PoisonError::into_inner).push((name, fate));
            }
            for stage in stages.values() {
                stage.close().await;
            }
            Ok::<_, String>(())
        });
    }
    for ended in workers.join_all().await {
        ended?;
    }
    let mut fates = std::mem::take(&mut *fates.lock().unwrap_or_else(PoisonError::into_inner));
    fates.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(fates)
}

/// Gives in to one habit after another, all through the Kubernetes cases.
async fn habits(args: &Args, catalog: &Arc<Catalog>) -> Result<bool, String> {
    let stage = Stage::new(Arc::clone(catalog), &args.server, 0).await?;
    let cases = catalog.cases.iter().filter(|(id, _)| id.starts_with("kubernetes/"));
    let items: Vec<Item> = cases
        .filter(|(id, _)| glob::matches(&args.run, id))
        .flat_map(|(id, case)| case.variants().into_iter().map(|it| (id.clone(), it)))
        .filter(|item| stage.skipped(item).is_none())
        .collect();
    let (mut tried, mut caught) = (0, 0);
    for habit in habit::all().into_iter().filter(|it| glob::matches(&args.about, it.name)) {
        tried += 1;
        let name = habit.name;
        stage.liar.set(Some(Arc::new(habit)));
        match sweep::first_to_tell(&stage, &items).await {
            Some(true) => caught += 1,
            Some(false) => println!("missed: a server that {name}"),
            // Some can be had only where the clock can be moved, as the emulator's can, and each only
            // in cases that ask for what it is about.
            None if args.server.is_named() || args.run != "*" => {
                tried -= 1;
                println!("untold: a server that {name}");
            }
            None => println!("never lied: a server that {name}"),
        }
    }
    let managed = Arc::new(habit::managed());
    let wronged = stage.judge_from_the_start(managed, &items, Level::Must).await?;
    wronged.iter().for_each(|it| println!("a managed cluster is wronged: {it}"));
    stage.close().await;
    println!("{caught} of {tried} habits caught");
    Ok(caught == tried && wronged.is_empty())
}

/// Says at once what was not caught, as a whole run takes its time.
fn tell_of(name: &str, fate: &Fate) {
    match fate {
        Fate::Missed => println!("missed: {name}"),
        Fate::TooLate => println!("only at observed: {name}"),
        Fate::Unjudged => println!("nothing can be judged: {name}"),
        Fate::Caught | Fate::Observed | Fate::Untold => {}
    }
}

/// Prints how much was caught.
fn report(fates: &[(String, Fate)]) -> bool {
    let of = |fate: &Fate| fates.iter().filter(|(_, it)| it == fate).count();
    let (caught, observed) = (of(&Fate::Caught), of(&Fate::Observed));
    let (late, missed, unjudged) = (of(&Fate::TooLate), of(&Fate::Missed), of(&Fate::Unjudged));
    let tried = caught + observed + late + missed + unjudged;
    println!(
        "{} of {tried} lies caught: {caught} at should, {observed} at observed, where they belong; \
         {late} only there, {missed} nowhere; {unjudged} leave nothing to judge; {} that nobody \
         could know were not told",
        caught + observed,
        of(&Fate::Untold)
    );
    late + missed + unjudged == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A part of what `cargo xtask teeth` does, so that a check that no longer bites is noticed.
    #[tokio::test(flavor = "multi_thread")]
    async fn the_suite_tells_one_lie_in_many() {
        for run in ["kubernetes/token-re*", "google/a*"] {
            let args = Args::parse_from(["teeth", "--run", run, "--one-in", "61"]);
            assert_eq!(super::run(args).await, Ok(true), "{run}");
        }
    }
}
