//! What a request wants changed: of which cluster, how its operation has to say so, and what it has to
//! come to.

use {
    super::{clock, differ, named},
    crate::{
        expect::Mismatch,
        google::{
            asked::Asked,
            schema::{self, Method},
        },
        level::Level,
    },
    serde_json::{Map, Value, json},
};

/// Where messages have their types.
const TYPES: &str = "type.googleapis.com/";

/// What only the server says, or never says.
const NOT_SHOWN_AS_SENT: &[&str] = &[
    "name",
    "uid",
    "state",
    "reconciling",
    "createTime",
    "updateTime",
    "etag",
    "kubernetesVersion",
    "clusterRegion",
    "workloadIdentityConfig",
    "errors",
    "tags",
];

/// A write that was asked for.
#[derive(Debug)]
pub(super) struct Write {
    /// The name of what it is done to.
    pub(super) target: String,
    /// Whether it was only to be validated.
    pub(super) only_validated: bool,
    /// What the metadata calls it.
    verb: Option<&'static str>,
    /// The type of what it comes to.
    kind: String,
    /// What is sent, and the fields that count where not all do.
    sent: Value,
    mask: Option<Vec<String>>,
}

impl Write {
    /// The write that a request asks for.
    pub(super) fn of(asked: &Asked) -> Option<Self> {
        let Asked { method, message } = asked;
        let field = schema::camel(method.body);
        let kind = schema::kind_of(&method.input(), method.body);
        let (verb, target, kind, sent) = match method.name() {
            it if it.starts_with("Create") => {
                let collection = method.template.rsplit('/').next()?;
                let id = asked.text(&format!("{field}Id"));
                let target = format!("{}/{collection}/{id}", asked.text("parent"));
                (Some("create"), target, kind?, message[&field].clone())
            }
            it if it.starts_with("Update") => {
                let target = message[&field]["name"].as_str()?.to_owned();
                (Some("update"), target, kind?, message[&field].clone())
            }
            it if it.starts_with("Delete") => {
                let empty = "google.protobuf.Empty".to_owned();
                (Some("delete"), asked.text("name").to_owned(), empty, Value::Null)
            }
            "ImportAttachedCluster" => {
                let id = asked.text("fleetMembership").rsplit('/').next()?;
                let target = format!("{}/attachedClusters/{id}", asked.text("parent"));
                (Some("import"), target, of_import(method), imported(message))
            }
            _ => return None,
        };
        let mask = message["updateMask"].as_str().map(|it| it.split(',').map(str::to_owned));
        Some(Self {
            target,
            only_validated: message["validateOnly"] == true,
            verb,
            kind: format!("{TYPES}{kind}"),
            sent: shown(sent),
            mask: mask.map(Iterator::collect),
        })
    }

    /// What a cluster is made of that was made of this.
    pub(super) fn given(body: &Value) -> Option<Value> {
        let create = Method::find("AttachedClusters.CreateAttachedCluster")?;
        let message = schema::from_json(create.input(), &json!({"attachedCluster": body})).ok()?;
        Some(shown(serde_json::to_value(message).ok()?["attachedCluster"].take()))
    }

    /// The members that an update changes; `None` for what is no update.
    pub(super) fn touched(&self) -> Option<Vec<&str>> {
        let mask = self.mask.as_ref()?;
        let first = |path: &'_ String| path.split('.').next().map_or(0, str::len);
        let mut touched: Vec<&str> = mask.iter().map(|path| &path[..first(path)]).collect();
        if touched.contains(&"platformVersion") {
            touched.push("kubernetesVersion");
        }
        touched.extend(["@type", "etag", "updateTime"]);
        Some(touched)
    }

    /// Whether nothing is left of its target.
    pub(super) fn takes_away(&self) -> bool {
        self.verb == Some("delete")
    }

    /// Everything that is wrong with the operation that was begun.
    pub(super) fn judge_begun(&self, body: &Value, found: &mut Vec<Mismatch>) {
        let metadata = &body["metadata"];
        named("body metadata target", &self.target, &metadata["target"], found);
        if let Some(verb) = self.verb.filter(|it| metadata["verb"] != *it) {
            let got = &metadata["verb"];
            found.push(Mismatch::new(Level::Should, "body metadata verb", verb, got));
        }
        let location = |it: &str| it.split('/').take(4).collect::<Vec<_>>().join("/");
        let own = body["name"].as_str().map(|it| Value::from(location(it)));
        named("body name", &location(&self.target), &own.unwrap_or_default(), found);
        if body["done"] == true {
            let what = "body metadata endTime";
            clock::is_about(what, &metadata["createTime"], &metadata["endTime"], found);
        }
    }

    /// Everything that is wrong with what it came to, given what that is made of where nothing else
    /// was at work on it.
    pub(super) fn judge_end(
        &self,
        what: &str,
        value: &Value,
        after: Option<&Value>,
        found: &mut Vec<Mismatch>,
    ) {
        let response = &value["response"];
        if !response.is_object() {
            return;
        }
        let what = format!("{what} response");
        differ(
            &format!("{what} @type"),
            &self.kind.as_str().into(),
            &response["@type"],
            false,
            found,
        );
        if self.takes_away() {
            return;
        }
        named(&format!("{what} name"), &self.target, &response["name"], found);
        clock::within(&format!("{what} updateTime"), &response["updateTime"], value, found);
        if self.mask.is_none() {
            clock::within(&format!("{what} createTime"), &response["createTime"], value, found);
        }
        let Some(after) = after else { return };
        // What is only validated need not have a state.
        let unmade = self.only_validated && response.get("state").is_none();
        if !unmade {
            differ(&format!("{what} state"), &"RUNNING".into(), &response["state"], false, found);
            differ(
                &format!("{what} reconciling"),
                &Value::Null,
                &response["reconciling"],
                false,
                found,
            );
        }
        differ(&what, after, response, true, found);
    }

    /// What something is made of after this, given what it was made of; of what was not known only the
    /// fields that were sent are.
    pub(super) fn applied_to(&self, before: Option<&Value>) -> Option<Value> {
        let Some(mask) = &self.mask else { return Some(self.sent.clone()) };
        let mut after = before.cloned().unwrap_or_else(|| json!({}));
        for path in mask {
            let pointer = format!("/{}", path.replace('.', "/"));
            put(&mut after, path, self.sent.pointer(&pointer));
        }
        Some(after)
    }
}

/// The type that is imported.
fn of_import(method: &Method) -> String {
    format!("{}.AttachedCluster", method.input().package_name())
}

/// What an import says of the cluster.
fn imported(message: &Value) -> Value {
    let members = ["platformVersion", "distribution", "proxyConfig"];
    let said = members.into_iter().filter_map(|it| Some((it.to_owned(), message.get(it)?.clone())));
    said.collect::<Map<_, _>>().into()
}

/// What is sent without what is not shown as it was.
fn shown(mut sent: Value) -> Value {
    if let Some(members) = sent.as_object_mut() {
        members.retain(|name, _| !NOT_SHOWN_AS_SENT.contains(&name.as_str()));
        if let Some(fleet) = members.get_mut("fleet").and_then(Value::as_object_mut) {
            fleet.remove("membership");
        }
    }
    sent
}

/// A member at a path is put, or taken away.
fn put(to: &mut Value, path: &str, value: Option<&Value>) {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let Some(members) = to.as_object_mut() else { return };
    match value {
        _ if !rest.is_empty() => {
            put(members.entry(first).or_insert_with(|| json!({})), rest, value);
        }
        Some(value) => {
            members.insert(first.to_owned(), value.clone());
        }
        None => {
            members.remove(first);
        }
    }
}
