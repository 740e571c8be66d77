//! The catalog that the binary carries.

use {
    crate::emulator::CATALOG,
    std::path::Path,
    token_conformance::{
        case::{Case, Need, Step},
        catalog::Catalog,
        yaml,
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

/// Whether a step removes nothing but what the suite made, whatever the server takes it for.
fn removes_its_own(case: &Case, step: &Step) -> bool {
    let Some(target) = removed(step) else { return true };
    let needs: Vec<Need> = case.all_needs().collect();
    let dry = step.query.as_deref().is_some_and(|it| it.contains("dryRun=All"));
    // These are documents and verdicts: nobody's objects.
    let nobodys = ["/.well-known/", "/api/v1/componentstatuses/", "$reviews"];
    let own = |name: &str| match name {
        "namespace" => needs.contains(&Need::OwnNamespace),
        "parent" | "cluster" if needs.contains(&Need::OwnClusters) => true,
        _ => is_own(case, name),
    };
    dry || nobodys.iter().any(|it| target.starts_with(it)) || names(&target).any(own)
}

/// What a step asks to be removed or ended, by a method or by its name in a header or a query.
fn removed(step: &Step) -> Option<String> {
    if let Some(method) = &step.call {
        let removes = [".Delete", ".Cancel"].iter().any(|it| method.contains(it));
        let name = step.body.as_ref().and_then(|it| it["name"].as_str()).unwrap_or_default();
        return removes.then(|| name.to_owned());
    }
    let (method, target) = step.send.as_deref()?.split_once(' ')?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let told = step.headers.iter().any(|(name, it)| {
        name.eq_ignore_ascii_case("x-http-method-override") && it.to_string().contains("DELETE")
    });
    let queries = [query, step.query.as_deref().unwrap_or_default()];
    let asked = queries.iter().any(|it| it.contains("httpMethod=DELETE"));
    let verb = [":cancel", ":delete"].iter().any(|it| path.ends_with(it));
    (method == "DELETE" || told || asked || verb).then(|| path.to_owned())
}

/// The `$names` in a text.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).map(|it| {
        let end = it.find(|it: char| !(it.is_ascii_alphanumeric() || it == '_'));
        &it[..end.unwrap_or(it.len())]
    })
}

/// Whether a name holds the run's suffix, or is of something that the case made.
fn is_own(case: &Case, name: &str) -> bool {
    let makes = |step: &Step| {
        let call = step.call.as_deref().is_some_and(|it| it.contains(".Create"));
        let send = step.send.as_deref().is_some_and(|it| it.starts_with("POST "));
        call || send || step.register.is_some()
    };
    let captured = |step: &Step| makes(step) && step.capture.0.iter().any(|(it, _)| it == name);
    matches!(name, "suffix" | "sa" | "new")
        || case.given.objects.0.iter().any(|(it, _)| it == name)
        || case.when.0.iter().any(captured)
}

#[test]
fn what_is_removed_is_the_suites_own() {
    for (id, case) in &CATALOG.cases {
        assert!(case.when.0.iter().all(|it| removes_its_own(case, it)), "{id}");
    }
}

#[test]
fn what_may_be_somebody_elses_is_not_removed() {
    let owns = |when: &str| {
        let text = format!("requirement: r\nwhen: {when}\nthen: {{status: 200}}");
        let mut case: Case = yaml::read(&text).unwrap();
        case.imply(&text);
        case.when.0.iter().all(|it| removes_its_own(&case, it))
    };
    let cluster = "$parent/attachedClusters/none";
    for (when, own) in [
        (
            format!("{{call: AttachedClusters.DeleteAttachedCluster, body: {{name: {cluster}}}}}"),
            false,
        ),
        (
            format!(
                "{{call: AttachedClusters.DeleteAttachedCluster, body: {{name: {cluster}-$suffix}}}}"
            ),
            true,
        ),
        (
            "{call: AttachedClusters.DeleteAttachedCluster, body: {name: $cluster}}".to_owned(),
            false,
        ),
        (
            "{call: Operations.CancelOperation, body: {name: $parent/operations/none}}".to_owned(),
            false,
        ),
        (format!("{{send: DELETE /v1/{cluster}}}"), false),
        (
            format!("{{send: POST /v1/{cluster}, headers: {{X-HTTP-Method-Override: DELETE}}}}"),
            false,
        ),
        (format!("{{send: 'POST /v1/{cluster}?$$httpMethod=DELETE'}}"), false),
        ("{send: 'POST /v1/$parent/operations/none:cancel'}".to_owned(), false),
        ("{send: DELETE /api/v1/namespaces/$namespace/secrets/kept}".to_owned(), false),
        ("{send: DELETE /api/v1/namespaces/$namespace/secrets/$sa-kept}".to_owned(), true),
        (
            "[{send: GET /v1/$parent/operations, capture: {it: name}}, {send: DELETE /v1/$it}]"
                .to_owned(),
            false,
        ),
    ] {
        assert_eq!(owns(&when), own, "{when}");
    }
}
