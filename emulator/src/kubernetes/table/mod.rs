//! Objects as tables, which is how `kubectl get` asks for them.
//!
//! `columns.json` holds the columns of kube-apiserver v1.37.1, as it lists them.

mod age;
mod cells;

use {
    crate::{
        codec::{json, quote::quote, schema::Schema},
        kubernetes::{
            exchange::Exchange,
            kinds::{self, Resource},
            metadata,
            status::Failure,
        },
        world::objects::Kind,
    },
    jiff::Timestamp,
    serde_json::{Value, json},
    std::sync::LazyLock,
};

/// What a row holds of its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Include {
    /// Its metadata.
    Metadata,
    /// All of it.
    Object,
    /// Nothing.
    None,
}

/// How a table is asked for.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// The `apiVersion` of the table.
    pub api_version: &'static str,
    /// What the rows hold.
    pub include: Include,
    /// What ages are told from.
    pub now: Timestamp,
}

static COLUMNS: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("columns.json")).expect("the recording is JSON")
});

/// What the rows of a table are to hold.
pub fn include(exchange: &Exchange<'_>) -> Result<Include, Failure> {
    match exchange.query.get("includeObject") {
        "" | "Metadata" => Ok(Include::Metadata),
        "Object" => Ok(Include::Object),
        "None" => Ok(Include::None),
        other => {
            let quoted = quote(other);
            Err(Failure::bad_request(format!(
                "Unable to convert to Table as requested: includeObject: Invalid value: {quoted}: must be 'Metadata', 'Object', 'None', or empty"
            )))
        }
    }
}

impl View {
    /// The table of objects that say of themselves what they are; `None` when there are no
    /// columns for them.
    pub fn table(&self, metadata: &Value, objects: &[Value], columns: bool) -> Option<Value> {
        let first = objects.first()?;
        let resource = kinds::named(first["apiVersion"].as_str()?, first["kind"].as_str()?)?;
        Some(self.table_of(resource, metadata, objects, columns))
    }

    /// The table of objects of one kind, with or without its columns.
    pub fn table_of(
        &self,
        resource: &Resource,
        metadata: &Value,
        objects: &[Value],
        columns: bool,
    ) -> Value {
        let columns = if columns { COLUMNS[resource.plural].clone() } else { Value::Null };
        let rows: Vec<_> = objects.iter().map(|object| self.row(resource, object)).collect();
        // Kinds without columns of their own have no list rather than an empty one.
        let plain =
            matches!(resource.plural, "roles" | "clusterroles" | "customresourcedefinitions");
        let mut table = json!({
            "kind": "Table",
            "apiVersion": self.api_version,
            "metadata": metadata,
            "columnDefinitions": columns,
        });
        // Within the macro all of them would be copied once more.
        table["rows"] = if plain && rows.is_empty() { Value::Null } else { rows.into() };
        table
    }

    fn row(&self, resource: &Resource, object: &Value) -> Value {
        let cells = cells::of(resource.kind, object, self.now);
        let mut row = json!({ "cells": cells, "object": self.included(resource, object) });
        if let Some(condition) = completed(resource.kind, object) {
            row["conditions"] = json!([condition]);
        }
        row
    }

    // JSON inside a document is kept as its text.
    fn included(&self, resource: &Resource, object: &Value) -> Value {
        let (api_version, kind) = match self.include {
            Include::None => return Value::Null,
            Include::Object => (resource.api_version, resource.name),
            Include::Metadata => ("meta.k8s.io/v1", "PartialObjectMetadata"),
        };
        let structure = Schema::get().root(api_version, kind);
        let structure = structure.expect("every kind that is served is in the schema");
        let document = match self.include {
            Include::Object => json::encode(structure, object, false),
            _ => json::encode(structure, &partial(object, self.api_version), false),
        };
        String::from_utf8_lossy(&document).trim_end().into()
    }
}

// A pod that has ended says so beside its cells.
fn completed(kind: Kind, object: &Value) -> Option<Value> {
    let phase = object["status"]["phase"].as_str().filter(|_| kind == Kind::Pod)?;
    let message = match phase {
        "Succeeded" => "The pod has completed successfully.",
        "Failed" => "The pod failed.",
        _ => return None,
    };
    Some(json!({ "type": "Completed", "status": "True", "reason": phase, "message": message }))
}

/// The metadata of an object, as one of its own.
pub fn partial(object: &Value, api_version: &str) -> Value {
    json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": api_version,
        "metadata": object["metadata"],
    })
}

/// The name of an object, as its first cell has it.
fn name(object: &Value) -> Value {
    metadata::text(object, "name").into()
}
