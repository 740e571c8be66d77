//! What clients asked, and which status they got.

use {
    crate::world::{World, journal::Summary},
    serde_json::{Value, json},
};

pub(super) fn show(world: &World) -> Value {
    let entries: Vec<_> = world
        .journal
        .entries()
        .into_iter()
        .map(|entry| {
            let mut shown = json!({
                "time": entry.time.to_string(),
                "method": entry.method,
                "path": entry.path,
                "status": (entry.status != 0).then_some(entry.status),
            });
            if let Some(fault) = entry.fault {
                shown["fault"] = fault.into();
            }
            describe(&mut shown, entry.summary);
            shown
        })
        .collect();
    json!({"entries": entries})
}

/// Adds what an exchange was about; what was not found out is left out.
fn describe(shown: &mut Value, Summary { operation, caller, details }: Summary) {
    if !operation.is_empty() {
        shown["operation"] = operation.into();
    }
    if let Some(caller) = caller {
        shown["caller"] = json!({"username": caller.username, "groups": caller.groups});
    }
    if !details.is_empty() {
        let details = details.into_iter().map(|(name, value)| (name.to_owned(), value.into()));
        shown["details"] = Value::Object(details.collect());
    }
}
