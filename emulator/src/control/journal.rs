//! What clients asked, and which status they got.

use {
    crate::world::World,
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
            shown
        })
        .collect();
    json!({"entries": entries})
}
