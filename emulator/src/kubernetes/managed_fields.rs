//! Who owns which fields: the entry that a create leaves in `metadata.managedFields`.
//!
//! Source: kubernetes `staging/src/k8s.io/apimachinery/pkg/util/managedfields`.

use {
    crate::{
        codec::{fields, negotiate, schema::Schema},
        kubernetes::exchange::Exchange,
        world::clock::rfc3339,
    },
    serde_json::{Value, json},
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
        let name = match negotiate::field_manager(named, client) {
            name if name.is_empty() => "unknown".to_owned(),
            name => name,
        };
        let time = rfc3339(exchange.world.clock.now());
        Self { name, api_version, subresource: "", time }
    }

    /// The same, writing through a subresource.
    #[must_use]
    pub fn subresource(self, subresource: &'static str) -> Self {
        Self { subresource, ..self }
    }
}

/// The managed fields of an object that is being created.
pub fn created(object: &Value, manager: &Manager) -> Value {
    let kind = object["kind"].as_str().unwrap_or("");
    let fields = Schema::get()
        .root(manager.api_version, kind)
        .map(|structure| fields::managed(structure, object))
        .unwrap_or_default();
    if fields.is_empty() || fields == "{}" {
        return json!([]);
    }
    let mut entry = json!({
        "manager": manager.name,
        "operation": "Update",
        "apiVersion": manager.api_version,
        "time": manager.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    });
    if !manager.subresource.is_empty() {
        entry["subresource"] = manager.subresource.into();
    }
    json!([entry])
}
