//! One case: a file whose name is the sentence that it proves.

use {
    crate::{
        exchange::Api,
        expect::Expect,
        given::Given,
        google::schema::Method,
        ordered::{OneOrMany, Ordered},
        variant::Variant,
    },
    serde::{Deserialize, Serialize},
    serde_json::Value,
    std::{collections::BTreeMap, fmt},
};

/// What stands in a case's file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Case {
    /// The requirement that it checks.
    pub requirement: String,
    /// The numbered facts that it shows, beside its requirement's.
    #[serde(default)]
    pub facts: Vec<String>,
    /// What exists before.
    #[serde(default)]
    pub given: Given,
    /// What is asked.
    pub when: OneOrMany<Step>,
    /// What the last answer has to be.
    #[serde(default)]
    pub then: Option<Expect>,
    /// How else to run it, beside JSON over HTTP/1.1.
    #[serde(default)]
    pub variants: Vec<Variant>,
    /// What a target has to have for it.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// Whether it needs objects of its own, among them `$sa` and `$namespace`.
    #[serde(skip)]
    pub makes_objects: bool,
    /// Whether it needs the attached cluster `$cluster`.
    #[serde(skip)]
    pub wants_cluster: bool,
    /// Whether it needs the token `$subject`, to be exchanged for that cluster.
    #[serde(skip)]
    pub wants_subject: bool,
    /// Whether it needs attached clusters that are as it says.
    #[serde(skip)]
    pub registers: bool,
}

/// One step: one action, and what its answer has to be.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Step {
    /// Any request: `POST /path?query`.
    pub send: Option<String>,
    /// A TokenRequest with this spec.
    pub issue: Option<Value>,
    /// A TokenReview with this spec.
    pub review: Option<Value>,
    /// A method of the Google API: `AttachedClusters.GetAttachedCluster`.
    pub call: Option<String>,
    /// A subject token exchanged for an agent token, with these changes to the usual request.
    pub exchange: Option<Value>,
    /// The cluster `$new` registered, with these changes to the usual one.
    pub register: Option<Value>,
    /// An operation, asked about until it is done.
    pub finish: Option<String>,
    /// Removes an object given, at once.
    pub delete: Option<String>,
    /// Removes it and makes another of the same name.
    pub recreate: Option<String>,
    /// Moves the target's clock: `1h`, `-90s`.
    pub clock: Option<String>,
    /// Whose token is issued; `$sa` unless said otherwise.
    #[serde(rename = "for")]
    pub subject: Option<String>,
    /// The query of `issue` or `review`.
    pub query: Option<String>,
    /// Who asks: the suite's own credential, `anonymous`, or a bearer token.
    #[serde(rename = "as")]
    pub caller: Option<String>,
    /// Headers to add or replace; null drops one, a list sends it several times.
    pub headers: BTreeMap<String, Value>,
    /// The body, encoded as the variant says; of `call`, the message in its JSON form.
    pub body: Option<Value>,
    /// The body, as it stands.
    pub text: Option<String>,
    /// The body in hexadecimal digits.
    pub hex: Option<String>,
    /// Names for what the answer holds: `token: status.token`, `tag: header etag`.
    pub capture: Ordered<String>,
    /// What this answer has to be.
    pub then: Option<Expect>,
}

