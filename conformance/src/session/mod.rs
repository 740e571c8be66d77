//! One run of one case in one variant: what is given is made, the steps are asked, and what was
//! made is taken away again.

mod ask;
mod attach;
mod make;
mod witness;

use {
    crate::{
        case::{Action, Case, Step},
        client::Unreachable,
        exchange::Exchange,
        given::Blueprint,
        google::clusters::Clusters,
        ledger::{Ledger, Made},
        memory::Memory,
        pulse::Pulse,
        redact::Redactor,
        target::{Side, Target},
        variant::Variant,
        vars::{Undefined, Vars},
    },
    serde_json::{Value, json},
    std::collections::HashMap,
};

/// What a run works with.
pub struct Session<'a> {
    target: &'a Target,
    case: &'a Case,
    variant: Variant,
    namespace: &'a str,
    ledger: &'a Ledger,
    clusters: &'a Clusters,
    pulse: &'a Pulse,
    suffix: String,
    /// The names that steps use.
    pub vars: Vars,
    /// The names that transcripts use.
    pub redactor: Redactor,
    /// What was told so far of clusters and operations.
    pub memory: Memory,
    /// What was asked on the way to a step's own exchange: after an operation that was still running.
    pub meanwhile: Vec<Exchange>,
    /// The first and the last second that the server may have told during the last exchange.
    pub seconds: Option<(i64, i64)>,
    blueprints: HashMap<String, Blueprint>,
    made: Vec<Made>,
    moved: Vec<String>,
}

/// What all cases of a run share.
#[derive(Debug, Clone, Copy)]
pub struct Shared<'a> {
    /// The namespace that objects are made in.
    pub namespace: &'a str,
    /// Whether it is the run's own.
    pub own: bool,
    /// What is to be taken away.
    pub ledger: &'a Ledger,
    /// The attached clusters.
    pub clusters: &'a Clusters,
    /// What is known of the server's clock.
    pub pulse: &'a Pulse,
    /// The issuer, where it is known by its tokens alone.
    pub issuer: Option<&'a str>,
    /// For whom its tokens are that name nobody.
    pub audience: Option<&'a str>,
    /// For whom a token is that names nobody, as the first was.
    pub audiences: &'a Value,
    /// How long a token lives at the most, as the first did.
    pub longest: Option<i64>,
}

/// Why a case could not be run to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped(pub String);

impl<'a> Session<'a> {
    /// A run whose names end in a suffix of its own.
    pub fn new(
        target: &'a Target,
        case: &'a Case,
        variant: Variant,
        shared: Shared<'a>,
        suffix: String,
    ) -> Self {
        let Shared { namespace, own, ledger, clusters, pulse, issuer, audience, .. } = shared;
        let (mut vars, mut redactor) = (Vars::default(), target.redactor());
        vars.set("namespace", namespace);
        vars.set("reviews", ask::REVIEWS);
        name_namespace(&mut redactor, namespace, own);
        if let Some(party) = &target.facts.party {
            vars.set("issuer", party.issuer.as_str());
            redactor.name(&party.issuer, "{issuer}");
        } else if let Some(issuer) = issuer {
            vars.set("issuer", issuer);
            redactor.name(issuer, "{issuer}");
        }
        vars.set("server.audiences", shared.audiences.clone());
        vars.set("server.longest", shared.longest);
        name_audience(&mut redactor, audience.unwrap_or_default(), case);
        let (blueprints, made, moved) = (HashMap::new(), Vec::new(), Vec::new());
        let (memory, meanwhile) = (Memory::default(), Vec::new());
        Self {
            target,
            case,
            variant,
            namespace,
            ledger,
            clusters,
            pulse,
            suffix,
            vars,
            redactor,
            memory,
            meanwhile,
            seconds: None,
            blueprints,
            made,
            moved,
        }
    }

