//! `record`: what a kube-apiserver answers becomes the snapshots.

use {
    super::{
        Exit, connect,
        execute::execute,
        files::{self, Found, file_error, foreign},
        flags::{Google, RecordArgs, Selection},
        judge::code,
        print,
    },
    crate::{
        case::Need,
        catalog::Catalog,
        level::Level,
        report::{diff, escape, terminal},
        run::{Compared, Run},
        snapshot::{self, Snapshot},
        verdict::{Outcome, Verdict},
    },
    std::{collections::BTreeMap, fs, path::Path, sync::Arc, time::Instant},
};

/// Runs the command. A case that fails keeps the snapshot that it had.
pub(super) async fn record(catalog: Arc<Catalog>, args: Box<RecordArgs>) -> Result<u8, Exit> {
    let selection = Selection { run: args.run, skip: Vec::new(), level: Level::Observed };
    let mut items = selection.items(&catalog);
    items.retain(|(id, variant)| {
        let case = catalog.cases.get(id);
        variant.records() && case.is_some_and(|it| it.is_recorded_from_kubernetes(id))
    });
    if items.is_empty() {
        return Err(Exit::nothing_selected());
    }
    let target = connect::target(&args.kubernetes, &Google::default(), None).await?;
    // Whatever it says it is: what it answers is to be judged by a recording, not to become one.
    if target.facts.features.contains(&Need::Clock) {
        return Err(Exit::usage(
            "this is an emulator: record from a kube-apiserver; nothing was written",
        ));
    }
    // It becomes a line of each snapshot.
    if !target.facts.version.as_deref().is_some_and(is_version) {
        return Err(Exit::usage(
            "gitVersion at /version is not the version of a Kubernetes release, such as v1.37.1: \
             record from a kube-apiserver; nothing was written",
        ));
    }
    items.iter().try_for_each(|(id, _)| before(&args.into, id).map(drop))?;
    let mut run = Run::new(catalog, target, Level::Observed);
    run.compared = Compared::Nothing;
    let started = Instant::now();
    let (run, outcomes) = execute(run, items, 8).await?;
    let took = started.elapsed();
    let mut cases: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
    for outcome in &outcomes {
        cases.entry(&outcome.case).or_default().push(outcome);
    }
    for (id, outcomes) in cases {
        if outcomes.iter().all(|it| it.verdict == Verdict::Passed) {
            write(&run, id, &outcomes, &args.into)?;
        }
    }
    print(&terminal::report(&run.catalog, &outcomes, false, took));
    Ok(code(&outcomes, &[]))
}

fn is_version(text: &str) -> bool {
    text.starts_with('v')
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || b".-+".contains(&it))
}

/// The snapshot of a case as it is there, or nothing. What is no snapshot is not written over.
fn before(into: &Path, id: &str) -> Result<String, Exit> {
    let path = into.join(format!("{id}.snap"));
    match files::look(&path).map_err(|error| file_error(&path, error))? {
        Found::Nothing => Ok(String::new()),
        Found::File(content) => {
            let text = String::from_utf8_lossy(&content).into_owned();
            let is_own = text.trim().is_empty() || Snapshot::parse(&text).is_ok();
            is_own
                .then_some(text)
                .ok_or_else(|| foreign(&path, "it is not a snapshot; name another --into"))
        }
        Found::Other => Err(foreign(&path, "it is not a regular file; name another --into")),
    }
}

/// Writes the snapshot of a case, unless it stands there already.
fn write(run: &Run, id: &str, outcomes: &[&Outcome], into: &Path) -> Result<(), Exit> {
    let sections: Vec<_> = outcomes.iter().map(|it| (it.variant, it.transcript.clone())).collect();
    let requirement = run.catalog.cases.get(id).map(|it| it.requirement.clone());
    let snapshot = Snapshot {
        requirement: requirement.unwrap_or_default(),
        recorded_from: run.target.facts.server(),
        contents: snapshot::contents(&sections),
    };
    let path = into.join(format!("{id}.snap"));
    let text = snapshot.file();
    let before = before(into, id)?;
    if before == text {
        return Ok(());
    }
    let written = fs::create_dir_all(path.parent().unwrap_or(into))
        .and_then(|()| files::replace(&path, &text));
    written.map_err(|error| file_error(&path, error))?;
    print(&recorded(&path, &before, &text));
    Ok(())
}

/// What is said of a snapshot that was written. The texts are a server's.
fn recorded(path: &Path, before: &str, text: &str) -> String {
    let changes = escape::block(&diff::told(before, text), "");
    format!("recorded: {}\n{changes}\n", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_commands_no_pipeline() {
        let text = "< 200\n##[error]x\nx ##vso[task.complete result=Succeeded;]\u{1b}[2J\n";
        assert_eq!(
            recorded(Path::new("a.snap"), "< 200\n", text),
            "recorded: a.snap\n    < 200\n  + #\\u{23}[error]x\n\
             \x20 + x #\\u{23}vso[task.complete result=Succeeded;]\\u{1b}[2J\n"
        );
    }
}
