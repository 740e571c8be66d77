//! Every case, in every variant, on an emulator in this process. What was recorded from a
//! kube-apiserver is never rewritten here; the rest is insta's to accept.

use {
    crate::emulator::{self, CATALOG, RUNTIME},
    rstest::rstest,
    std::{
        path::{Path, PathBuf},
        time::Duration,
    },
    token_conformance::{
        case::Case,
        known,
        report::{Count, terminal},
        snapshot::{self, Snapshot},
        verdict::{Outcome, Verdict},
    },
};

#[rstest]
fn case(
    #[files("kubernetes/**/*.yaml")]
    #[files("google/**/*.yaml")]
    #[base_dir = "../fixtures"]
    path: PathBuf,
) {
    let id = id(&path);
    let case = &CATALOG.cases[&id];
    let mut outcomes = emulator::with(case, |judged| {
        let variants = case.variants().into_iter();
        variants.map(|it| RUNTIME.block_on(judged.run.case(&id, case, it))).collect::<Vec<_>>()
    });
    let stale = known::excuse(&known_failing(&id), &mut outcomes);
    assert_eq!(stale, [""; 0], "take it off fixtures/targets/emulator.yaml");
    let report = terminal::report(&CATALOG, &outcomes, false, Duration::ZERO);
    assert_eq!(Count::of(&outcomes).failed, 0, "\n{report}");
    if !outcomes.iter().any(|it| matches!(it.verdict, Verdict::KnownFailing(_))) {
        compare(&id, case, &outcomes);
    }
}

/// Compares with the snapshot. One of a kube-apiserver has been compared already, section by
/// section; here the file as a whole has to be there.
fn compare(id: &str, case: &Case, outcomes: &[Outcome]) {
    let sections: Vec<_> = outcomes
        .iter()
        .filter(|it| it.variant.records() && it.verdict == Verdict::Passed)
        .map(|it| (it.variant, it.transcript.clone()))
        .collect();
    assert!(!sections.is_empty(), "nothing was judged: {:?}", outcomes[0].verdict);
    let got = Snapshot {
        requirement: case.requirement.clone(),
        recorded_from: snapshot::EMULATOR.to_owned(),
        contents: snapshot::contents(&sections),
    };
    if case.is_recorded_from_kubernetes(id) {
        let recorded = CATALOG.snapshots.get(id);
        let recorded = recorded.expect("token-conformance record has to write its snapshot");
        assert_eq!(recorded.requirement, case.requirement);
        assert_eq!(recorded.contents, got.contents);
        return;
    }
    let (folder, name) = id.rsplit_once('/').unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../snapshots");
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(root.join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(got.description());
    settings.bind(|| insta::assert_snapshot!(name, got.contents));
}

/// What is known of a case on this emulator.
fn known_failing(id: &str) -> Vec<known::Entry> {
    let known = CATALOG.targets.get("emulator");
    let known = known.iter().flat_map(|it| &it.known_failing.0);
    let own = known.filter(|(name, _)| name.split('@').next() == Some(id)).cloned();
    own.map(|(pattern, reason)| known::Entry { pattern, reason, expired: false }).collect()
}

fn id(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|it| it.as_os_str().to_string_lossy()).collect();
    let at = parts.iter().rposition(|it| it == "fixtures").unwrap();
    parts[at + 1..].join("/").trim_end_matches(".yaml").to_owned()
}