    /// Makes what the case is given.
    pub async fn prepare(&mut self) -> Result<(), Stopped> {
        let case = self.case;
        if self.target.kubernetes.is_some() && case.makes_objects {
            self.plan("sa", &json!("ServiceAccount"))?;
            self.make("sa").await?;
        }
        self.name_places();
        if case.wants_cluster {
            self.attach_usual().await?;
        }
        for (name, object) in &case.given.objects.0 {
            let object = self.vars.value(object)?;
            if object == "AttachedCluster" || object["kind"] == "AttachedCluster" {
                self.attach(name, &object).await?;
            } else {
                self.plan(name, &object)?;
                self.make(name).await?;
            }
        }
        self.mint().await?;
        for (name, spec) in &case.given.tokens.0 {
            let token = match &self.target.subject_token {
                Some(token) if name == "subject" => token.clone(),
                _ => self.issue(spec).await?,
            };
            self.redactor.learn(&token);
            self.vars.set(name, token);
        }
        for (name, forgery) in &case.given.forged.0 {
            let mut forgery = forgery.clone();
            for value in forgery.header.values_mut().chain(forgery.claims.values_mut()) {
                *value = self.vars.value(value)?;
            }
            let forged = forgery.forge(&self.vars.text(&forgery.from)?).map_err(Stopped)?;
            self.vars.set(name, forged);
        }
        Ok(())
    }

    /// Takes one step; an exchange comes of those that are judged.
    pub async fn step(&mut self, step: &Step) -> Result<Option<Exchange>, Stopped> {
        match step.action().map_err(Stopped)? {
            Action::Delete(name) => self.remove(name).await?,
            Action::Recreate(name) => {
                self.remove(name).await?;
                self.make(name).await?;
            }
            Action::Clock(by) => {
                self.move_clock(by).await?;
                self.memory.clock_moved();
                self.moved.push(by.to_owned());
            }
            action => {
                let exchange = self.exchange(step, action).await?;
                self.capture(step, &exchange)?;
                return Ok(Some(exchange));
            }
        }
        Ok(None)
    }

    /// Takes away what was made, last first, and sets the clock back. What is left is returned.
    pub async fn clean_up(&mut self) -> Vec<String> {
        let mut left = Vec::new();
        for by in std::mem::take(&mut self.moved).iter().rev() {
            let back = by.strip_prefix('-').map_or_else(|| format!("-{by}"), str::to_owned);
            left.extend(self.move_clock(&back).await.err().map(|it| it.0));
        }
        for made in std::mem::take(&mut self.made).iter().rev() {
            left.extend(self.ledger.discard(self.target, made).await.err());
        }
        left
    }

    fn kubernetes(&self) -> Result<&'a Side, Stopped> {
        self.target.kubernetes.as_ref().ok_or_else(|| Stopped("there is no Kubernetes API".into()))
    }

    fn google(&self) -> Result<&'a Side, Stopped> {
        self.target.google.as_ref().ok_or_else(|| Stopped("there is no Google API".into()))
    }

    /// The value of a name, where it is a text.
    fn named(&self, name: &str) -> &str {
        self.vars.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Recorded was a server whose audience is its issuer. One that is a word is told by its place, but
/// not where the case names it by itself.
fn name_audience(redactor: &mut Redactor, audience: &str, case: &Case) {
    if audience.contains("://") || audience.is_empty() {
        redactor.name(audience, "{issuer}");
        return;
    }
    if format!("{:?}", case.when).contains(&format!("{audience:?}")) {
        return;
    }
    for (before, after) in [("\"", "\""), ("- ", "\n")] {
        redactor.name(&format!("{before}{audience}{after}"), &format!("{before}{{issuer}}{after}"));
    }
}

/// A namespace that was there before may bear a name that is a word, so it is told by its place.
fn name_namespace(redactor: &mut Redactor, namespace: &str, own: bool) {
    if own {
        redactor.name(namespace, "conformance");
        return;
    }
    for (before, after) in [
        ("namespaces/", ""),
        ("system:serviceaccount:", ":"),
        ("system:serviceaccounts:", ""),
        ("\"namespace\":\"", "\""),
        ("\"namespace\": \"", "\""),
        ("service account ", "/"),
        ("namespace: ", "\n"),
        ("namespace \\\"", "\\\""),
        ("namespace \"", "\""),
    ] {
        let named = |it: &str| format!("{before}{it}{after}");
        redactor.name(&named(namespace), &named("conformance"));
    }
}

impl From<Undefined> for Stopped {
    fn from(Undefined(name): Undefined) -> Self {
        Self(format!("nothing is called ${name}"))
    }
}

impl From<Unreachable> for Stopped {
    fn from(error: Unreachable) -> Self {
        Self(error.0)
    }
}
