//! Who wrote which field: `metadata.managedFields`, as kube-apiserver keeps it for writers that do
//! not apply.

mod compare;
mod set;
#[cfg(test)]
mod tests;

use {
    crate::codec::schema::Struct,
    compare::{Changes, changes},
    serde_json::{Value, json},
    set::{Element, Set},
    std::{borrow::Cow, sync::LazyLock},
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
    let mut managers = earlier(write);
    // Nobody begins to keep track of an object that nobody has kept track of so far.
    if write.before.is_some() && managers.is_empty() {
        return None;
    }
    // What was written in a version that nobody serves is nobody's.
    managers.retain(|manager| manager.text("apiVersion") == write.api_version);
    let Ok(changes) = changes(write.structure, write.before, write.after) else {
        // What cannot be followed leaves everything as it was.
        return write.before.and_then(list).cloned();
    };
    let Changes { mut written, mut removed } = changes;
    for name in write.reset {
        written.remove(name);
        removed.remove(name);
    }
    for manager in &mut managers {
        if !manager.set.intersection(&written).is_empty() || !removed.is_empty() {
            manager.set = manager.set.clone().difference(&written).difference(&removed);
        }
    }
    let own = written.difference(&STRIPPED);
    if !own.is_empty() {
        take(&mut managers, write, own);
    }
    managers.retain(|manager| !manager.set.is_empty());
    managers.sort_by(|one, other| one.order().cmp(&other.order()));
    let entries: Vec<_> = managers.into_iter().map(Manager::into_entry).collect();
    (!entries.is_empty()).then_some(Value::Array(entries))
}

/// Fields that nobody owns.
static STRIPPED: LazyLock<Set<'static>> = LazyLock::new(stripped);

fn stripped() -> Set<'static> {
    const METADATA: [&str; 9] = [
        "clusterName",
        "creationTimestamp",
        "generation",
        "managedFields",
        "name",
        "namespace",
        "resourceVersion",
        "selfLink",
        "uid",
    ];
    let field = |name: &'static str| Element::Field(Cow::Borrowed(name));
    let leaves = METADATA.iter().map(|name| (field(name), Set::of_self()));
    let metadata = Set { member: true, children: leaves.collect() };
    let children = vec![
        (field("apiVersion"), Set::of_self()),
        (field("kind"), Set::of_self()),
        (field("metadata"), metadata),
    ];
    Set { member: false, children }
}

/// One entry: who, and what.
struct Manager<'a> {
    entry: Value,
    set: Set<'a>,
}

impl Manager<'_> {
    fn text(&self, name: &str) -> &str {
        self.entry[name].as_str().unwrap_or("")
    }

    fn order(&self) -> [&str; 5] {
        ["operation", "time", "manager", "apiVersion", "subresource"].map(|name| self.text(name))
    }

    fn into_entry(mut self) -> Value {
        self.entry["fieldsV1"] = Value::String(self.set.to_text());
        self.entry
    }
}

// A manager's fields are added to what it wrote before with the same operation, version and
// subresource.
fn take<'a>(managers: &mut Vec<Manager<'a>>, write: &Write<'_>, own: Set<'a>) {
    let name = if write.manager.is_empty() { "unknown" } else { write.manager };
    let mut entry = json!({
        "manager": name,
        "operation": "Update",
        "apiVersion": write.api_version,
        "time": write.time,
        "fieldsType": "FieldsV1",
    });
    if !write.subresource.is_empty() {
        entry["subresource"] = Value::String(write.subresource.to_owned());
    }
    let mut manager = Manager { entry, set: own };
    let same = managers.iter().position(|known| {
        ["manager", "operation", "apiVersion", "subresource"]
            .iter()
            .all(|name| known.text(name) == manager.text(name))
    });
    if let Some(at) = same {
        manager.set = managers.remove(at).set.union(manager.set);
    }
    managers.push(manager);
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

fn list(document: &Value) -> Option<&Value> {
    document.get("metadata")?.get("managedFields")
}

fn read(entries: &[Value]) -> Option<Vec<Manager<'static>>> {
    let manager = |entry: &Value| {
        let set = set::parse(entry.get("fieldsV1")?.as_str()?)?;
        Some(Manager { entry: entry.clone(), set })
    };
    entries.iter().map(manager).collect()
}
