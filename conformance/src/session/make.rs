//! Preparation: objects, tokens and the clock. None of it is judged; what fails
//! here stops the case, and says so as that.

use {
    super::{Session, Stopped},
    crate::{case::Need, exchange::Answer, given::Blueprint, ledger::Made},
    jiff::Timestamp,
    serde_json::{Value, json},
    std::time::Instant,
};

/// Who is told to have made what is given. Within one second managers are listed by their names,
/// so this one has to come before the one of the requests that are judged.
const MANAGER: &str = "given";

impl Session<'_> {
    /// Names an object.
    pub(super) fn plan(&mut self, name: &str, object: &Value) -> Result<(), Stopped> {
        let shown = if name == "sa" { "builder" } else { name };
        let full = format!("{shown}-{}", self.suffix);
        let blueprint = Blueprint::new(object, full.clone(), self.namespace, self.named("sa"))
            .map_err(Stopped)?;
        self.redactor.name(&full, shown);
        self.vars.set(name, full);
        self.vars.set(format!("{name}.path"), blueprint.path());
        self.vars.set(format!("{name}.token"), format!("{}/token", blueprint.path()));
        self.blueprints.insert(name.to_owned(), blueprint);
        Ok(())
    }

    /// Makes it.
    pub(super) async fn make(&mut self, name: &str) -> Result<(), Stopped> {
        let blueprint = self.blueprint(name)?.clone();
        // Noted first: when the run is interrupted, the answer may never be read.
        let noted = Made::Object(blueprint.path());
        self.note(noted.clone());
        let path = format!("{}?fieldManager={MANAGER}", blueprint.collection);
        let asked = Instant::now();
        let made = self.kubernetes()?.ask("POST", &path, Some(&blueprint.body));
        let answer = made.await?;
        if (400..500).contains(&answer.status) {
            // What was refused is not there, and whoever may not make it may not delete it either.
            self.made.retain(|it| *it != noted);
            self.ledger.forget(&noted);
        }
        let body = created(&answer, 201, &blueprint.kind)?;
        let uid = &body["metadata"]["uid"];
        let at = &body["metadata"]["creationTimestamp"];
        self.vars.set(format!("{name}.uid"), uid.clone());
        self.vars.set(format!("{name}.made"), at.clone());
        if blueprint.kind == "Pod" {
            let account = blueprint.body["spec"]["serviceAccountName"].clone();
            self.vars.set(format!("{name}.account"), account);
            self.vars.set(format!("{name}.node"), body["spec"]["nodeName"].clone());
        }
        if !self.case.all_needs().any(|it| it == Need::Clock) {
            self.vars.set("now", at.clone());
            if let Some(made) = at.as_str().and_then(|it| it.parse::<Timestamp>().ok()) {
                self.pulse.hear(asked, Instant::now(), made.as_second());
            }
        }
        let (kind, full) = (&blueprint.kind, &blueprint.name);
        let reference = json!({"apiVersion": "v1", "kind": kind, "name": full, "uid": uid});
        self.vars.set(format!("{name}.ref"), reference);
        Ok(())
    }

    /// Removes it, at once.
    pub(super) async fn remove(&mut self, name: &str) -> Result<(), Stopped> {
        let blueprint = self.blueprint(name)?;
        let made = Made::Object(blueprint.path());
        let witness = self.witness(blueprint).await;
        if blueprint.kind == "Namespace" {
            // It still has to be finalized, and has what was made in it.
            self.kubernetes()?.ask("DELETE", &blueprint.path(), None).await?;
        } else {
            self.made.retain(|it| *it != made);
            self.ledger.discard(self.target, &made).await.map_err(Stopped)?;
        }
        self.settle(witness).await;
        Ok(())
    }

    pub(super) fn note(&mut self, made: Made) {
        self.ledger.add(made.clone());
        self.made.push(made);
    }

    /// A token by what the case says of it.
    pub(super) async fn issue(&self, spec: &Value) -> Result<String, Stopped> {
        let mut spec = self.vars.value(spec)?;
        let subject = spec.as_object_mut().and_then(|it| it.remove("for"));
        let subject = subject.as_ref().and_then(Value::as_str).unwrap_or(self.named("sa"));
        let path = format!("/api/v1/namespaces/{}/serviceaccounts/{subject}/token", self.namespace);
        let answer = self.kubernetes()?.ask("POST", &path, Some(&json!({"spec": spec}))).await?;
        let body = created(&answer, 201, "token")?;
        let token = body["status"]["token"].as_str();
        token.map(str::to_owned).ok_or_else(|| Stopped("the answer has no token".to_owned()))
    }

    pub(super) async fn move_clock(&self, by: &str) -> Result<(), Stopped> {
        let body = json!({"advance": by});
        let side = self.target.kubernetes.as_ref().or(self.target.google.as_ref());
        let side = side.ok_or_else(|| Stopped("there is no clock".to_owned()))?;
        let answer = side.ask("POST", "/_emulator/v1/clock", Some(&body)).await?;
        created(&answer, 200, "move of the clock").map(drop)
    }

    fn blueprint(&self, name: &str) -> Result<&Blueprint, Stopped> {
        self.blueprints.get(name).ok_or_else(|| Stopped(format!("no object is called {name}")))
    }
}

/// The body of an answer, if it has the status that it should.
pub(super) fn created(answer: &Answer, status: u16, what: &str) -> Result<Value, Stopped> {
    let body = answer.value().unwrap_or_default();
    if answer.status == status {
        return Ok(body);
    }
    let message = body["message"].as_str().or_else(|| body["error"]["message"].as_str());
    let message = message.unwrap_or_default();
    Err(Stopped(format!("preparing: {what}: {} {message}", answer.status)))
}
