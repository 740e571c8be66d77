//! `run`: cases against a target, reports, and an exit code that says what came of it.

use {
    super::{Exit, connect, execute::execute, flags::RunArgs, print, warn},
    crate::{
        batch::Item,
        catalog::Catalog,
        known,
        report::{self, Count, Report, terminal},
        run::Run,
        verdict::{Outcome, Verdict, name},
    },
    std::{fs, path::Path, sync::Arc},
};

/// Runs the command.
pub(super) async fn run(catalog: Arc<Catalog>, args: Box<RunArgs>) -> Result<u8, Exit> {
    let known = args.known_failing.as_deref().map(known::read).transpose().map_err(Exit::usage)?;
    let items = args.selection.items(&catalog);
    if items.is_empty() {
        return Err(Exit::nothing_selected());
    }
    let target = connect::target(&args.kubernetes, &args.google, args.qps).await?;
    let mut run = Run::new(catalog, target, args.selection.level);
    run.read_only = args.read_only;
    if args.dry_run {
        return Ok(plan(&run, &items));
    }
    let (run, mut outcomes) = execute(run, items, args.parallel).await?;
    let stale = known.map(|it| known::excuse(&it, &mut outcomes)).unwrap_or_default();
    if let Some(folder) = &args.report_dir {
        write(folder, &Report { run: &run, outcomes: &outcomes })?;
    }
    for line in &stale {
        warn(&format!("stale: {line}"));
    }
    print(&terminal::report(&run.catalog, &outcomes, args.trace));
    Ok(code(&outcomes, &stale))
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

fn plan(run: &Run, items: &[Item]) -> u8 {
    if run.needs_namespace(items) {
        print(&format!("would make the namespace {}\n", run.namespace));
    }
    print(&format!("would run at {}:\n", run.target.facts.server()));
    for (id, variant) in items {
        let case = run.catalog.cases.get(id);
        let skipped = case.and_then(|case| run.skipped(id, case, *variant));
        let why = skipped.map(|why| format!(" (skipped: {why})")).unwrap_or_default();
        print(&format!("  {}{why}\n", name(id, *variant)));
    }
    0
}

fn write(folder: &Path, report: &Report<'_>) -> Result<(), Exit> {
    let junit = report::junit::report(report).map_err(Exit::usage)?;
    let json = report::json::report(report);
    let html = report::html::report(report).map_err(Exit::usage)?;
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(folder.join("junit.xml"), junit))
        .and_then(|()| fs::write(folder.join("report.json"), json))
        .and_then(|()| fs::write(folder.join("report.html"), html))
        .map_err(|error| Exit::usage(format!("{}: {error}", folder.display())))
}