/// What a target has to have for a case to make sense there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// A clock that can be moved.
    Clock,
    /// The Google API.
    Google,
    /// Roles that decide who may do what.
    Rbac,
    /// Callers without credentials are `system:anonymous`.
    Anonymous,
    /// Discovery documents, for this caller.
    Discovery,
    /// The version, for this caller.
    Version,
    /// Lifetimes of tokens for pods that are extended (`--service-account-extend-token-expiration`).
    Extended,
    /// No controllers, so that what was made stays as it was made.
    NoControllers,
    /// A Google side that demands a bearer.
    GoogleAuth,
    /// Attached clusters of the suite's own.
    OwnClusters,
    /// A subject token.
    SubjectToken,
    /// A cap on lifetimes (`--service-account-max-token-expiration`).
    Capped,
    /// No cap on lifetimes.
    Uncapped,
    /// Lifetimes of more than an hour: the least that a cap can be.
    OverAnHour,
    /// A namespace of the suite's own, in which nothing is but what it made.
    OwnNamespace,
    /// Keys of the server's own; those of an external signer bear `typ` and are cached as it says.
    OwnKeys,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action<'a> {
    /// Any request.
    Send(&'a str),
    /// A TokenRequest.
    Issue(&'a Value),
    /// A TokenReview.
    Review(&'a Value),
    /// A method of the Google API.
    Call(&'a str),
    /// A subject token exchanged.
    Exchange(&'a Value),
    /// A cluster registered.
    Register(&'a Value),
    /// An operation waited for.
    Finish(&'a str),
    /// Removes an object.
    Delete(&'a str),
    /// Replaces an object.
    Recreate(&'a str),
    /// Moves the clock.
    Clock(&'a str),
}

impl Step {
    /// The one thing that the step does.
    pub fn action(&self) -> Result<Action<'_>, String> {
        let actions = [
            self.send.as_deref().map(Action::Send),
            self.issue.as_ref().map(Action::Issue),
            self.review.as_ref().map(Action::Review),
            self.call.as_deref().map(Action::Call),
            self.exchange.as_ref().map(Action::Exchange),
            self.register.as_ref().map(Action::Register),
            self.finish.as_deref().map(Action::Finish),
            self.delete.as_deref().map(Action::Delete),
            self.recreate.as_deref().map(Action::Recreate),
            self.clock.as_deref().map(Action::Clock),
        ];
        let mut named = actions.into_iter().flatten();
        match (named.next(), named.next()) {
            (Some(action), None) => Ok(action),
            _ => Err("a step is one of send, issue, review, call, exchange, register, finish, \
                      delete, recreate, clock"
                .into()),
        }
    }
}

impl Step {
    /// Whether a step that says nothing of its answer still wants it to be 201.
    pub fn is_granted_unless_said(&self) -> bool {
        self.issue.is_some() || self.review.is_some()
    }
}

impl Action<'_> {
    /// Whether an answer comes of it that is judged.
    pub fn is_judged(self) -> bool {
        !matches!(self, Self::Delete(_) | Self::Recreate(_) | Self::Clock(_))
    }
}

impl Case {
    /// The variants to run, the first always among them.
    pub fn variants(&self) -> Vec<Variant> {
        let mut variants = vec![Variant::Json];
        variants.extend(self.variants.iter().copied().filter(|it| *it != Variant::Json));
        variants
    }

    /// What the answer of a step has to be: its own expectations, and for the last step the case's.
    pub fn expected(&self, step: usize) -> impl Iterator<Item = &Expect> {
        let own = self.when.0.get(step).and_then(|it| it.then.as_ref());
        let last = self.last_judged() == Some(step);
        own.into_iter().chain(self.then.as_ref().filter(move |_| last))
    }

    /// Whether nothing is different after it: reviews make nothing, and so do requests that a
    /// server refuses, but nobody knows beforehand that it will.
    pub fn is_read_only(&self) -> bool {
        let reads = |step: &Step| match step.action() {
            Ok(Action::Review(_)) => true,
            Ok(Action::Send(line)) => {
                line.starts_with("GET ") || line.contains("selfsubjectreviews")
            }
            Ok(Action::Call(method)) => method.contains(".Get") || method.contains(".List"),
            Ok(Action::Finish(_)) => true,
            _ => false,
        };
        !self.makes_objects && self.when.0.iter().all(reads)
    }

    /// The kinds of objects that it makes outside of a namespace.
    pub fn cluster_wide(&self) -> impl Iterator<Item = &str> {
        let objects = self.given.objects.0.iter();
        let kinds = objects.filter_map(|(_, it)| it.as_str().or_else(|| it["kind"].as_str()));
        kinds.filter(|it| matches!(*it, "Namespace" | "Node"))
    }

    /// Whether a kube-apiserver is its author; otherwise the emulator is.
    pub fn is_recorded_from_kubernetes(&self, id: &str) -> bool {
        id.starts_with("kubernetes/") && !self.needs.contains(&Need::Clock)
    }

    /// Whether it asks something of the Kubernetes API, or is given something there.
    pub fn needs_kubernetes(&self) -> bool {
        let attached = |it: &Value| it == "AttachedCluster" || it["kind"] == "AttachedCluster";
        let asks = |it: &Step| match it.action() {
            Ok(Action::Issue(_) | Action::Review(_)) => true,
            Ok(Action::Send(line)) => {
                line.split_once(' ').is_some_and(|(_, path)| Api::of(path) == Api::Kubernetes)
            }
            _ => false,
        };
        self.when.0.iter().any(asks)
            || !self.given.tokens.0.is_empty()
            || self.given.objects.0.iter().any(|(_, it)| !attached(it))
    }

    /// What a target has to have for it, said or implied.
    pub fn all_needs(&self) -> impl Iterator<Item = Need> {
        let trusting = self.registers || !self.given.minted.0.is_empty();
        let registers = trusting.then_some(Need::OwnClusters);
        let subject = self.wants_subject.then_some(Need::SubjectToken);
        self.needs.iter().copied().chain(registers).chain(subject)
    }

    /// Learns from the file's text what the case needs without saying so.
    pub fn imply(&mut self, text: &str) {
        let mentions = |names: &[&str]| names.iter().any(|it| text.contains(it));
        let exchanges = |member: &str| {
            let mut exchanges = self.when.0.iter().filter_map(|it| it.exchange.as_ref());
            exchanges.any(|it| it.get(member).is_none())
        };
        let given = |name: &str| self.given.objects.0.iter().any(|(it, _)| it == name);
        let said = |name: &str| self.given.tokens.0.iter().any(|(it, _)| it == name);
        let cluster = mentions(&["$cluster"]) || exchanges("attachedCluster");
        let subject = mentions(&["$subject"]) || exchanges("subjectToken");
        self.wants_cluster = cluster && !given("cluster");
        self.wants_subject = subject && !said("subject");
        let shaped = |it: &Value| it["kind"] == "AttachedCluster";
        self.registers = mentions(&["$new", "$parent/attachedClusters?", "register:"])
            || self.given.objects.0.iter().any(|(_, it)| shaped(it));
        self.makes_objects = self.wants_cluster
            || self.wants_subject
            || self.registers
            || mentions(&["$sa", "$namespace", "issue:", "given:"]);
    }

    /// What is wrong with the file, beyond its shape.
    pub fn faults(&self) -> Vec<String> {
        let mut faults: Vec<String> =
            self.when.0.iter().filter_map(|step| step.action().err()).collect();
        if self.last_judged().is_none() {
            faults.push("no step has an answer to judge".to_owned());
        }
        if self.then.is_none() && self.when.0.iter().all(|step| step.then.is_none()) {
            faults.push("nothing is expected".to_owned());
        }
        for method in self.when.0.iter().filter_map(|step| step.call.as_deref()) {
            if Method::find(method).is_none() {
                faults.push(format!("no method is {method}"));
            }
        }
        let raw = self.when.0.iter().any(|step| step.text.is_some() || step.hex.is_some());
        if raw && self.variants.iter().any(|it| matches!(it, Variant::Yaml | Variant::Protobuf)) {
            faults.push("a body that is sent as it stands has no other encodings".to_owned());
        }
        let sent = self.when.0.iter().any(|step| step.call.is_none() && step.send.is_some());
        if sent && self.variants.contains(&Variant::Grpc) {
            faults.push("only what is a call has a gRPC form".to_owned());
        }
        faults
    }

    fn last_judged(&self) -> Option<usize> {
        self.when.0.iter().rposition(|step| step.action().is_ok_and(Action::is_judged))
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clock => "a clock that can be moved",
            Self::Google => "the Google API",
            Self::Rbac => "RBAC",
            Self::Anonymous => "anonymous callers",
            Self::Discovery => "OpenID discovery",
            Self::Version => "a version that is told",
            Self::Extended => "--service-account-extend-token-expiration",
            Self::NoControllers => "a server without controllers",
            Self::GoogleAuth => "a Google side that demands a bearer",
            Self::OwnClusters => "clusters of the suite's own, and none named",
            Self::SubjectToken => "a subject token (--subject-token-file)",
            Self::Capped => "--service-account-max-token-expiration",
            Self::Uncapped => "a server that does not cap lifetimes",
            Self::OverAnHour => "lifetimes of more than an hour",
            Self::OwnNamespace => "a namespace of the suite's own, and none named",
            Self::OwnKeys => "a server that signs with keys of its own",
        })
    }
}
