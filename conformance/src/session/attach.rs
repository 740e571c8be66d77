//! Preparation on the Google side: clusters, subject tokens, and what is usually called there.

use {
    super::{Session, Stopped, make::created},
    crate::{
        case::{Action, Need},
        google::{cluster, clusters, issuer},
        ledger::Made,
    },
    jiff::Timestamp,
    serde_json::{Value, json},
};

impl Session<'_> {
    /// Names project and location. Every run of a case has a project of its own, unless the cluster
    /// to use is named.
    pub(super) fn name_places(&mut self) {
        let own = format!("projects/conformance-{}/locations/us-west1", self.suffix);
        let parent = self.target.parent().map_or(own, str::to_owned);
        let project = parent.split('/').nth(1).unwrap_or_default().to_owned();
        self.name_project(&project);
        self.redactor.name(issuer::URL, "{issuer}");
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

    fn name_project(&mut self, project: &str) {
        self.redactor.name(&format!("projects/{project}/"), "projects/{project}/");
    }

    fn name_cluster(&mut self, name: &str, full: String) {
        let id = full.rsplit('/').next().unwrap_or_default().to_owned();
        // An id may be a letter that others have in them, so it is named only where it is one.
        for collection in ["attachedClusters", "memberships"] {
            self.redactor.name(&format!("{collection}/{id}"), &format!("{collection}/{name}"));
        }
        self.redactor.name(&format!("ClusterId={id}"), &format!("ClusterId={name}"));
        self.vars.set(format!("{name}.id"), id);
        self.vars.set(name, full);
    }

    /// The cluster that was named, or else one that the run's cases share.
    pub(super) async fn attach_usual(&mut self) -> Result<(), Stopped> {
        let own = !self.case.given.minted.0.is_empty();
        let name = match &self.target.cluster {
            Some(cluster) => cluster.clone(),
            None => {
                let shared = (self.target, self.ledger);
                let made = self.clusters.shared(shared, self.namespace, own).await;
                let name = made.map_err(Stopped)?.to_owned();
                self.memory.given(&name, &clusters::usual(self.target, own));
                name
            }
        };
        let project = name.split('/').nth(1).unwrap_or_default();
        self.name_project(project);
        self.name_cluster("cluster", name);
        Ok(())
    }

    /// Registers a cluster of the case's own.
    pub(super) async fn attach(&mut self, name: &str, object: &Value) -> Result<(), Stopped> {
        let full = format!("{}/attachedClusters/{name}-{}", self.named("parent"), self.suffix);
        let mut changes = if object.is_object() { object.clone() } else { json!({}) };
        changes["kind"] = Value::Null;
        let body = cluster::changed(cluster::blueprint(self.target), &changes);
        self.name_cluster(name, full.clone());
        self.made.push(Made::Cluster(full.clone()));
        clusters::register(self.target, self.ledger, &full, &body).await.map_err(Stopped)?;
        self.memory.given(&full, &body);
        Ok(())
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
                None => issuer::Minted::usual().mint(now, &self.vars)?,
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
