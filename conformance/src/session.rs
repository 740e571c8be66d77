//! One run of one case in one variant: what is given is made, the steps are asked, and what was
//! made is taken away again.

use {
    crate::{
        case::{Action, Case, Need, Step},
        encode,
        exchange::{Exchange, Request, member},
        given::Blueprint,
        redact::Redactor,
        run::remove_namespace,
        target::{Side, Target},
        variant::Variant,
        vars::{Undefined, Vars},
    },
    bytes::Bytes,
    serde_json::{Value, json},
    std::{collections::HashMap, time::Duration},
};

/// The path of TokenReviews.
const REVIEWS: &str = "/apis/authentication.k8s.io/v1/tokenreviews";
/// What the suite calls itself.
const USER_AGENT: &str = concat!("token-conformance/", env!("CARGO_PKG_VERSION"));

/// How long a deletion takes to reach a server's own caches, with room to spare.
const SETTLE: Duration = Duration::from_millis(100);

/// What a run works with.
pub struct Session<'a> {
    target: &'a Target,
    case: &'a Case,
    variant: Variant,
    namespace: &'a str,
    suffix: String,
    /// The names that steps use.
    pub vars: Vars,
    /// The names that transcripts use.
    pub redactor: Redactor,
    blueprints: HashMap<String, Blueprint>,
    made: Vec<String>,
    moved: Vec<String>,
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
        namespace: &'a str,
        suffix: String,
    ) -> Self {
        let (mut vars, mut redactor) = (Vars::default(), Redactor::default());
        vars.set("namespace", namespace);
        vars.set("reviews", REVIEWS);
        redactor.name(namespace, "conformance");
        for side in [&target.kubernetes, &target.google].into_iter().flatten() {
            redactor.name(&side.client.endpoint().authority(), "{server}");
            redactor.name(side.credential.as_deref().unwrap_or_default(), "{credential}");
        }
        if let Some(party) = &target.facts.party {
            vars.set("issuer", party.issuer.as_str());
            redactor.name(&party.issuer, "{issuer}");
        }
        let (blueprints, made, moved) = (HashMap::new(), Vec::new(), Vec::new());
        Self { target, case, variant, namespace, suffix, vars, redactor, blueprints, made, moved }
    }

    /// Makes what the case is given.
    pub async fn prepare(&mut self) -> Result<(), Stopped> {
        self.plan("sa", &json!("ServiceAccount"))?;
        self.make("sa").await?;
        for (name, object) in &self.case.given.objects.0 {
            let object = self.vars.value(object)?;
            self.plan(name, &object)?;
            self.make(name).await?;
        }
        for (name, spec) in &self.case.given.tokens.0 {
            let mut spec = self.vars.value(spec)?;
            let subject = spec.as_object_mut().and_then(|it| it.remove("for"));
            let subject = subject.as_ref().and_then(Value::as_str).map(str::to_owned);
            let token = self.issue(subject, spec).await?;
            self.vars.set(name, token);
        }
        for (name, forgery) in &self.case.given.forged.0 {
            let mut forgery = forgery.clone();
            for part in [&mut forgery.header, &mut forgery.claims] {
                for value in part.values_mut() {
                    *value = self.vars.value(value)?;
                }
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
                self.moved.push(by.to_owned());
            }
            Action::Call(method) => {
                return Err(Stopped(format!("calling {method} is not there yet")));
            }
            action => {
                let exchange = self.exchange(step, action).await?;
                self.capture(step, &exchange)?;
                return Ok(Some(exchange));
            }
        }
        Ok(None)
    }

    /// Takes away what was made, last first, and sets the clock back.
    pub async fn clean_up(&mut self) -> Vec<String> {
        let mut left = Vec::new();
        for by in std::mem::take(&mut self.moved).iter().rev() {
            let back = by.strip_prefix('-').map_or_else(|| format!("-{by}"), str::to_owned);
            left.extend(self.move_clock(&back).await.err().map(|it| it.0));
        }
        for path in std::mem::take(&mut self.made).iter().rev() {
            left.extend(self.discard(path).await.err().map(|it| it.0));
        }
        left
    }

    fn kubernetes(&self) -> Result<&'a Side, Stopped> {
        self.target.kubernetes.as_ref().ok_or_else(|| Stopped("there is no Kubernetes API".into()))
    }

    fn plan(&mut self, name: &str, object: &Value) -> Result<(), Stopped> {
        let sa = self.vars.text("$sa").unwrap_or_default();
        let shown = if name == "sa" { "builder" } else { name };
        let full = format!("{shown}-{}", self.suffix);
        let blueprint =
            Blueprint::new(object, full.clone(), self.namespace, &sa).map_err(Stopped)?;
        self.redactor.name(&full, shown);
        self.vars.set(name, full);
        self.vars.set(format!("{name}.path"), blueprint.path());
        self.vars.set(format!("{name}.token"), format!("{}/token", blueprint.path()));
        self.blueprints.insert(name.to_owned(), blueprint);
        Ok(())
    }

    async fn make(&mut self, name: &str) -> Result<(), Stopped> {
        let side = self.kubernetes()?;
        let blueprint = self.blueprint(name)?.clone();
        let answer = side.ask("POST", &blueprint.collection, Some(&blueprint.body)).await?;
        let body = answer.value().unwrap_or_default();
        if answer.status != 201 {
            let message = body["message"].as_str().unwrap_or_default();
            let kind = &blueprint.kind;
            return Err(Stopped(format!("cannot make a {kind}: {} {message}", answer.status)));
        }
        self.made.push(blueprint.path());
        let uid = &body["metadata"]["uid"];
        self.vars.set(format!("{name}.uid"), uid.clone());
        let (kind, full) = (&blueprint.kind, &blueprint.name);
        let reference = json!({"apiVersion": "v1", "kind": kind, "name": full, "uid": uid});
        self.vars.set(format!("{name}.ref"), reference);
        Ok(())
    }

    async fn remove(&mut self, name: &str) -> Result<(), Stopped> {
        let blueprint = self.blueprint(name)?;
        let (path, kind) = (blueprint.path(), blueprint.kind.clone());
        // A namespace that is deleted still has to be finalized, and has what was made in it.
        if kind != "Namespace" {
            self.made.retain(|it| *it != path);
        }
        self.delete(&path).await?;
        // A real server learns of its own deletions by a watch, some milliseconds later.
        if !self.target.facts.features.contains(&Need::Clock) {
            tokio::time::sleep(SETTLE).await;
        }
        Ok(())
    }

    /// Removes for good: a namespace is finalized where nobody else would.
    async fn discard(&self, path: &str) -> Result<(), Stopped> {
        match path.strip_prefix("/api/v1/namespaces/").filter(|it| !it.contains('/')) {
            Some(name) => {
                let finalize = self.target.facts.features.contains(&Need::NoControllers);
                remove_namespace(self.kubernetes()?, name, finalize).await.map_err(Stopped)
            }
            None => self.delete(path).await,
        }
    }

    async fn delete(&self, path: &str) -> Result<(), Stopped> {
        let side = self.kubernetes()?;
        let now = json!({"gracePeriodSeconds": 0});
        let answer = side.ask("DELETE", path, Some(&now)).await?;
        if !matches!(answer.status, 200 | 202 | 404) {
            return Err(Stopped(format!("cannot remove {path}: {}", answer.status)));
        }
        Ok(())
    }

    async fn issue(&self, subject: Option<String>, spec: Value) -> Result<String, Stopped> {
        let subject = subject.unwrap_or(self.vars.text("$sa")?);
        let path = format!("/api/v1/namespaces/{}/serviceaccounts/{subject}/token", self.namespace);
        let answer = self.kubernetes()?.ask("POST", &path, Some(&json!({"spec": spec}))).await?;
        let body = answer.value().unwrap_or_default();
        match body["status"]["token"].as_str() {
            Some(token) if answer.status == 201 => Ok(token.to_owned()),
            _ => {
                Err(Stopped(format!("cannot have a token: {} {}", answer.status, body["message"])))
            }
        }
    }

    async fn move_clock(&self, by: &str) -> Result<(), Stopped> {
        let body = json!({"advance": by});
        let answer = self.kubernetes()?.ask("POST", "/_emulator/v1/clock", Some(&body)).await?;
        match answer.status {
            200 => Ok(()),
            status => Err(Stopped(format!("cannot move the clock: {status}"))),
        }
    }

    fn blueprint(&self, name: &str) -> Result<&Blueprint, Stopped> {
        self.blueprints.get(name).ok_or_else(|| Stopped(format!("no object is called {name}")))
    }

    async fn exchange(&self, step: &Step, action: Action<'_>) -> Result<Exchange, Stopped> {
        let request = self.request(step, action)?;
        let answer = self.kubernetes()?.client.send(&request).await?;
        Ok(Exchange { request, answer })
    }

    fn request(&self, step: &Step, action: Action<'_>) -> Result<Request, Stopped> {
        let (line, body) = self.line_and_body(step, action)?;
        let (method, path) = line
            .split_once(' ')
            .ok_or_else(|| Stopped(format!("{line} is not a method and a path")))?;
        let encoding = self.variant.encoding();
        let mut headers = vec![
            ("user-agent".to_owned(), USER_AGENT.to_owned()),
            ("accept".to_owned(), encoding.media_type().to_owned()),
        ];
        if !body.is_empty() || step.text.is_some() {
            headers.push(("content-type".to_owned(), encoding.media_type().to_owned()));
        }
        headers.extend(self.bearer(step)?.map(|it| ("authorization".to_owned(), it)));
        for (name, value) in &step.headers {
            headers.retain(|(it, _)| !it.eq_ignore_ascii_case(name));
            let values = match self.vars.value(value)? {
                Value::Null => Vec::new(),
                Value::Array(values) => values,
                value => vec![value],
            };
            let text = |it: &Value| it.as_str().map_or_else(|| it.to_string(), str::to_owned);
            headers.extend(values.iter().map(|it| (name.clone(), text(it))));
        }
        let (method, path) = (method.to_owned(), path.to_owned());
        Ok(Request { method, path, headers, body, protocol: self.variant.protocol() })
    }

    fn line_and_body(&self, step: &Step, action: Action<'_>) -> Result<(String, Bytes), Stopped> {
        let query = match &step.query {
            Some(query) => format!("?{}", self.vars.text(query)?),
            None => String::new(),
        };
        let (line, kind, body) = match action {
            Action::Issue(spec) => {
                let subject = step.subject.as_deref().unwrap_or("$sa");
                let subject = self.vars.text(subject)?;
                let path = format!(
                    "POST /api/v1/namespaces/{}/serviceaccounts/{subject}/token{query}",
                    self.namespace
                );
                (path, Some("TokenRequest"), Some(json!({"spec": self.vars.value(spec)?})))
            }
            Action::Review(spec) => {
                let body = json!({"spec": self.vars.value(spec)?});
                (format!("POST {REVIEWS}{query}"), Some("TokenReview"), Some(body))
            }
            Action::Send(line) => {
                let body = step.body.as_ref().map(|it| self.vars.value(it)).transpose()?;
                (format!("{}{query}", self.vars.text(line)?), None, body)
            }
            _ => (String::new(), None, None),
        };
        let bytes = match (&step.text, &step.hex, body) {
            (Some(text), ..) => Bytes::from(self.vars.text(text)?),
            (_, Some(hex), _) => encode::hex(hex).map_err(Stopped)?,
            (_, _, Some(body)) => {
                encode::body(body, kind, self.variant.encoding()).map_err(Stopped)?
            }
            _ => Bytes::new(),
        };
        Ok((line, bytes))
    }

    fn bearer(&self, step: &Step) -> Result<Option<String>, Stopped> {
        let token = match step.caller.as_deref() {
            None => self.kubernetes()?.credential.clone(),
            Some("anonymous") => None,
            Some(token) => Some(self.vars.text(token)?),
        };
        Ok(token.map(|it| format!("Bearer {it}")))
    }

    fn capture(&mut self, step: &Step, exchange: &Exchange) -> Result<(), Stopped> {
        let body = exchange.answer.value();
        if step.issue.is_some()
            && let Some(token) = body.as_ref().and_then(|it| member(it, "status.token"))
        {
            self.vars.set("token", token.clone());
        }
        for (name, path) in &step.capture.0 {
            let value = body.as_ref().and_then(|it| member(it, path));
            let value = value.ok_or_else(|| Stopped(format!("the answer has no {path}")))?;
            self.vars.set(name, value.clone());
        }
        Ok(())
    }
}

impl From<Undefined> for Stopped {
    fn from(Undefined(name): Undefined) -> Self {
        Self(format!("nothing is called ${name}"))
    }
}

impl From<crate::client::Unreachable> for Stopped {
    fn from(error: crate::client::Unreachable) -> Self {
        Self(error.0)
    }
}
