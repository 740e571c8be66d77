//! Applying a configuration: what becomes of the object, and who owns what.
//! structured-merge-diff: merge/update.go; apimachinery: pkg/util/managedfields/internal

use {
    super::{
        Write,
        compare::{Changes, changes},
        managers::{Manager, STRIPPED, encode, list, read},
        merge::merge,
        prune::prune,
        set::Set,
        shape::{Form, Shape},
        typed, updated,
    },
    crate::codec::{quote::quote, schema::Struct},
    serde_json::{Map, Value, json},
};

/// Who owns what was there before anybody applied.
const BEFORE_FIRST: &str = "before-first-apply";
/// The manager that is known to have applied on the client's side before.
const KUBECTL: &str = "kubectl";
/// Where that left what it applied.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A configuration that is applied.
#[derive(Debug, Clone, Copy)]
pub struct Apply<'a> {
    /// The members of the kind.
    pub structure: &'static Struct,
    /// The `apiVersion` that the request speaks.
    pub api_version: &'a str,
    /// The object as it is kept; of an object that is to be made only what it is.
    pub live: &'a Value,
    /// The same as it goes over the wire.
    pub wire: &'a Value,
    /// What is applied, as it came over the wire.
    pub config: &'a Value,
    /// Who applies it.
    pub manager: &'a str,
    /// The subresource that is written; empty for the object itself.
    pub subresource: &'a str,
    /// Members of the object that this kind of write cannot set, such as `status`.
    pub reset: &'a [&'a str],
    /// Whether what others own is taken from them.
    pub force: bool,
    /// When, in RFC 3339.
    pub time: &'a str,
}

/// What comes of it.
#[derive(Debug)]
pub struct Applied {
    /// The object as it goes over the wire; `None` when nothing changes but who owns what.
    pub object: Option<Value>,
    /// The new `metadata.managedFields`; `None` when there are none.
    pub managed: Option<Value>,
}

/// Why a configuration is not applied.
#[derive(Debug, PartialEq, Eq)]
pub enum ApplyError {
    /// Others own what it sets to another value.
    Conflicts(Vec<Conflict>),
    /// It does not fit the schema.
    Untyped(String),
    /// The object that is there does not.
    Unfollowed,
}

/// A field that somebody else owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Who, in the server's words.
    pub manager: String,
    /// The path of the field.
    pub path: String,
}

/// Applies a configuration.
pub fn apply(apply: &Apply<'_>) -> Result<Applied, ApplyError> {
    let shape = Shape::of(apply.structure);
    typed::check(shape, apply.config).map_err(ApplyError::Untyped)?;
    let managers = managers(apply).ok_or(ApplyError::Unfollowed)?;
    let first = applied(apply, managers.clone(), apply.force);
    let mut result = match first {
        Err(ApplyError::Conflicts(conflicts)) if apply.manager == KUBECTL => match allowed(apply) {
            Some(allowed) => {
                let conflicts: Vec<_> = conflicts
                    .into_iter()
                    .filter(|conflict| !allowed.contains(&conflict.path))
                    .collect();
                if !conflicts.is_empty() {
                    return Err(ApplyError::Conflicts(conflicts));
                }
                applied(apply, managers, true)?
            }
            None => return Err(ApplyError::Conflicts(conflicts)),
        },
        first => first?,
    };
    if apply.manager == KUBECTL {
        renew_last_applied(apply, &mut result);
    }
    Ok(result)
}

