//! Preparation on the Google side: clusters, subject tokens, and what is usually called there.

use {
    super::{Session, Stopped, make::created},
    crate::{
        case::{Action, Need},
        google::{cluster, issuer},
        ledger::Made,
    },
    jiff::Timestamp,
    serde_json::{Value, json},
    std::time::Duration,
};

/// How often an operation is asked after, at the most.
const TRIES: u32 = 60;
/// The pause before the second time, and the longest; each is half as long again as the last.
const PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long something is waited for.
pub(super) struct Patience {
    tries: u32,
    pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { tries: 1, pause: PAUSE }
    }
}

impl Patience {
    /// Waits, or says that it is over.
    pub(super) async fn wait(&mut self) -> bool {
        if self.tries == TRIES {
            return false;
        }
        tokio::time::sleep(self.pause).await;
        self.tries += 1;
        self.pause = (self.pause * 3 / 2).min(LONGEST_PAUSE);
        true
    }
}

impl Session<'_> {
    /// Names project and location. Every run of a case has a project of its own, unless the cluster
    /// to use is named.
    pub(super) fn name_places(&mut self) {
        let own = format!("projects/conformance-{}/locations/us-west1", self.suffix);
        let parent = self.target.parent().map_or(own, str::to_owned);
        let project = parent.split('/').nth(1).unwrap_or_default().to_owned();
        self.redactor.name(&project, "{project}");
        self.name_cluster("new", format!("{parent}/attachedClusters/new-{}", self.suffix));
        if self.case.registers {
            self.note(Made::Cluster(format!("{parent}/attachedClusters/new-{}", self.suffix)));
        }
        self.redactor.name(&self.suffix, "{suffix}");
        self.vars.set("suffix", self.suffix.as_str());
        self.vars.set("parent", parent);
        self.vars.set("project", project);
        self.vars.set("own", issuer::oidc_config());
        self.vars.set("blueprint", cluster::blueprint(self.target));
    }

    fn name_cluster(&mut self, name: &str, full: String) {
        let id = full.rsplit('/').next().unwrap_or_default().to_owned();
        self.redactor.name(&id, name);
        self.vars.set(format!("{name}.id"), id);
        self.vars.set(name, full);
    }

    /// Registers a cluster and waits until it is, or takes the one that was named.
    pub(super) async fn attach(&mut self, name: &str, object: &Value) -> Result<(), Stopped> {
        if let Some(cluster) = &self.target.cluster {
            self.name_cluster(name, cluster.clone());
            return Ok(());
        }
        let parent = self.named("parent").to_owned();
        let id = format!("{name}-{}", self.suffix);
        self.name_cluster(name, format!("{parent}/attachedClusters/{id}"));
        let mut changes = if object.is_object() { object.clone() } else { json!({}) };
        changes["kind"] = Value::Null;
        let body = cluster::changed(cluster::blueprint(self.target), &changes);
        self.note(Made::Cluster(format!("{parent}/attachedClusters/{id}")));
        let path = format!("/v1/{parent}/attachedClusters?attachedClusterId={id}");
        let answer = self.google()?.ask("POST", &path, Some(&body)).await?;
        let operation = created(&answer, 200, "attached cluster")?;
        self.finish(operation["name"].as_str().unwrap_or_default()).await
    }

    /// Waits for an operation to be done.
    async fn finish(&self, operation: &str) -> Result<(), Stopped> {
        let mut patience = Patience::default();
        loop {
            let answer = self.google()?.ask("GET", &format!("/v1/{operation}"), None).await?;
            let body = created(&answer, 200, "operation")?;
            match (body["done"] == true, body.get("error")) {
                (true, None) => return Ok(()),
                (true, Some(error)) => {
                    return Err(Stopped(format!("operation {operation} failed: {error}")));
                }
                (false, _) if patience.wait().await => {}
                (false, _) => return Err(Stopped(format!("operation {operation} does not end"))),
            }
        }
    }

    /// The token to be exchanged, and those that the suite signs itself.
    pub(super) async fn mint(&mut self) -> Result<(), Stopped> {
        let case = self.case;
        if !case.wants_subject && case.given.minted.0.is_empty() {
            return Ok(());
        }
        let now = self.now().await?;
        if case.wants_subject {
            let subject = match &self.target.subject_token {
                Some(token) => token.clone(),
                None if self.target.facts.party.is_some() => self.issue(&json!({})).await?,
                None => issuer::Minted::default().mint(now, &self.vars)?,
            };
            self.redactor.name(&subject, "{subject}");
            self.vars.set("subject", subject);
        }
        for (name, minted) in &case.given.minted.0 {
            let token = minted.mint(now, &self.vars)?;
            self.redactor.name(&token, &format!("{{{name}}}"));
            self.vars.set(name, token);
        }
        Ok(())
    }

    /// The target's time, where it can be moved.
    async fn now(&self) -> Result<i64, Stopped> {
        let mut now = Timestamp::now();
        if self.target.facts.features.contains(&Need::Clock) {
            let answer = self.google()?.ask("GET", "/_emulator/v1/clock", None).await?;
            let clock = created(&answer, 200, "clock")?;
            now = clock["now"].as_str().and_then(|it| it.parse().ok()).unwrap_or(now);
        }
        Ok(now.as_second())
    }

    /// A call that has a name of its own: method and message.
    pub(super) fn usual_call(&self, action: Action<'_>) -> Result<(&'static str, Value), Stopped> {
        let value = |name: &str| self.vars.get(name).cloned().unwrap_or_default();
        Ok(match action {
            Action::Exchange(changes) => {
                let changes = self.vars.value(changes)?;
                let message = cluster::exchange(value("cluster"), value("subject"), &changes);
                ("AttachedClusters.GenerateAttachedClusterAgentToken", message)
            }
            Action::Register(changes) => {
                let changes = self.vars.value(changes)?;
                let message = json!({
                    "parent": value("parent"),
                    "attachedClusterId": value("new.id"),
                    "attachedCluster": cluster::changed(value("blueprint"), &changes),
                });
                ("AttachedClusters.CreateAttachedCluster", message)
            }
            Action::Finish(operation) => {
                ("Operations.GetOperation", json!({"name": self.vars.text(operation)?}))
            }
            _ => return Err(Stopped("this is no call".to_owned())),
        })
    }
}
