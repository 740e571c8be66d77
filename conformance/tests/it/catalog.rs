//! The catalog that the binary carries.

use {
    crate::emulator::CATALOG,
    std::path::Path,
    token_conformance::{
        case::{Case, Need, Step},
        catalog::Catalog,
    },
};

#[test]
fn every_case_is_recorded() {
    let missing: Vec<_> =
        CATALOG.cases.keys().filter(|id| !CATALOG.snapshots.contains_key(*id)).collect();
    assert!(missing.is_empty(), "no snapshot: {missing:?}");
}

#[test]
fn a_snapshot_says_whose_it_is() {
    for (id, snapshot) in &CATALOG.snapshots {
        let case = &CATALOG.cases[id];
        let author = if case.is_recorded_from_kubernetes(id) {
            "kube-apiserver v1."
        } else {
            "token-emulator"
        };
        assert!(snapshot.recorded_from.starts_with(author), "{id}: {}", snapshot.recorded_from);
        assert_eq!(snapshot.requirement, case.requirement, "{id}");
    }
}

#[test]
fn the_binary_carries_what_the_folders_hold() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = Catalog::read(&root).unwrap();
    assert!(read.cases.keys().eq(CATALOG.cases.keys()));
    assert!(read.snapshots == CATALOG.snapshots);
}

#[test]
fn cases_are_short() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let mut lines: Vec<usize> = CATALOG
        .cases
        .keys()
        .map(|id| {
            std::fs::read_to_string(folder.join(format!("{id}.yaml"))).unwrap().lines().count()
        })
        .collect();
    lines.sort_unstable();
    assert!(lines[lines.len() / 2] < 15, "the median case has {} lines", lines[lines.len() / 2]);
}

#[test]
fn no_snapshot_holds_a_credential() {
    for (id, snapshot) in &CATALOG.snapshots {
        for mark in ["eyJ", "ya29.", "Bearer ey"] {
            assert!(!snapshot.contents.contains(mark), "{id} holds {mark}");
        }
    }
}

/// Whether a step deletes nothing but what the suite made, whatever the server takes it for.
fn deletes_its_own(case: &Case, step: &Step) -> bool {
    let Some(path) = step.send.as_deref().and_then(|it| it.strip_prefix("DELETE ")) else {
        return true;
    };
    let shared = ["$namespace", "$parent", "$project"];
    let own = shared.iter().fold(path.to_owned(), |path, it| path.replace(it, ""));
    let dry = step.query.as_deref().is_some_and(|it| it.contains("dryRun=All"));
    // These are documents and verdicts: nobody's objects.
    let nobodys = ["/.well-known/", "/api/v1/componentstatuses/"];
    own.contains('$')
        || dry
        || case.needs.contains(&Need::OwnNamespace)
        || nobodys.iter().any(|it| path.starts_with(it))
}

#[test]
fn what_is_deleted_is_the_suites_own() {
    for (id, case) in &CATALOG.cases {
        assert!(case.when.0.iter().all(|it| deletes_its_own(case, it)), "{id}");
    }
}
