//! Runs cases against a target, and judges what comes back.

use {
    crate::{
        batch::Item,
        case::{Case, Need, Step},
        catalog::Catalog,
        exchange::{Answer, Exchange},
        expect::{Context, Expect, Mismatch},
        google::clusters::Clusters,
        ledger::{Ledger, Made},
        level::Level,
        probe::{LONGEST, Probe},
        session::{Session, Shared, Stopped},
        snapshot, standing,
        target::Target,
        token::is_discoverable,
        variant::{Protocol, Variant},
        verdict::{Failure, Outcome, Verdict},
    },
    serde_json::json,
    std::{
        collections::HashSet,
        sync::{
            Arc,
            atomic::{AtomicBool, AtomicUsize, Ordering},
        },
        time::Instant,
    },
};

/// Why a case was not run when somebody asked to stop.
pub const INTERRUPTED: &str = "the run was interrupted";

/// A run over one target.
#[derive(Debug)]
pub struct Run {
    /// What is judged by.
    pub catalog: Arc<Catalog>,
    /// What is judged.
    pub target: Arc<Target>,
    /// How strictly.
    pub level: Level,
    /// Which snapshots are compared, at `observed`.
    pub compared: Compared,
    /// Whether nothing may be made.
    pub read_only: bool,
    /// The namespace that objects are made in.
    pub namespace: String,
    /// How far it has come.
    pub progress: Progress,
    /// Whether the namespace is this run's own, and goes with it.
    own: bool,
    /// What the target has of what cases may need, as far as it can be told without a trace and,
    /// once the run is open, beyond.
    features: HashSet<Need>,
    /// Why nothing can be made in the namespace.
    unopened: Option<String>,
    /// Who issued the first token, and for whom it is, where it names nobody.
    issuer: Option<String>,
    audience: Option<String>,
    /// Whether a token has told how long it may live.
    probed: bool,
    ledger: Ledger,
    clusters: Clusters,
    count: AtomicUsize,
    stopped: AtomicBool,
}

/// How far a run has come.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicUsize,
    failed: AtomicUsize,
}

impl Progress {
    /// How many that apply have been run, and how many of them failed or could not.
    pub fn seen(&self) -> (usize, usize) {
        (self.done.load(Ordering::Relaxed), self.failed.load(Ordering::Relaxed))
    }

