//! `run`: cases against a target, reports, and an exit code that says what came of it.

use {
    super::{
        Exit, connect,
        execute::execute,
        files::{self, file_error},
        flags::{Limits, Reports, RunArgs},
        plan, print, print_painted, reports, warn,
    },
    crate::{
        batch::Item,
        catalog::Catalog,
        known::{self, List},
        report::{Count, Report, terminal},
        run::Run,
        verdict::{Outcome, Verdict},
    },
    std::{fs, io, path::Path, sync::Arc, time::Instant},
};

/// Runs the command.
pub(super) async fn run(catalog: Arc<Catalog>, args: Box<RunArgs>) -> Result<u8, Exit> {
    let RunArgs { kubernetes, google, selection, limits, reports } = *args;
    let mut known = known_failing(&reports)?;
    known.iter().for_each(|it| warn_of_expired(&reports, it));
    let items = selection.items(&catalog);
    if items.is_empty() {
        return Err(Exit::nothing_selected());
    }
    writable(&reports)?;
    let target = connect::target(&kubernetes, &google, limits.qps).await?;
    let run = prepared(Run::new(catalog, target, selection.level), &limits);
    print(&plan::told(&run, &items, limits.dry_run));
    if limits.dry_run {
        return Ok(0);
    }
    let started = Instant::now();
    let (run, mut outcomes) = execute(run, items, limits.parallel.into()).await?;
    let took = started.elapsed();
    if let (Some(known), true) = (&mut known, reports.update_known_failing) {
        // What somebody wrote there while the cases ran stays.
        *known = known_failing(&reports)?.unwrap_or_else(|| known.clone());
        update(known, &reports, &run.catalog, &outcomes)?;
    }
    let stale = known.map(|it| excuse(&it, &run.catalog, &mut outcomes)).unwrap_or_default();
    for line in &stale {
        warn(&format!("stale: {line}"));
    }
    print_painted(&terminal::report(&run.catalog, &outcomes, reports.trace, took));
    if let Some(folder) = &reports.report_dir {
        reports::write(folder, &Report { run: &run, outcomes: &outcomes, took })?;
    }
    Ok(code(&outcomes, &stale))
}

fn prepared(run: Run, limits: &Limits) -> Run {
    let mut run = match &limits.namespace {
        Some(namespace) => run.within(namespace),
        None => run,
    };
    run.read_only = limits.read_only;
    run
}

/// Finds out before the run whether what comes of it can be written.
fn writable(reports: &Reports) -> Result<(), Exit> {
    if let Some(folder) = &reports.report_dir {
        reports::prepare(folder)?;
    }
    if let (Some(path), true) = (&reports.known_failing, reports.update_known_failing) {
        let opened = match path.exists() {
            true => fs::OpenOptions::new().append(true).open(path).map(drop),
            false => files::writable(path.parent().unwrap_or(Path::new(""))),
        };
        opened.map_err(|error| file_error(path, error))?;
    }
    Ok(())
}

/// The list of known failures. One that is to be written need not be there yet.
fn known_failing(reports: &Reports) -> Result<Option<List>, Exit> {
    let Some(path) = &reports.known_failing else { return Ok(None) };
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && reports.update_known_failing => {
            String::new()
        }
        text => text.map_err(|error| file_error(path, error))?,
    };
    let list = List::parse(&text).map_err(|why| file_error(path, why))?;
    Ok(Some(list))
}

fn warn_of_expired(reports: &Reports, list: &List) {
    let Some(path) = &reports.known_failing else { return };
    for pattern in list.expired() {
        warn(&format!(
            "{}: the entry {pattern} has expired and excuses no failure: mend the failure, or move the date in until",
            path.display()
        ));
    }
}

/// Writes the list anew, and what it says from now on.
fn update(
    known: &mut List,
    reports: &Reports,
    catalog: &Catalog,
    outcomes: &[Outcome],
) -> Result<(), Exit> {
    let Some(path) = &reports.known_failing else { return Ok(()) };
    let (text, changes) = known.updated(&known::names(catalog), outcomes);
    *known = List::parse(&text).map_err(|why| file_error(path, why))?;
    if changes.is_empty() {
        return Ok(());
    }
    files::rewrite(path, &text).map_err(|error| file_error(path, error))?;
    for change in changes {
        warn(&format!("{}: {change}", path.display()));
    }
    warn(&format!("{}: written anew", path.display()));
    Ok(())
}

/// What was not selected cannot be told to be stale.
fn excuse(known: &List, catalog: &Catalog, outcomes: &mut [Outcome]) -> Vec<String> {
    let entries = known.concerning(&known::names(catalog), outcomes);
    known::excuse(&entries, outcomes)
}

/// The exit code of a run.
pub(super) fn code(outcomes: &[Outcome], stale: &[String]) -> u8 {
    let count = Count::of(outcomes);
    let judged = outcomes
        .iter()
        .any(|it| !matches!(it.verdict, Verdict::CouldNotRun(_) | Verdict::Skipped(_)));
    match (judged, count.failed, stale) {
        (false, ..) => 3,
        (true, 1.., _) => 1,
        (true, 0, [_, ..]) => 4,
        (true, 0, []) => 0,
    }
}

/// The items of a selection as they are told in a plan.
pub(super) fn applicable<'a>(run: &'a Run, items: &'a [Item]) -> impl Iterator<Item = &'a Item> {
    items.iter().filter(|(id, variant)| {
        run.catalog.cases.get(id).is_some_and(|it| run.skipped(id, it, *variant).is_none())
    })
}
