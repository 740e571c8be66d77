//! Who owns which fields: what a write leaves in `metadata.managedFields`.

use {
    crate::{
        codec::{
            fields::{self, Applied, Apply, ApplyError, Write},
            negotiate,
            schema::Schema,
        },
        kubernetes::{exchange::Exchange, objects::write::Part},
        world::clock::rfc3339,
    },
    serde_json::Value,
};

/// Who writes, through what, and when.
#[derive(Debug)]
pub struct Manager {
    name: String,
    api_version: &'static str,
    subresource: &'static str,
    time: String,
}

impl Manager {
    /// The manager of a request: the one it names, or its user agent.
    pub fn of(exchange: &Exchange<'_>, api_version: &'static str) -> Self {
        let named = exchange.query.get("fieldManager");
        let client = exchange.request.header("user-agent").unwrap_or("");
        let name = negotiate::field_manager(named, client);
        let time = rfc3339(exchange.world.clock.now());
        Self { name, api_version, subresource: "", time }
    }

    /// One that is no request's.
    pub fn named(name: &str, api_version: &'static str, time: String) -> Self {
        Self { name: name.to_owned(), api_version, subresource: "", time }
    }

    /// The same, writing through a subresource.
    #[must_use]
    pub fn subresource(self, subresource: &'static str) -> Self {
        Self { subresource, ..self }
    }

    /// The same, writing one part of an object.
    #[must_use]
    pub fn part(self, part: Part) -> Self {
        match part {
            Part::Whole => self,
            Part::Status => self.subresource("status"),
            Part::Finalizers => self.subresource("finalize"),
        }
    }
}

/// The managed fields of an object that is being created; `None` when there are none.
pub fn created(object: &Value, manager: &Manager) -> Option<Value> {
    managed(None, object, manager)
}

/// The managed fields of an object that replaces another; `None` when there are none.
pub fn updated(before: &Value, object: &Value, manager: &Manager) -> Option<Value> {
    managed(Some(before), object, manager)
}

/// Applies a configuration to an object; `wire` is the object as it goes over the wire.
pub fn apply(
    (object, wire): (&Value, &Value),
    config: &Value,
    manager: &Manager,
    force: bool,
) -> Result<Applied, ApplyError> {
    let kind = object["kind"].as_str().unwrap_or("");
    fields::apply(&Apply {
        structure: Schema::get().root(manager.api_version, kind).ok_or(ApplyError::Unfollowed)?,
        api_version: manager.api_version,
        live: object,
        wire,
        config,
        manager: &manager.name,
        subresource: manager.subresource,
        reset: reset(kind, manager.subresource),
        force,
        time: &manager.time,
    })
}

fn managed(before: Option<&Value>, object: &Value, manager: &Manager) -> Option<Value> {
    let kind = object["kind"].as_str().unwrap_or("");
    fields::managed(&Write {
        structure: Schema::get().root(manager.api_version, kind)?,
        api_version: manager.api_version,
        before,
        after: object,
        manager: &manager.name,
        subresource: manager.subresource,
        reset: reset(kind, manager.subresource),
        time: &manager.time,
    })
}

/// The members that this kind of write cannot set.
fn reset(kind: &str, subresource: &str) -> &'static [&'static str] {
    match (kind, subresource) {
        ("Pod" | "Node" | "Namespace", "") => &["status"],
        ("Pod", "status") => &["spec", "metadata.deletionTimestamp", "metadata.ownerReferences"],
        ("Node" | "Namespace", "status") => &["spec"],
        ("Namespace", "finalize") => &["status"],
        _ => &[],
    }
}
