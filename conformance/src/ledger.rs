//! What a run has made and not taken away yet, so that nothing is left when it is interrupted.

use {
    crate::{
        case::Need,
        client::Unreachable,
        exchange::Answer,
        target::{Side, Target},
    },
    serde_json::json,
    std::sync::{Mutex, PoisonError},
};

/// Something to take away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// A Kubernetes object, by its path.
    Object(String),
    /// An attached cluster, by its name.
    Cluster(String),
}

/// What is there, oldest first.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Vec<Made>>);

impl Ledger {
    /// Notes what is made.
    pub fn add(&self, made: Made) {
        self.lock().push(made);
    }

    /// Takes one thing away. What cannot be taken away is named.
    pub async fn discard(&self, target: &Target, made: &Made) -> Result<(), String> {
        self.lock().retain(|it| it != made);
        let taken = match made {
            Made::Cluster(name) => {
                let path = format!("/v1/{name}?allowMissing=true");
                ask(target.google.as_ref(), "DELETE", &path).await
            }
            Made::Object(path) => match path.strip_prefix("/api/v1/namespaces/") {
                Some(name) if !name.contains('/') => namespace(target, path).await,
                _ => delete(target, path).await,
            },
        };
        match taken {
            Ok(Some(answer)) if !matches!(answer.status, 200 | 202 | 404) => {
                Err(format!("{made:?}: {}", answer.status))
            }
            Ok(_) => Ok(()),
            Err(error) => Err(format!("{made:?}: {error}")),
        }
    }

    /// Takes away all that is left, newest first.
    pub async fn discard_all(&self, target: &Target) -> Vec<String> {
        let mut left = Vec::new();
        loop {
            let Some(made) = self.lock().pop() else { return left };
            left.extend(self.discard(target, &made).await.err());
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Made>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Deletes an object, at once.
async fn delete(target: &Target, path: &str) -> Result<Option<Answer>, Unreachable> {
    let Some(side) = &target.kubernetes else { return Ok(None) };
    let now = json!({"gracePeriodSeconds": 0});
    side.ask("DELETE", path, Some(&now)).await.map(Some)
}

/// Without controllers nobody else would finish what a namespace's deletion begins.
async fn namespace(target: &Target, path: &str) -> Result<Option<Answer>, Unreachable> {
    let Some(side) = &target.kubernetes else { return Ok(None) };
    let answer = side.ask("DELETE", path, None).await?;
    if target.facts.features.contains(&Need::NoControllers)
        && let Some(mut namespace) = answer.value().filter(|_| answer.status == 200)
    {
        namespace["spec"] = json!({"finalizers": []});
        side.ask("PUT", &format!("{path}/finalize"), Some(&namespace)).await?;
    }
    Ok(Some(answer))
}

async fn ask(side: Option<&Side>, method: &str, path: &str) -> Result<Option<Answer>, Unreachable> {
    match side {
        Some(side) => side.ask(method, path, None).await.map(Some),
        None => Ok(None),
    }
}
