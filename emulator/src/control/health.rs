//! Whether it runs, and what it can do.

use serde_json::{Value, json};

/// What there is beyond the two APIs, for a client that has to know before it tries.
const CAPABILITIES: [&str; 9] = [
    "access-tokens",
    "clock",
    "explain",
    "faults",
    "journal",
    "keys",
    "mint",
    "operations",
    "state",
];

/// The version of what stands under `/_emulator/v1/`: grows when a member is added.
const SCHEMA_VERSION: u32 = 1;

pub(super) fn show() -> Value {
    json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "capabilities": CAPABILITIES,
        "schema_version": SCHEMA_VERSION,
    })
}