    fn note(&self, verdict: &Verdict) {
        if matches!(verdict, Verdict::Skipped(_)) {
            return;
        }
        self.done.fetch_add(1, Ordering::Relaxed);
        if matches!(verdict, Verdict::Failed(_) | Verdict::CouldNotRun(_)) {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Which snapshots an exchange has to equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// None: they are about to be written.
    Nothing,
    /// Those of a kube-apiserver of the target's version.
    Kubernetes,
    /// Those of the emulator too, if the target is one.
    Everything,
}

impl Run {
    /// A run in a namespace with a name of its own.
    pub fn new(catalog: Arc<Catalog>, target: Arc<Target>, level: Level) -> Self {
        let mut features = target.facts.features.clone();
        // Only a token can tell, and the first is issued once the run is open.
        features.extend([Need::Uncapped, Need::Extended]);
        // A cluster may hide its version; what claims to be kube-apiserver tells it.
        if level > Level::Must {
            features.insert(Need::Version);
        }
        Self {
            catalog,
            target,
            level,
            compared: Compared::Everything,
            read_only: false,
            namespace: format!("token-conformance-{}", tag(random())),
            progress: Progress::default(),
            own: true,
            features,
            unopened: None,
            issuer: None,
            audience: None,
            probed: false,
            ledger: Ledger::default(),
            clusters: Clusters::default(),
            count: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        }
    }

    /// The same in a namespace that is there already, and stays.
    pub fn within(self, namespace: &str) -> Self {
        Self { namespace: namespace.to_owned(), own: false, ..self }
    }

    /// Whether the namespace is the run's own.
    pub fn owns_namespace(&self) -> bool {
        self.own
    }

    /// What the target has of what cases may need.
    pub fn features(&self) -> &HashSet<Need> {
        &self.features
    }

    /// Whether it is known what the target has of this. What a token tells is not, before one has
    /// been issued.
    pub fn knows(&self, need: Need) -> bool {
        self.probed || !matches!(need, Need::Uncapped | Need::TwoHourCap | Need::Extended)
    }

    /// Begins no further case. Those that have begun end, and take away what they made.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Makes the namespace, and finds out there what can only be found out by issuing a token.
    /// Where it is refused, only the cases that need it cannot run.
    pub async fn open(&mut self) -> Result<(), String> {
        let target = Arc::clone(&self.target);
        let Some(side) = target.kubernetes.as_ref().filter(|_| !self.read_only) else {
            return Ok(());
        };
        if self.own {
            self.ledger.add(Made::Object(format!("/api/v1/namespaces/{}", self.namespace)));
            let body = json!({"metadata": {"name": self.namespace}});
            let answer = side.ask("POST", "/api/v1/namespaces", Some(&body)).await;
            let answer = answer.map_err(|error| error.0)?;
            if answer.status != 201 {
                self.ledger.forget(&Made::Object(format!("/api/v1/namespaces/{}", self.namespace)));
                let why = refused(&self.namespace, &answer);
                self.unopened = Some(target.redactor().text(&why).text);
                return Ok(());
            }
        }
        let probe = Probe::send(side, &self.namespace, &self.ledger, &tag(random())).await;
        if probe.lifetime == Some(7200) {
            self.features.insert(Need::TwoHourCap);
        }
        if probe.lifetime.is_some_and(|it| it != LONGEST) {
            self.features.remove(&Need::Uncapped);
        }
        if probe.plain {
            self.features.remove(&Need::Extended);
        }
        self.probed = probe.lifetime.is_some();
        (self.issuer, self.audience) = (probe.issuer, probe.audience);
        // A cluster may hide its documents; what claims to be kube-apiserver has them wherever its
        // issuer is a URL.
        if self.level > Level::Must && self.issuer.as_deref().is_none_or(is_discoverable) {
            self.features.insert(Need::Discovery);
        }
        Ok(())
    }

    /// Takes away all that is left, and returns what could not be.
    pub async fn close(&self) -> Vec<String> {
        self.ledger.discard_all(&self.target).await
    }

    /// What is there of what the run made.
    pub fn left(&self) -> Vec<String> {
        self.ledger.names()
    }

    /// Whether some case has to make something.
    pub fn needs_namespace(&self, items: &[Item]) -> bool {
        self.target.kubernetes.is_some() && self.makers(items).next().is_some()
    }

    /// The cases that make something, unless the first token tells that they do not apply.
    pub fn makers<'a>(&'a self, items: &'a [Item]) -> impl Iterator<Item = &'a Case> {
        let mut features = self.features.clone();
        if !self.probed {
            features.insert(Need::TwoHourCap);
            features.extend((self.level > Level::Must).then_some(Need::Discovery));
        }
        items.iter().filter_map(move |(id, variant)| {
            let case = self.catalog.cases.get(id).filter(|it| it.makes_objects)?;
            self.excluded(id, case, *variant, &features).is_none().then_some(case)
        })
    }

    /// Why a case does not apply to the target, if it does not.
    pub fn skipped(&self, id: &str, case: &Case, variant: Variant) -> Option<String> {
        self.excluded(id, case, variant, &self.features)
    }

    /// Why a case does not apply to a target that has these features.
    fn excluded(
        &self,
        id: &str,
        case: &Case,
        variant: Variant,
        features: &HashSet<Need>,
    ) -> Option<String> {
        let facts = &self.target.facts;
        if case.needs_kubernetes() && self.target.kubernetes.is_none() {
            return Some("no Kubernetes endpoint was named".to_owned());
        }
        if id.starts_with("google/") && self.target.google.is_none() {
            return Some("no Google endpoint was named".to_owned());
        }
        let requirement = self.catalog.requirement(case);
        if let Some(why) = requirement.and_then(|it| it.versions.excludes(facts.minor())) {
            return Some(why);
        }
        if id.starts_with("google/") && self.target.cluster.is_none() {
            let emulated = features.contains(&Need::OwnClusters);
            if !emulated {
                return Some("no attached cluster was named".to_owned());
            }
        }
        if self.read_only && !case.is_read_only() {
            return Some("would make something (--read-only)".to_owned());
        }
        let http2 = if id.starts_with("google/") { facts.google_http2 } else { facts.http2 };
        if variant.protocol() == Protocol::Http2 && !http2 {
            return Some("the target does not offer HTTP/2 by ALPN".to_owned());
        }
        let missing = case.all_needs().find(|it| !features.contains(it));
        missing.map(|it| format!("needs {it}"))
    }

    /// Runs one case in one variant.
    pub async fn case(&self, id: &str, case: &Case, variant: Variant) -> Outcome {
        let outcome = self.outcome(id, case, variant).await;
        self.progress.note(&outcome.verdict);
        outcome
    }

    async fn outcome(&self, id: &str, case: &Case, variant: Variant) -> Outcome {
        let started = Instant::now();
        let mut outcome = Outcome {
            case: id.to_owned(),
            variant,
            verdict: Verdict::Passed,
            transcript: Vec::new(),
            took: started.elapsed(),
        };
        if let Some(why) = self.skipped(id, case, variant) {
            outcome.verdict = Verdict::Skipped(why);
            return outcome;
        }
        if let Some(why) = self.hindered(case) {
            outcome.verdict = Verdict::CouldNotRun(why);
            return outcome;
        }
        let suffix = tag(random().wrapping_add(self.count.fetch_add(1, Ordering::Relaxed) as u64));
        let mut session = Session::new(&self.target, case, variant, self.shared(), suffix);
        let mut failures = Vec::new();
        let stopped = self.judge(case, variant, &mut session, &mut outcome, &mut failures).await;
        // What could not be taken away stays in the ledger, and is tried once more at the end.
        session.clean_up().await;
        if stopped.is_ok() {
            failures.extend(self.compare(id, &outcome));
        }
        outcome.verdict = match stopped {
            // What has failed already says more than that the rest could not follow.
            _ if !failures.is_empty() => Verdict::Failed(failures),
            Err(Stopped(why)) => Verdict::CouldNotRun(session.redactor.text(&why).text),
            Ok(()) => Verdict::Passed,
        };
        outcome.took = started.elapsed();
        outcome
    }

    /// Why a case that applies cannot be run.
    fn hindered(&self, case: &Case) -> Option<String> {
        if self.stopped.load(Ordering::Relaxed) {
            return Some(INTERRUPTED.to_owned());
        }
        self.unopened.clone().filter(|_| case.makes_objects)
    }

    /// What cases share.
    fn shared(&self) -> Shared<'_> {
        Shared {
            namespace: &self.namespace,
            own: self.own,
            ledger: &self.ledger,
            clusters: &self.clusters,
            issuer: self.issuer.as_deref(),
            audience: self.audience.as_deref(),
        }
    }

    async fn judge(
        &self,
        case: &Case,
        variant: Variant,
        session: &mut Session<'_>,
        outcome: &mut Outcome,
        failures: &mut Vec<Failure>,
    ) -> Result<(), Stopped> {
        session.prepare().await?;
        for (index, step) in case.when.0.iter().enumerate() {
            let Some(exchange) = session.step(step).await? else { continue };
            let mut mismatches = Vec::new();
            for earlier in std::mem::take(&mut session.meanwhile) {
                mismatches.extend(self.standing(&earlier, &[], variant, session));
            }
            mismatches.extend(self.mismatches(case, index, variant, session, &exchange)?);
            outcome.transcript.push(snapshot::transcript(&exchange, &mut session.redactor));
            for mut mismatch in mismatches {
                for text in [&mut mismatch.expected, &mut mismatch.got] {
                    *text = session.redactor.text(text).text;
                }
                failures.push(Failure { step: index, mismatch });
            }
        }
        Ok(())
    }

    fn mismatches(
        &self,
        case: &Case,
        step: usize,
        variant: Variant,
        session: &mut Session<'_>,
        exchange: &Exchange,
    ) -> Result<Vec<Mismatch>, Stopped> {
        let expected: Vec<_> = case.expected(step).collect();
        let mut found = Vec::new();
        for expect in &expected {
            found.extend(expect.judge(exchange, self.context(session))?);
        }
        // What the case says already need not be said again.
        for mismatch in self.standing(exchange, &expected, variant, session) {
            if !found.iter().any(|it| says(it, &mismatch)) {
                found.push(mismatch);
            }
        }
        let unsaid = case.when.0.get(step).is_some_and(Step::is_granted_unless_said);
        if unsaid && case.expected(step).next().is_none() && exchange.answer.status != 201 {
            found.push(Mismatch::must("status", 201, exchange.answer.status));
        }
        found.retain(|it| it.level <= self.level);
        Ok(found)
    }

    /// What no case has to say: what holds for every answer, and that it goes with the others.
    fn standing(
        &self,
        exchange: &Exchange,
        expected: &[&Expect],
        variant: Variant,
        session: &mut Session<'_>,
    ) -> Vec<Mismatch> {
        let mut found = standing::judge(exchange, expected, variant, self.context(session));
        found.extend(session.memory.hear(exchange));
        found.retain(|it| it.level <= self.level);
        found
    }

    fn context<'a>(&'a self, session: &'a Session<'_>) -> Context<'a> {
        let facts = &self.target.facts;
        Context { vars: &session.vars, party: facts.party.as_ref(), minor: facts.minor() }
    }

    /// Compares the whole exchange with what was recorded from a server of the same version.
    fn compare(&self, id: &str, outcome: &Outcome) -> Option<Failure> {
        if self.level < Level::Observed {
            return None;
        }
        let snapshot = self.catalog.snapshots.get(id)?;
        let server = self.target.facts.server();
        // A cluster that was named is not the one that was recorded.
        let own = self.target.cluster.is_none();
        let emulator = own && self.target.facts.features.contains(&Need::Clock);
        let applies = match self.compared {
            Compared::Nothing => false,
            _ if snapshot.recorded_from == server => true,
            Compared::Kubernetes => false,
            Compared::Everything => emulator && snapshot.recorded_from == snapshot::EMULATOR,
        };
        if !applies {
            return None;
        }
        let recorded = snapshot.section(outcome.variant.recorded_as()).unwrap_or_default();
        let got = snapshot::section(&outcome.transcript);
        let (expected, got) = first_difference(recorded, &got)?;
        let mismatch = Mismatch::new(Level::Observed, "snapshot", expected, got);
        Some(Failure { step: outcome.transcript.len().saturating_sub(1), mismatch })
    }
}

