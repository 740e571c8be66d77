//! The entries of `metadata.managedFields`: who, and what.
//! apimachinery: pkg/util/managedfields/internal/managedfields.go, capmanagers.go

use {
    super::set::{self, Element, Set},
    serde_json::Value,
    std::{borrow::Cow, collections::HashMap, sync::LazyLock},
};

/// How many managers that update are told apart.
const UPDATERS: usize = 10;
/// Who the oldest of them become.
const ANCIENT: &str = "ancient-changes";

/// Fields that nobody owns.
pub(super) static STRIPPED: LazyLock<Set<'static>> = LazyLock::new(stripped);

/// Those of them that are in the metadata.
pub(super) const STRIPPED_METADATA: [&str; 9] = [
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

fn stripped() -> Set<'static> {
    let field = |name: &'static str| Element::Field(Cow::Borrowed(name));
    let leaves = STRIPPED_METADATA.iter().map(|name| (field(name), Set::of_self()));
    let metadata = Set { member: true, children: leaves.collect() };
    let children = vec![
        (field("apiVersion"), Set::of_self()),
        (field("kind"), Set::of_self()),
        (field("metadata"), metadata),
    ];
    Set { member: false, children }
}

/// One entry: who, and what.
#[derive(Debug, Clone)]
pub(super) struct Manager<'a> {
    pub(super) entry: Value,
    pub(super) set: Set<'a>,
}

impl<'a> Manager<'a> {
    /// An entry, of a subresource unless that is empty.
    pub(super) fn new(mut entry: Value, subresource: &str, set: Set<'a>) -> Self {
        name_subresource(&mut entry, subresource);
        Self { entry, set }
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.entry[name].as_str().unwrap_or("")
    }

    pub(super) fn applies(&self) -> bool {
        self.text("operation") == "Apply"
    }

    /// Whether both are the same manager. Who applies is the same in every version.
    pub(super) fn is(&self, other: &Manager<'_>) -> bool {
        self.identity() == other.identity()
    }

    fn identity(&self) -> [String; 4] {
        let version = if self.applies() { "" } else { self.text("apiVersion") };
        [self.text("manager"), self.text("operation"), self.text("subresource"), version]
            .map(str::to_owned)
    }

    fn order(&self) -> [&str; 5] {
        ["operation", "time", "manager", "apiVersion", "subresource"].map(|name| self.text(name))
    }

    fn into_entry(self) -> Value {
        with_fields(self.entry, self.set.to_text())
    }
}

/// The entry of a manager, of a subresource unless that is empty, as it is in the list.
pub(super) fn entry(mut entry: Value, subresource: &str, fields: String) -> Value {
    name_subresource(&mut entry, subresource);
    with_fields(entry, fields)
}

fn name_subresource(entry: &mut Value, subresource: &str) {
    if !subresource.is_empty() {
        entry["subresource"] = Value::String(subresource.to_owned());
    }
}

fn with_fields(mut entry: Value, fields: String) -> Value {
    entry["fieldsType"] = "FieldsV1".into();
    entry["fieldsV1"] = Value::String(fields);
    entry
}

/// Adds a manager: its fields are added to what it wrote before.
pub(super) fn take<'a>(managers: &mut Vec<Manager<'a>>, mut manager: Manager<'a>) {
    let same = managers.iter().position(|known| known.is(&manager));
    if let Some(at) = same {
        manager.set = managers.remove(at).set.union(manager.set);
    }
    managers.push(manager);
}

/// The list of an object.
pub(super) fn list(document: &Value) -> Option<&Value> {
    document.get("metadata")?.get("managedFields")
}

/// The managers of a list; `None` when it is none that could be followed.
pub(super) fn read(entries: &[Value]) -> Option<Vec<Manager<'static>>> {
    // The last of several that are the same counts, at its own place.
    let mut managers: Vec<Option<Manager<'static>>> = Vec::with_capacity(entries.len());
    let mut places = HashMap::new();
    for entry in entries {
        let set = set::parse(entry["fieldsV1"].as_str().unwrap_or("{}"))?;
        let manager = Manager { entry: entry.clone(), set };
        let is_known = matches!(manager.text("operation"), "Apply" | "Update");
        if !is_known
            || manager.text("apiVersion").is_empty()
            || manager.text("fieldsType") != "FieldsV1"
        {
            return None;
        }
        if let Some(before) = places.insert(manager.identity(), managers.len()) {
            managers[before] = None;
        }
        managers.push(Some(manager));
    }
    Some(managers.into_iter().flatten().collect())
}

/// The list of the managers; `None` when there are none.
pub(super) fn encode(mut managers: Vec<Manager<'_>>) -> Option<Value> {
    managers.sort_by(|one, other| one.order().cmp(&other.order()));
    let entries: Vec<_> = managers.into_iter().map(Manager::into_entry).collect();
    (!entries.is_empty()).then_some(Value::Array(entries))
}

/// Makes one of the oldest managers that update, when there are too many.
pub(super) fn cap(managers: &mut Vec<Manager<'_>>) {
    let count = managers.iter().filter(|manager| !manager.applies()).count();
    if count <= UPDATERS {
        return;
    }
    let key = |manager: &Manager<'_>| {
        ["time", "manager", "apiVersion", "subresource"].map(|name| manager.text(name).to_owned())
    };
    managers.sort_by_key(|manager| (manager.applies(), key(manager)));
    // The first ones become one, which is as new as the last of them.
    let older = managers.drain(..count - UPDATERS).map(|manager| manager.set);
    let mut sets: Vec<_> = older.collect();
    let Some(last) = managers.first_mut() else { return };
    sets.push(std::mem::take(&mut last.set));
    last.set = Set::union_of(sets);
    last.entry["manager"] = ANCIENT.into();
    if let Some(entry) = last.entry.as_object_mut() {
        entry.remove("subresource");
    }
}
