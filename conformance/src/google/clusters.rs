//! Registration of attached clusters, and the two that the cases of a run share.

use {
    super::{cluster, issuer},
    crate::{
        client::Unreachable,
        exchange::Answer,
        ledger::{Ledger, Made},
        target::{Side, Target},
    },
    serde_json::{Value, json},
    std::time::Duration,
    tokio::sync::OnceCell,
};

/// How often an operation is asked after, at the most.
const TRIES: u32 = 60;
/// The pause before the second time, and the longest; each is half as long again as the last.
const PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Clusters that are as every other, so that one of each is enough for a run.
#[derive(Debug, Default)]
pub struct Clusters {
    /// Trusts the Kubernetes side, where there is one.
    usual: OnceCell<String>,
    /// Trusts the suite's own issuer.
    own: OnceCell<String>,
}

/// How long something is waited for.
pub struct Patience {
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
    pub async fn wait(&mut self) -> bool {
        if self.tries == TRIES {
            return false;
        }
        tokio::time::sleep(self.pause).await;
        self.tries += 1;
        self.pause = (self.pause * 3 / 2).min(LONGEST_PAUSE);
        true
    }
}

impl Clusters {
    /// The name of the one that trusts the suite's own issuer, or of the other.
    pub async fn shared(
        &self,
        (target, ledger): (&Target, &Ledger),
        namespace: &str,
        own: bool,
    ) -> Result<&str, String> {
        let (cell, id) = if own { (&self.own, "own") } else { (&self.usual, "usual") };
        let tag = namespace.rsplit('-').next().unwrap_or_default();
        let name =
            format!("projects/shared-{namespace}/locations/us-west1/attachedClusters/{id}-{tag}");
        let make =
            async { register(target, ledger, &name, &usual(target, own)).await.map(|()| name) };
        cell.get_or_try_init(|| make).await.map(String::as_str)
    }
}

/// What one of them is made of.
pub fn usual(target: &Target, own: bool) -> Value {
    let trust = if own { json!({"oidcConfig": issuer::oidc_config()}) } else { json!({}) };
    cluster::changed(cluster::blueprint(target), &trust)
}

/// Registers a cluster and waits until it is.
pub async fn register(
    target: &Target,
    ledger: &Ledger,
    name: &str,
    body: &Value,
) -> Result<(), String> {
    let side = target.google.as_ref().ok_or("there is no Google API")?;
    let (parent, id) = name.rsplit_once('/').ok_or("a cluster's name has slashes")?;
    // Noted first: when the run is interrupted, the answer may never be read.
    ledger.add(Made::Cluster(name.to_owned()));
    let path = format!("/v1/{parent}?attachedClusterId={id}");
    let operation = read(side.ask("POST", &path, Some(body)).await)?;
    finish(side, operation["name"].as_str().unwrap_or_default()).await
}

/// Waits for an operation to be done.
async fn finish(side: &Side, operation: &str) -> Result<(), String> {
    let mut patience = Patience::default();
    loop {
        let body = read(side.ask("GET", &format!("/v1/{operation}"), None).await)?;
        match (body["done"] == true, body.get("error")) {
            (true, None) => return Ok(()),
            (true, Some(error)) => return Err(format!("operation {operation} failed: {error}")),
            (false, _) if patience.wait().await => {}
            (false, _) => return Err(format!("operation {operation} does not end")),
        }
    }
}

fn read(answer: Result<Answer, Unreachable>) -> Result<Value, String> {
    let answer = answer.map_err(|error| error.0)?;
    let body = answer.value().unwrap_or_default();
    if answer.status == 200 {
        return Ok(body);
    }
    let message = body["error"]["message"].as_str().unwrap_or_default();
    Err(format!("preparing: attached cluster: {} {message}", answer.status))
}
