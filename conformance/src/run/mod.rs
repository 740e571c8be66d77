//! Runs cases against a target, and judges what comes back.

mod applies;
mod compared;
mod opening;
mod progress;

pub use {compared::Compared, progress::Progress};

use {
    crate::{
        case::{Case, Need, Step},
        catalog::Catalog,
        exchange::Exchange,
        expect::{Context, Expect, Mismatch},
        google::clusters::Clusters,
        ledger::Ledger,
        level::Level,
        pulse::Pulse,
        session::{Session, Shared, Stopped},
        snapshot, standing,
        target::Target,
        variant::Variant,
        verdict::{Failure, Outcome, Verdict},
    },
    serde_json::Value,
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
    /// All for whom it is, and how long it lives at the most.
    audiences: Value,
    longest: Option<i64>,
    /// Whether a token has told how long it may live.
    probed: bool,
    ledger: Ledger,
    pulse: Pulse,
    clusters: Clusters,
    count: AtomicUsize,
    stopped: AtomicBool,
}

impl Run {
    /// A run in a namespace with a name of its own.
    pub fn new(catalog: Arc<Catalog>, target: Arc<Target>, level: Level) -> Self {
        let mut features = target.facts.features.clone();
        // Only a token can tell, and the first is issued once the run is open.
        features.extend([Need::Uncapped, Need::OverAnHour, Need::Extended, Need::OwnKeys]);
        features.insert(Need::OwnNamespace);
        if !features.contains(&Need::Anonymous) {
            features.insert(Need::Rbac);
        }
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
            audiences: Value::Null,
            longest: None,
            probed: false,
            ledger: Ledger::default(),
            pulse: Pulse::default(),
            clusters: Clusters::default(),
            count: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        }
    }

    /// The same in a namespace that is there already, and stays.
    pub fn within(self, namespace: &str) -> Self {
        let mut features = self.features.clone();
        features.remove(&Need::OwnNamespace);
        Self { namespace: namespace.to_owned(), own: false, features, ..self }
    }

    /// Whether the namespace is the run's own.
    pub fn owns_namespace(&self) -> bool {
        self.own
    }

    /// What the target has of what cases may need.
    pub fn features(&self) -> &HashSet<Need> {
        &self.features
    }

    /// Begins no further case. Those that have begun end, and take away what they made.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Takes away all that is left, and returns what could not be.
    pub async fn close(&self) -> Vec<String> {
        self.ledger.discard_all(&self.target).await
    }

    /// What is there of what the run made.
    pub fn left(&self) -> Vec<String> {
        self.ledger.names()
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
            pulse: &self.pulse,
            clusters: &self.clusters,
            issuer: self.issuer.as_deref(),
            audience: self.audience.as_deref(),
            audiences: &self.audiences,
            longest: self.longest,
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
            let asked = Instant::now();
            let Some(exchange) = session.step(step).await? else { continue };
            let seconds = self.pulse.seconds(asked, Instant::now());
            // Where the case moves the clock, nobody knows what it tells.
            session.seconds = seconds.filter(|_| !case.all_needs().any(|it| it == Need::Clock));
            let mut mismatches = Vec::new();
            for earlier in std::mem::take(&mut session.meanwhile) {
                mismatches.extend(self.standing(&earlier, &[], variant, session));
            }
            mismatches.extend(self.mismatches(case, index, variant, session, &exchange)?);
            outcome.transcript.push(snapshot::transcript(&exchange, &mut session.redactor));
            for mut mismatch in mismatches {
                for text in [&mut mismatch.what, &mut mismatch.expected, &mut mismatch.got] {
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
        let (vars, party) = (&session.vars, facts.party.as_ref());
        Context { vars, party, minor: facts.minor(), seconds: session.seconds }
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
