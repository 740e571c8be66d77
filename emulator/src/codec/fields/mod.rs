//! Who wrote which field: `metadata.managedFields`, as kube-apiserver keeps it, and what comes of
//! applying a configuration to what others wrote.

mod apply;
mod compare;
mod created;
mod managers;
mod merge;
mod prune;
mod set;
mod shape;
#[cfg(test)]
mod tests;
mod typed;

pub use apply::{Applied, Apply, ApplyError, apply};

use {
    crate::codec::schema::{Merge, Struct},
    compare::{Changes, changes},
    managers::{Manager, STRIPPED, cap, encode, list, read, take},
    serde_json::{Value, json},
    shape::Form,
};

/// A write whose fields are to be owned.
#[derive(Debug, Clone, Copy)]
pub struct Write<'a> {
    /// The members of the kind.
    pub structure: &'static Struct,
    /// The `apiVersion` that the request speaks.
    pub api_version: &'a str,
    /// The object as it was; `None` when it is created.
    pub before: Option<&'a Value>,
    /// The object as it is to be stored.
    pub after: &'a Value,
    /// Who writes it; empty for unknown.
    pub manager: &'a str,
    /// The subresource that is written; empty for the object itself.
    pub subresource: &'a str,
    /// Members of the object that this kind of write cannot set, such as `status`.
    pub reset: &'a [&'a str],
    /// When, in RFC 3339.
    pub time: &'a str,
}

/// The new `metadata.managedFields`; `None` when there are none to keep.
pub fn managed(write: &Write<'_>) -> Option<Value> {
    let managers = earlier(write);
    let followed = write.structure.merge == Merge::Granular;
    if write.before.is_none() && managers.is_empty() && followed {
        let owned = created::owned(write.structure, write.after, write.reset).ok()??;
        let entry = managers::entry(own_entry(write), write.subresource, owned);
        return Some(Value::Array(vec![entry]));
    }
    // Nobody begins to keep track of an object that nobody has kept track of so far.
    if write.before.is_some() && managers.is_empty() {
        return None;
    }
    match updated(write, managers) {
        Some(managers) => encode(managers),
        // What cannot be followed leaves everything as it was.
        None => write.before.and_then(list).cloned(),
    }
}

/// The managers after a write that does not apply; `None` when it cannot be followed.
fn updated<'a>(write: &Write<'a>, mut managers: Vec<Manager<'a>>) -> Option<Vec<Manager<'a>>> {
    // What was written in a version that nobody serves is nobody's.
    managers.retain(|manager| manager.text("apiVersion") == write.api_version);
    let Changes { mut written, mut removed } =
        changes(Form::Stored, write.structure, write.before, write.after).ok()?;
    for path in write.reset {
        written.remove(path);
        removed.remove(path);
    }
    for manager in &mut managers {
        if !manager.set.intersection(&written).is_empty() || !removed.is_empty() {
            manager.set = manager.set.clone().difference(&written).difference(&removed);
        }
    }
    let own = written.difference(&STRIPPED);
    if !own.is_empty() {
        take(&mut managers, Manager::new(own_entry(write), write.subresource, own));
    }
    managers.retain(|manager| !manager.set.is_empty());
    cap(&mut managers);
    Some(managers)
}

fn own_entry(write: &Write<'_>) -> Value {
    json!({
        "manager": if write.manager.is_empty() { "unknown" } else { write.manager },
        "operation": "Update",
        "apiVersion": write.api_version,
        "time": write.time,
        "fieldsType": "FieldsV1",
    })
}

// A client may set the entries of the object itself, but not through a subresource.
fn earlier(write: &Write<'_>) -> Vec<Manager<'static>> {
    let given = list(write.after).filter(|_| write.subresource.is_empty());
    if let Some(Value::Array(entries)) = given {
        if entries.is_empty() || entries.iter().eq([&json!({})]) {
            return Vec::new();
        }
        if let Some(managers) = read(entries) {
            return managers;
        }
    }
    let before = write.before.and_then(list).and_then(Value::as_array);
    before.and_then(|entries| read(entries)).unwrap_or_default()
}
