//! Every lie about every kind of answer that the cases get: recorded first, honestly, then told one
//! at a time to the cases that get such an answer.

use {
    crate::{
        framed, free,
        liar::Told,
        lie::{self, About, Lie},
        reply,
        stage::{Stage, binds, is_caught},
    },
    std::{
        collections::{BTreeMap, BTreeSet},
        sync::Arc,
    },
    token_conformance::{
        batch::Item, catalog::Catalog, exchange::Api, level::Level, requirement::Sure,
        verdict::Verdict,
    },
};

/// A case that any lie about tokens spoils, whatever else it does.
const PLAIN: &str = "kubernetes/token-request/empty-request-is-answered-with-a-token";

/// What is known of one kind of answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kind {
    /// The cases that get it.
    pub(crate) cases: BTreeSet<(String, Wrapped)>,
    /// What can be lied about in it.
    pub(crate) lies: BTreeSet<About>,
    /// Whether it is asked for before any case is run.
    pub(crate) is_learned: bool,
    /// Whether a requirement that binds at the default level speaks of it.
    pub(crate) binds: bool,
    /// Whether a requirement was seen on the real server, and not only read or concluded.
    pub(crate) was_seen: bool,
}

/// A variant that can be ordered.
pub(crate) type Wrapped = token_conformance::variant::Variant;

/// The kinds of answers by what they are.
pub(crate) type Kinds = BTreeMap<String, Kind>;

/// What became of a lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The suite tells at its default level.
    Caught,
    /// It tells at the level `observed`, and nobody acts on that.
    Observed,
    /// It does not tell at its default level, but someone may act on that.
    TooLate,
    /// It does not tell.
    Missed,
    /// It gives up before it judges anything, which says nothing of what the lie is about.
    Unjudged,
    /// There was nothing to lie about, or nobody could know.
    Untold,
}

/// Runs cases honestly, and gathers what they are answered. Cases that fail are named.
pub(crate) async fn record(
    stage: &Stage,
    catalog: &Catalog,
    items: &[Item],
    kinds: &mut Kinds,
) -> Vec<String> {
    let mut failed = Vec::new();
    for item in items {
        stage.liar.record();
        let verdict = stage.judge(item, Level::Observed).await;
        let heard = stage.liar.heard();
        if verdict != Verdict::Passed {
            if !matches!(verdict, Verdict::Skipped(_)) {
                failed.push(format!("{} {verdict:?}", item.0));
            }
            continue;
        }
        for (request, answer) in heard.iter().filter(|(it, _)| crate::liar::is_judged(it)) {
            let kind = kinds.entry(reply::kind(request, answer)).or_default();
            kind.cases.insert(item.clone());
            kind.binds |= binds(catalog, &item.0, Level::Should);
            kind.was_seen |= was_seen(catalog, &item.0);
            let google = Api::of(&request.path) == Api::Google;
            let can = |about: &About| {
                (google || !about.is_akin()) && framed::can_say(request, answer, about)
            };
            kind.lies.extend(lie::about(answer).into_iter().filter(can));
        }
    }
    failed
}

/// Whether the requirement of a case was seen on the real server.
fn was_seen(catalog: &Catalog, id: &str) -> bool {
    let requirement = catalog.cases.get(id).and_then(|case| catalog.requirement(case));
    requirement.is_some_and(|it| it.sure == Sure::Ran)
}

/// Tells one lie to the cases that it is about.
pub(crate) async fn tell(stage: &Stage, lie: Lie, kind: &Kind) -> Fate {
    if free::is_unknowable(&lie) {
        return Fate::Untold;
    }
    let told = Arc::new(Told { lie: lie.clone(), always: false });
    stage.liar.set(Some(told));
    let mut was_told = false;
    for (level, fate) in [(Level::Should, Fate::Caught), (Level::Observed, Fate::Observed)] {
        for item in &kind.cases {
            let caught = is_caught(&stage.judge(item, level).await);
            was_told |= stage.liar.has_lied();
            if caught && stage.liar.has_lied() {
                stage.liar.set(None);
                let free = free::is_free(&lie) || (!kind.was_seen && free::is_chosen(&lie));
                let early = fate == Fate::Caught || !kind.binds || free;
                return if early { fate } else { Fate::TooLate };
            }
        }
        if !was_told {
            break;
        }
    }
    stage.liar.set(None);
    if was_told { Fate::Missed } else { Fate::Untold }
}

/// Tells one lie from the moment on at which the suite gets to know the server.
pub(crate) async fn tell_from_the_start(stage: &Stage, lie: Lie, kind: &Kind) -> Fate {
    if free::is_unknowable(&lie) || free::is_free(&lie) {
        return Fate::Untold;
    }
    let mut items: Vec<Item> = kind.cases.iter().cloned().collect();
    items.push((PLAIN.to_owned(), Wrapped::Json));
    let told = Arc::new(Told { lie, always: true });
    match stage.judge_from_the_start(told, &items, Level::Should).await {
        Ok(told) if told.is_empty() => Fate::Missed,
        Ok(_) => Fate::Caught,
        Err(_) => Fate::Unjudged,
    }
}

/// Whether some case tells of what the liar does, if he can do it at all.
pub(crate) async fn first_to_tell(stage: &Stage, items: &[Item]) -> Option<bool> {
    for item in items {
        let verdict = stage.judge(item, Level::Should).await;
        if is_caught(&verdict) && stage.liar.has_lied() {
            return Some(true);
        }
    }
    stage.liar.has_lied().then_some(false)
}
