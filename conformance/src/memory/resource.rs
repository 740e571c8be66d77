//! Clusters and what else there is: two looks at one show the same, unless it was changed in between,
//! and what was sent is shown.

use {
    super::{
        clock::{self, Clock},
        differ, is_same_name,
    },
    crate::{expect::Mismatch, level::Level},
    serde_json::{Value, json},
    std::collections::BTreeMap,
};

/// Those that were told of.
#[derive(Debug, Default)]
pub(super) struct Resources {
    /// By their names.
    known: BTreeMap<String, Resource>,
    /// The name that each uid was seen with, though it may be another's by now.
    owners: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
struct Resource {
    shown: Option<Value>,
    /// What its clients have made of it, where that is known.
    made_of: Option<Value>,
    /// How many operations may be at work on it.
    writes: usize,
}

/// What changes by itself.
const LIFE: &[&str] = &["state", "reconciling", "errors"];

impl Resources {
    /// Judges one against the last look at it.
    pub(super) fn look(
        &mut self,
        what: &str,
        value: &Value,
        clock: &mut Clock,
        found: &mut Vec<Mismatch>,
    ) {
        let Some(name) = value["name"].as_str() else { return };
        for name in ["createTime", "updateTime"] {
            clock.has_been(&value[name]);
        }
        if clock::read(&value["updateTime"]) < clock::read(&value["createTime"]) {
            let what = format!("{what} updateTime");
            let (expected, got) = ("a time after its creation", &value["updateTime"]);
            found.push(Mismatch::new(Level::Should, what, expected, got));
        }
        if let Some(uid) = value["uid"].as_str() {
            let owner = self.owners.entry(uid.to_owned()).or_insert_with(|| name.to_owned());
            if !is_same_name(owner, name) {
                let expected = format!("another than that of {owner}");
                found.push(Mismatch::new(Level::Should, format!("{what} uid"), expected, uid));
            }
        }
        let resource = self.known.entry(name.to_owned()).or_default();
        if let Some(before) = &resource.shown {
            for name in ["uid", "createTime"] {
                differ(&format!("{what} {name}"), &before[name], &value[name], false, found);
            }
            let same = |name: &str| before[name] == value[name];
            let says = |name: &str| value.get(name).is_some() && same(name);
            if LIFE.iter().all(|it| same(it)) && (says("updateTime") || says("etag")) {
                differ(what, &plain(before), &plain(value), false, found);
            }
        }
        resource.shown = Some(value.clone());
    }

    /// Judges what an update makes, or would make, of one: the rest of it stays as it is.
    pub(super) fn judge_rest(
        &mut self,
        what: &str,
        value: &Value,
        touched: &[&str],
        found: &mut Vec<Mismatch>,
    ) {
        let Some(name) = value["name"].as_str() else { return };
        let resource = self.known.entry(name.to_owned()).or_default();
        let Some(before) = &resource.shown else {
            let identity = json!({"uid": value["uid"], "createTime": value["createTime"]});
            resource.shown = Some(identity);
            return;
        };
        let rest = |it: &Value| {
            let mut it = plain(it);
            if let Some(members) = it.as_object_mut() {
                members.retain(|name, _| !touched.contains(&name.as_str()));
            }
            it
        };
        let is_whole = before.get("name").is_some();
        differ(what, &rest(before), &rest(value), !is_whole, found);
    }

    /// Judges one against what was sent, unless that may not have come to pass yet.
    pub(super) fn hold(&self, what: &str, value: &Value, found: &mut Vec<Mismatch>) {
        let named = value["name"].as_str().and_then(|it| self.known.get(it));
        let settled = named.filter(|it| it.writes == 0);
        if let Some(made_of) = settled.and_then(|it| it.made_of.as_ref()) {
            differ(what, made_of, value, true, found);
            if value.get("state").is_some() {
                let (what, state) = (format!("{what} state"), &value["state"]);
                differ(&what, &"RUNNING".into(), state, false, found);
            }
        }
    }

    /// What its clients have made of it.
    pub(super) fn made_of(&self, name: &str) -> Option<&Value> {
        self.known.get(name)?.made_of.as_ref()
    }

    /// An operation has begun.
    pub(super) fn change(&mut self, name: &str) {
        self.known.entry(name.to_owned()).or_default().writes += 1;
    }

    /// Whether more than one operation may be at work on it.
    pub(super) fn is_crowded(&self, name: &str) -> bool {
        self.known.get(name).is_some_and(|it| it.writes > 1)
    }

    /// An operation has ended, and this is what it is made of.
    pub(super) fn come_to(&mut self, name: &str, made_of: Option<Value>) {
        let resource = self.known.entry(name.to_owned()).or_default();
        resource.writes = resource.writes.saturating_sub(1);
        resource.made_of = made_of;
    }

    /// It is gone, and another may have its name.
    pub(super) fn forget(&mut self, name: &str) {
        let gone = self.known.remove(name).and_then(|it| it.shown);
        if let Some(uid) = gone.as_ref().and_then(|it| it["uid"].as_str()) {
            self.owners.insert(uid.to_owned(), format!("{name}, which is gone"));
        }
    }

    /// Those that a list has to have.
    pub(super) fn names(&self) -> Vec<&str> {
        let there = |it: &Resource| it.writes == 0 && it.made_of.is_some();
        self.known.iter().filter(|(_, it)| there(it)).map(|(name, _)| name.as_str()).collect()
    }
}

fn plain(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(members) = value.as_object_mut() {
        members.retain(|name, _| !name.starts_with('@') && !LIFE.contains(&name.as_str()));
    }
    value
}