// Before the first configuration is applied, what is there gets an owner.
fn managers(apply: &Apply<'_>) -> Option<Vec<Manager<'static>>> {
    let entries = list(apply.live).and_then(Value::as_array);
    let known = entries.map(|entries| read(entries)).unwrap_or_default().unwrap_or_default();
    if !known.is_empty() {
        return Some(known);
    }
    let managers = updated(
        &Write {
            structure: apply.structure,
            api_version: apply.api_version,
            before: None,
            after: apply.live,
            manager: BEFORE_FIRST,
            subresource: apply.subresource,
            reset: apply.reset,
            time: apply.time,
        },
        Vec::new(),
    )?;
    let entries = encode(managers).unwrap_or_default();
    read(entries.as_array().map(Vec::as_slice).unwrap_or_default())
}

fn applied(
    apply: &Apply<'_>,
    mut managers: Vec<Manager<'static>>,
    force: bool,
) -> Result<Applied, ApplyError> {
    let shape = Shape::of(apply.structure);
    let entry = json!({
        "manager": apply.manager,
        "operation": "Apply",
        "apiVersion": apply.api_version,
    });
    let mut own = Manager::new(entry, apply.subresource, typed::fields(shape, apply.config));
    for path in apply.reset {
        own.set.remove(path);
    }
    let merged = merge(shape, Some(apply.wire), Some(apply.config)).unwrap_or(Value::Null);
    let at = managers.iter().position(|manager| manager.is(&own));
    let last = at.map(|at| managers.remove(at));
    let object = match &last {
        Some(last) if last.text("apiVersion") == apply.api_version && !last.set.is_empty() => {
            let others = managers
                .iter()
                .filter(|manager| manager.text("apiVersion") == apply.api_version)
                .map(|manager| manager.set.clone());
            let managed = Set::union_of(std::iter::once(own.set.clone()).chain(others).collect());
            prune(shape, &merged, &last.set, &managed)
        }
        _ => merged,
    };
    contend(apply, &mut managers, &object, force)?;
    let is_same = object == *apply.wire;
    own.set = own.set.difference(&STRIPPED);
    if let Some(time) = last.map(|last| last.entry["time"].clone()).filter(|it| !it.is_null()) {
        own.entry["time"] = time;
    }
    if !is_same {
        own.entry["time"] = apply.time.into();
    }
    if !own.set.is_empty() {
        managers.push(own);
    }
    Ok(Applied { object: (!is_same).then_some(object), managed: encode(managers) })
}

// Takes from the other managers what changes, or says what they own.
fn contend(
    apply: &Apply<'_>,
    managers: &mut Vec<Manager<'static>>,
    object: &Value,
    force: bool,
) -> Result<(), ApplyError> {
    managers.retain(|manager| manager.text("apiVersion") == apply.api_version);
    let Changes { mut written, mut removed } =
        changes(Form::Wire, apply.structure, Some(apply.wire), object)
            .map_err(|_| ApplyError::Unfollowed)?;
    for path in apply.reset {
        written.remove(path);
        removed.remove(path);
    }
    let mut conflicts = Vec::new();
    managers.sort_by_key(identifier);
    for manager in managers.iter_mut() {
        let contended: Set<'_> = manager.set.intersection(&written);
        let who = who(manager);
        let paths = contended.paths().into_iter();
        conflicts.extend(paths.map(|path| Conflict { manager: who.clone(), path }));
        manager.set = manager.set.clone().difference(&written).difference(&removed);
    }
    if !force && !conflicts.is_empty() {
        return Err(ApplyError::Conflicts(conflicts));
    }
    managers.retain(|manager| !manager.set.is_empty());
    Ok(())
}

// Who somebody is, as the real server keeps it: managers are told in the order of these.
fn identifier(manager: &Manager<'_>) -> String {
    let member = |name: &str| match manager.text(name) {
        "" => String::new(),
        text => format!("\"{name}\":{},", Value::from(text)),
    };
    let version = if manager.applies() { String::new() } else { member("apiVersion") };
    let members = [member("manager"), member("operation"), version, member("subresource")];
    format!("{{{}}}", members.concat().trim_end_matches(','))
}

fn who(manager: &Manager<'_>) -> String {
    let mut who = quote(manager.text("manager"));
    if !manager.text("subresource").is_empty() {
        who.push_str(&format!(" with subresource {}", quote(manager.text("subresource"))));
    }
    if !manager.applies() {
        who.push_str(&format!(" using {}", manager.text("apiVersion")));
    }
    who
}

/// The paths that may be taken from others, since they were applied on the client's side.
fn allowed(apply: &Apply<'_>) -> Option<Vec<String>> {
    let shape = Shape::of(apply.structure);
    let last = apply.wire["metadata"]["annotations"][LAST_APPLIED].as_str()?;
    let last: Value = serde_json::from_str(last).ok().filter(Value::is_object)?;
    if last["apiVersion"] != apply.api_version || typed::check(shape, &last).is_err() {
        return None;
    }
    let Changes { written, removed } =
        changes(Form::Wire, apply.structure, Some(&last), apply.wire).ok()?;
    Some(typed::fields(shape, &last).difference(&written).difference(&removed).paths())
}

// What was applied on the client's side goes on to be told there.
fn renew_last_applied(apply: &Apply<'_>, result: &mut Applied) {
    let object = result.object.as_ref().unwrap_or(apply.wire);
    let told = object["metadata"]["annotations"][LAST_APPLIED].as_str().unwrap_or("");
    if told.is_empty() {
        return;
    }
    let mut config = apply.config.clone();
    if let Some(Value::Object(annotations)) = config.pointer_mut("/metadata/annotations") {
        annotations.remove(LAST_APPLIED);
    }
    let mut object = object.clone();
    let mut annotations =
        object["metadata"]["annotations"].as_object().cloned().unwrap_or_else(Map::new);
    // As Go writes JSON, which spares HTML; these stand in strings alone.
    let text = format!("{config}\n").replace('<', "\\u003c").replace('>', "\\u003e");
    let text = text.replace('&', "\\u0026");
    annotations.insert(LAST_APPLIED.to_owned(), text.into());
    object["metadata"]["annotations"] = annotations.into();
    if object != *apply.wire {
        result.object = Some(object);
    }
}
