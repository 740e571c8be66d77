//! What a run is about to do, told before anything is made.

use {
    super::judge::applicable,
    crate::{
        batch::Item,
        case::Case,
        report::{identity::Identity, terminal},
        run::Run,
        verdict::name,
    },
    std::{collections::BTreeSet, fmt::Write as _},
};

/// The plan; with every case, where nothing else will follow.
pub(super) fn told(run: &Run, items: &[Item], whole: bool) -> String {
    let identity = Identity::of(run);
    let mut out = identity.told();
    let would = if whole { "would " } else { "" };
    let judged = applicable(run, items).count();
    let _ = writeln!(
        out,
        "{would}judge at level {} by {judged} of {} cases selected; suite {}, digest {}",
        run.level,
        items.len(),
        identity.suite,
        &identity.digest[..12.min(identity.digest.len())],
    );
    let _ = writeln!(out, "{would}make {}\n", made(run, items));
    if whole {
        list(&mut out, run, items);
    }
    out
}

/// What is made, in words.
fn made(run: &Run, items: &[Item]) -> String {
    let cases: Vec<&Case> = run.makers(items).collect();
    if cases.is_empty() {
        return "nothing".to_owned();
    }
    let mut parts = Vec::new();
    if run.target.kubernetes.is_some() {
        let place = if run.owns_namespace() {
            format!("the namespace {} and objects in it", run.namespace)
        } else {
            format!("objects in the namespace {}, which stays", run.namespace)
        };
        parts.push(place);
        let kinds: BTreeSet<&str> = cases.iter().flat_map(|it| it.cluster_wide()).collect();
        if !kinds.is_empty() {
            let kinds: Vec<&str> = kinds.into_iter().collect();
            parts.push(format!("cluster-wide for a moment: {}", kinds.join(", ")));
        }
    }
    if cases.iter().any(|it| it.registers || it.wants_cluster) && run.target.cluster.is_none() {
        parts.push("attached clusters in projects of their own".to_owned());
    }
    match parts.is_empty() {
        // The cluster that was named is there, and stays.
        true => "nothing".to_owned(),
        false => format!("{}; all of it is taken away at the end", parts.join("; ")),
    }
}

fn list(out: &mut String, run: &Run, items: &[Item]) {
    for (id, variant) in applicable(run, items) {
        let _ = writeln!(out, "would run: {}", name(id, *variant));
    }
    let skipped = items.iter().filter_map(|(id, variant)| {
        let case = run.catalog.cases.get(id)?;
        Some((name(id, *variant), run.skipped(id, case, *variant)?))
    });
    out.push_str(&terminal::grouped("would skip", skipped, false));
}
