//! A token of the suite's own that depends on an object which is about to go. As long as it is
//! accepted, the server has not noticed yet that the object is gone: it learns of that by a watch of
//! its own, some milliseconds later, or more where it is busy.

use {
    super::{Session, ask::REVIEWS},
    crate::{case::Need, given::Blueprint},
    serde_json::{Value, json},
    std::time::Duration,
};

/// How often it is asked about, each time for another audience: what was accepted for one is
/// remembered for ten seconds. The pauses double, and come to three seconds.
const TIMES: u32 = 9;
/// The first pause.
const PAUSE: Duration = Duration::from_millis(6);
/// How long is waited where there is no witness.
const SETTLE: Duration = Duration::from_millis(100);

impl Session<'_> {
    /// Issues it. There is none for what no token depends on, or where none is given.
    pub(super) async fn witness(&self, blueprint: &Blueprint) -> Option<String> {
        if !self.learns_late() || self.case.given.tokens.0.is_empty() {
            return None;
        }
        let Blueprint { kind, name, .. } = blueprint;
        let (subject, reference) = match kind.as_str() {
            "ServiceAccount" => (name.as_str(), Value::Null),
            "Pod" | "Secret" | "Node" => {
                (self.named("sa"), json!({"apiVersion": "v1", "kind": kind, "name": name}))
            }
            _ => return None,
        };
        let audiences: Vec<String> = (0..TIMES).map(audience).collect();
        let spec = json!({"for": subject, "audiences": audiences, "boundObjectRef": reference});
        self.issue(&spec).await.ok()
    }

    /// Waits until the server has noticed. One that never does is judged by the case.
    pub(super) async fn settle(&self, witness: Option<String>) {
        let Some(token) = witness else {
            if self.learns_late() {
                tokio::time::sleep(SETTLE).await;
            }
            return;
        };
        for time in 0..TIMES {
            if !self.is_accepted(&token, &audience(time)).await {
                return;
            }
            tokio::time::sleep(PAUSE * (1 << time)).await;
        }
    }

    /// Only the emulator knows at once what it did.
    fn learns_late(&self) -> bool {
        !self.target.facts.features.contains(&Need::Clock)
    }

    async fn is_accepted(&self, token: &str, audience: &str) -> bool {
        let Ok(side) = self.kubernetes() else { return false };
        let review = json!({"spec": {"token": token, "audiences": [audience]}});
        let answer = side.ask("POST", REVIEWS, Some(&review)).await;
        let body = answer.ok().and_then(|it| it.value()).unwrap_or_default();
        body["status"]["authenticated"] == true
    }
}

fn audience(time: u32) -> String {
    format!("witness-{time}")
}
