//! What a run has made and not taken away yet, so that nothing is left when it is interrupted.

use {
    crate::{
        case::Need,
        client::Unreachable,
        exchange::{Answer, Api, Exchange},
        target::{Side, Target},
    },
    serde_json::json,
    std::{
        fmt,
        sync::{Mutex, PoisonError},
    },
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

impl Made {
    /// Whether this answer to its deletion says that it is gone or on its way. A namespace that is
    /// going already answers 409; anything else that does is still there, for somebody holds it.
    fn goes(&self, status: u16) -> bool {
        match (self, status) {
            (_, 200 | 202 | 404) => true,
            (Self::Object(path), 409) => is_namespace(path),
            _ => false,
        }
    }
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Object(name) | Self::Cluster(name)) = self;
        f.write_str(name)
    }
}

impl Ledger {
    /// Notes what is made.
    pub fn add(&self, made: Made) {
        self.lock().push(made);
    }

    /// Notes what an exchange made by itself, beside what a case is given.
    pub fn notice(&self, exchange: &Exchange) {
        if let Some(path) = created(exchange) {
            self.add(Made::Object(path));
        }
    }

    /// Strikes out what was not made after all.
    pub fn forget(&self, made: &Made) {
        self.lock().retain(|it| it != made);
    }

    /// Takes one thing away. What cannot be taken away is named, and stays noted.
    pub async fn discard(&self, target: &Target, made: &Made) -> Result<(), String> {
        let taken = match made {
            Made::Cluster(name) => {
                let path = format!("/v1/{name}?allowMissing=true");
                ask(target.google.as_ref(), "DELETE", &path).await
            }
            Made::Object(path) => match is_namespace(path) {
                true => namespace(target, path).await,
                false => delete(target, path).await,
            },
        };
        match taken {
            Ok(Some(answer)) if !made.goes(answer.status) => {
                Err(format!("{made}: {}", answer.status))
            }
            Ok(_) => {
                self.forget(made);
                Ok(())
            }
            Err(error) => Err(format!("{made}: {error}")),
        }
    }

    /// Takes away all that is left, newest first. What goes with its namespace is not missed.
    pub async fn discard_all(&self, target: &Target) -> Vec<String> {
        let (mut left, mut gone) = (Vec::new(), Vec::new());
        loop {
            let Some(made) = self.lock().pop() else { break };
            match self.discard(target, &made).await {
                Ok(()) => gone.push(made),
                Err(why) => left.push((made, why)),
            }
        }
        let with = |made: &Made, it: &Made| match (made, it) {
            (Made::Object(path), Made::Object(namespace)) => {
                is_namespace(namespace) && path.starts_with(&format!("{namespace}/"))
            }
            _ => false,
        };
        left.retain(|(made, _)| !gone.iter().any(|it| with(made, it)));
        let within = |it: &Made| left.iter().filter(|(made, _)| with(made, it)).count();
        let counted = |(made, why): &(Made, String)| match within(made) {
            0 => why.clone(),
            many => format!("{why}, and what is in it ({many})"),
        };
        let alone = |made: &Made| !left.iter().any(|(it, _)| with(made, it));
        left.iter().filter(|(made, _)| alone(made)).map(counted).collect()
    }

    /// What is noted, by name.
    pub fn names(&self) -> Vec<String> {
        self.lock().iter().map(ToString::to_string).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Made>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The path of an object that a judged request made.
fn created(exchange: &Exchange) -> Option<String> {
    let (request, answer) = (&exchange.request, &exchange.answer);
    if exchange.api != Api::Kubernetes || answer.status != 201 || request.path.contains("dryRun=") {
        return None;
    }
    let path = request.path.split('?').next()?;
    let body = answer.value()?;
    let metadata = &body["metadata"];
    // What is asked in the form of an object, a token or a review, is not kept.
    let kept = metadata["uid"].is_string() && !path.ends_with("/token");
    match (kept, request.method.as_str()) {
        (true, "POST") => Some(format!("{path}/{}", metadata["name"].as_str()?)),
        (true, "PUT" | "PATCH") => Some(path.to_owned()),
        _ => None,
    }
}

fn is_namespace(path: &str) -> bool {
    path.strip_prefix("/api/v1/namespaces/").is_some_and(|it| !it.contains('/'))
}

/// Deletes an object, at once. One that waits for somebody's leave is given it: whoever made it is
/// the only one who knows of it.
async fn delete(target: &Target, path: &str) -> Result<Option<Answer>, Unreachable> {
    let Some(side) = &target.kubernetes else { return Ok(None) };
    let now = json!({"gracePeriodSeconds": 0});
    let answer = side.ask("DELETE", path, Some(&now)).await?;
    if let Some(mut object) = answer.value().filter(|_| matches!(answer.status, 200 | 202))
        && object["metadata"]["finalizers"].as_array().is_some_and(|it| !it.is_empty())
    {
        object["metadata"]["finalizers"] = json!([]);
        return side.ask("PUT", path, Some(&object)).await.map(Some);
    }
    Ok(Some(answer))
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

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::{exchange::Request, variant::Protocol},
        bytes::Bytes,
        serde_json::Value,
    };

    fn noted(line: &str, body: Value) -> Option<String> {
        let (method, path) = line.split_once(' ').unwrap();
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Bytes::new(),
            protocol: Protocol::Http1,
        };
        let body = Bytes::from(body.to_string());
        let answer = Answer { status: 201, body, ..Answer::default() };
        created(&Exchange { api: Api::of(path), request, answer })
    }

    #[test]
    fn what_is_held_is_not_gone() {
        let goes = |path: &str, status| Made::Object(path.to_owned()).goes(status);
        assert!(goes("/api/v1/namespaces/n", 409));
        assert!(!goes("/api/v1/namespaces/n/pods/p", 409));
        assert!(goes("/api/v1/namespaces/n/pods/p", 404));
        assert!(!Made::Cluster("projects/p/locations/l/attachedClusters/c".to_owned()).goes(409));
    }

    #[test]
    fn what_a_request_made_is_noticed() {
        let object = || json!({"metadata": {"name": "a", "uid": "u"}});
        let pods = "/api/v1/namespaces/n/pods";
        assert_eq!(noted(&format!("POST {pods}?x=y"), object()), Some(format!("{pods}/a")));
        assert_eq!(noted(&format!("PATCH {pods}/a"), object()), Some(format!("{pods}/a")));
        assert_eq!(noted(&format!("POST {pods}?dryRun=All"), object()), None);
        assert_eq!(noted("POST /api/v1/namespaces/n/serviceaccounts/a/token", object()), None);
        assert_eq!(noted("POST /apis/authentication.k8s.io/v1/tokenreviews", json!({})), None);
    }
}
