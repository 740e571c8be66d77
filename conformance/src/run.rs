//! Runs cases against a target, and judges what comes back.

use {
    crate::{
        batch::Item,
        case::{Case, Need, Step},
        catalog::Catalog,
        exchange::Exchange,
        expect::{Context, Mismatch},
        google::clusters::Clusters,
        ledger::{Ledger, Made},
        level::Level,
        session::{Session, Stopped},
        snapshot, standing,
        target::{Side, Target},
        variant::{Protocol, Variant},
        verdict::{Failure, Outcome, Verdict},
    },
    serde_json::json,
    std::{
        collections::HashSet,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        time::Instant,
    },
};

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
    /// The namespace of this run.
    pub namespace: String,
    /// What the target has of what cases may need, as far as it can be told without a trace and,
    /// once the run is open, beyond.
    features: HashSet<Need>,
    ledger: Ledger,
    clusters: Clusters,
    count: AtomicUsize,
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
        let namespace = format!("token-conformance-{}", tag(random()));
        let count = AtomicUsize::new(0);
        let features = target.facts.features.clone();
        let (compared, read_only) = (Compared::Everything, false);
        let (ledger, clusters) = (Ledger::default(), Clusters::default());
        Self {
            catalog,
            target,
            level,
            compared,
            read_only,
            namespace,
            features,
            ledger,
            clusters,
            count,
        }
    }

    /// Makes the namespace, and finds out there what can only be found out by issuing a token.
    pub async fn open(&mut self) -> Result<(), String> {
        let Some(side) = self.target.kubernetes.as_ref().filter(|_| !self.read_only) else {
            return Ok(());
        };
        self.ledger.add(Made::Object(format!("/api/v1/namespaces/{}", self.namespace)));
        let body = json!({"metadata": {"name": self.namespace}});
        let answer = side.ask("POST", "/api/v1/namespaces", Some(&body)).await;
        match answer.map_err(|error| error.0)?.status {
            201 => {}
            status => return Err(format!("cannot make namespace {}: {status}", self.namespace)),
        }
        if lifetime_cap(side, &self.namespace).await == Some(7200) {
            self.features.insert(Need::TwoHourCap);
        }
        Ok(())
    }

    /// Takes away all that is left, and returns what could not be.
    pub async fn close(&self) -> Vec<String> {
        self.ledger.discard_all(&self.target).await
    }

    /// Whether some case has to make something.
    pub fn needs_namespace(&self, items: &[Item]) -> bool {
        let makes = |(id, _): &Item| self.catalog.cases.get(id).is_some_and(|it| it.makes_objects);
        self.target.kubernetes.is_some() && !self.read_only && items.iter().any(makes)
    }

    /// Why a case does not apply to the target, if it does not.
    pub fn skipped(&self, id: &str, case: &Case, variant: Variant) -> Option<String> {
        let facts = &self.target.facts;
        let requirement = self.catalog.requirement(case);
        if let (Some(requirement), Some(minor)) = (requirement, facts.minor())
            && let Some(why) = requirement.versions.excludes(minor)
        {
            return Some(format!("{why}; the server is 1.{minor}"));
        }
        if case.needs_kubernetes() && self.target.kubernetes.is_none() {
            return Some("no Kubernetes endpoint was named".to_owned());
        }
        if id.starts_with("google/") && self.target.google.is_none() {
            return Some("no Google endpoint was named".to_owned());
        }
        if id.starts_with("google/") && self.target.cluster.is_none() {
            let emulated = self.features.contains(&Need::OwnClusters);
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
        let missing = case.all_needs().find(|it| !self.features.contains(it));
        missing.map(|it| format!("needs {it}"))
    }

    /// Runs one case in one variant.
    pub async fn case(&self, id: &str, case: &Case, variant: Variant) -> Outcome {
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
        let suffix = tag(random().wrapping_add(self.count.fetch_add(1, Ordering::Relaxed) as u64));
        let mut session = Session::new(&self.target, case, variant, self.shared(), suffix);
        let mut failures = Vec::new();
        let stopped = self.judge(case, variant, &mut session, &mut outcome, &mut failures).await;
        let _left = session.clean_up().await;
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

    /// What cases share.
    fn shared(&self) -> (&str, &Ledger, &Clusters) {
        (&self.namespace, &self.ledger, &self.clusters)
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
            let mismatches = self.mismatches(case, index, variant, session, &exchange)?;
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
        session: &Session<'_>,
        exchange: &Exchange,
    ) -> Result<Vec<Mismatch>, Stopped> {
        let context = Context { vars: &session.vars, party: self.target.facts.party.as_ref() };
        let expected: Vec<_> = case.expected(step).collect();
        let mut found = Vec::new();
        for expect in &expected {
            found.extend(expect.judge(exchange, context)?);
        }
        // What the case says already need not be said again.
        for mismatch in standing::judge(exchange, &expected, variant, context) {
            if found.iter().all(|it: &Mismatch| it.what != mismatch.what) {
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

    /// Compares the whole exchange with what was recorded from a server of the same version.
    fn compare(&self, id: &str, outcome: &Outcome) -> Option<Failure> {
        if self.level < Level::Observed {
            return None;
        }
        let snapshot = self.catalog.snapshots.get(id)?;
        let server = self.target.facts.server();
        let emulator = self.target.facts.features.contains(&Need::Clock);
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

/// The lifetime that a token is given when a day and a bit is asked for.
async fn lifetime_cap(side: &Side, namespace: &str) -> Option<i64> {
    let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
    let account = json!({"metadata": {"name": "probe"}});
    side.ask("POST", &accounts, Some(&account)).await.ok()?;
    let (path, request) =
        (format!("{accounts}/probe"), json!({"spec": {"expirationSeconds": 90_000}}));
    let answer = side.ask("POST", &format!("{path}/token"), Some(&request)).await.ok();
    side.ask("DELETE", &path, None).await.ok()?;
    answer?.value()?["spec"]["expirationSeconds"].as_i64()
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
