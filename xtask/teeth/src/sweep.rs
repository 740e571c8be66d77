//! Every lie about every kind of answer that the cases get: recorded first, honestly, then told one
//! at a time to the cases that get such an answer.

use {
    crate::{
        framed, free,
        liar::{Telltale, is_judged},
        lie::{self, About},
        reply,
        stage::{Stage, is_caught},
        telling::{Occasion, Telling, Told},
    },
    std::{
        collections::{BTreeMap, BTreeSet},
        sync::Arc,
    },
    token_conformance::{
        batch::Item,
        catalog::Catalog,
        exchange::Api,
        level::Level,
        requirement::Sure,
        verdict::{self, Verdict},
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
    /// The cases that get it more than once, and what can be lied about in the second.
    pub(crate) twice: BTreeSet<(String, Wrapped)>,
    pub(crate) second: BTreeSet<About>,
    /// Whether it is asked for to prepare for cases, or before any is run.
    pub(crate) is_prepared: bool,
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
    /// Nobody could know.
    Unknowable,
    /// There was nothing to lie about any more.
    Silent,
}

impl Fate {
    /// Whether somebody was deceived.
    pub(crate) fn is_uncaught(&self) -> bool {
        matches!(self, Self::TooLate | Self::Missed | Self::Unjudged)
    }
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
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for (request, answer) in &heard {
            let name = reply::kind(request, answer);
            let google = Api::of(&request.path) == Api::Google;
            if !is_judged(request) {
                kinds.entry(name).or_default().is_prepared |= !google;
                continue;
            }
            let kind = kinds.entry(name.clone()).or_default();
            kind.cases.insert(item.clone());
            kind.was_seen |= was_seen(catalog, &item.0);
            let fits = |it: &About| if google { !it.is_foreign() } else { !it.is_akin() };
            let can = |it: &About| fits(it) && framed::can_say(request, answer, it);
            let lies: Vec<About> = lie::about(answer).into_iter().filter(can).collect();
            let before = seen.entry(name).or_default();
            *before += 1;
            if *before == 2 && !google {
                kind.twice.insert(item.clone());
                kind.second.extend(lies.iter().cloned());
            }
            kind.lies.extend(lies);
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
pub(crate) async fn tell(stage: &Stage, telling: &Telling) -> Told {
    let mut heard = Vec::new();
    let fate = match telling.occasion {
        _ if free::is_unknowable(&telling.lie, telling.occasion) => Fate::Unknowable,
        Occasion::FromTheStart => tell_from_the_start(stage, telling).await,
        Occasion::Always | Occasion::Second => {
            // A busy server may have answered otherwise for once.
            match tell_cases(stage, telling, &mut heard).await {
                Fate::Silent => tell_cases(stage, telling, &mut heard).await,
                fate => fate,
            }
        }
    };
    stage.liar.set(None);
    heard.dedup();
    Told { telling: telling.clone(), fate, heard }
}

async fn tell_cases(stage: &Stage, telling: &Telling, heard: &mut Vec<String>) -> Fate {
    let Telling { lie, kind, occasion, .. } = telling;
    let cases = if *occasion == Occasion::Second { &kind.twice } else { &kind.cases };
    let all = [(Level::Should, Fate::Caught), (Level::Observed, Fate::Observed)];
    // What counts at `observed` alone need not be asked about before.
    let levels = if is_free(telling) { &all[1..] } else { &all };
    let mut binds = false;
    for (level, fate) in levels {
        for item in cases {
            stage.liar.set(Some(Arc::new(Telltale::new(lie.clone(), *occasion))));
            let caught = is_caught(&stage.judge(item, *level).await);
            if !stage.liar.has_lied() {
                continue;
            }
            if caught {
                // Of some answers no requirement speaks that binds at the default level.
                return if binds { Fate::TooLate } else { fate.clone() };
            }
            heard.push(verdict::name(&item.0, item.1));
        }
        binds = *level == Level::Should && !heard.is_empty();
    }
    if heard.is_empty() { Fate::Silent } else { Fate::Missed }
}

/// Tells one lie from the moment on at which the suite gets to know the server.
async fn tell_from_the_start(stage: &Stage, telling: &Telling) -> Fate {
    if is_free(telling) {
        return Fate::Unknowable;
    }
    let mut items: Vec<Item> = telling.kind.cases.iter().cloned().collect();
    items.push((PLAIN.to_owned(), Wrapped::Json));
    let lie = Telltale::new(telling.lie.clone(), telling.occasion);
    match stage.judge_from_the_start(Arc::new(lie), &items, Level::Should).await {
        Ok(told) if told.is_empty() => Fate::Missed,
        Ok(_) => Fate::Caught,
        Err(_) => Fate::Unjudged,
    }
}

/// Whether it counts at `observed` alone.
fn is_free(Telling { lie, kind, .. }: &Telling) -> bool {
    free::is_free(lie) || (!kind.was_seen && free::is_chosen(lie))
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