/// Whether a mismatch, or one within it, has been told already, and counts wherever this does.
fn says(told: &Mismatch, mismatch: &Mismatch) -> bool {
    if told.level > mismatch.level {
        return false;
    }
    let what = mismatch.what.strip_prefix("body ").unwrap_or(&mismatch.what);
    let told = told.what.strip_prefix("body ").unwrap_or(&told.what);
    told.strip_prefix(what).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// Why the namespace is not there.
fn refused(namespace: &str, answer: &Answer) -> String {
    let body = answer.value().unwrap_or_default();
    let message = body["message"].as_str().unwrap_or_default();
    format!(
        "the namespace {namespace} cannot be made ({} {message}); --namespace takes one that is \
         there",
        answer.status
    )
}

/// The first line that differs, with its number.
fn first_difference(expected: &str, got: &str) -> Option<(String, String)> {
    let (mut left, mut right) = (expected.lines(), got.lines());
    for number in 1usize.. {
        match (left.next(), right.next()) {
            (None, None) => return None,
            (left, right) if left == right => {}
            (left, right) => {
                let shown = |it: Option<&str>| format!("line {number}: {}", it.unwrap_or("(end)"));
                return Some((shown(left), shown(right)));
            }
        }
    }
    None
}

/// Six letters and digits.
fn tag(number: u64) -> String {
    const DIGITS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let digit = |place: u32| char::from(DIGITS[(number / 36u64.pow(place) % 36) as usize]);
    (0..6).map(digit).collect()
}

/// A number that is another in every process and call.
fn random() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_different_line_is_shown() {
        assert_eq!(first_difference("a\nb", "a\nb"), None);
        let (expected, got) = first_difference("a\nb", "a").unwrap();
        assert_eq!((expected.as_str(), got.as_str()), ("line 2: b", "line 2: (end)"));
    }
}
