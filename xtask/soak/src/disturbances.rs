//! What goes wrong meanwhile: faults, resets of the state, moves of the clock.

use {
    crate::{Stage, load},
    serde_json::json,
    std::time::Duration,
};

/// Orders it until it is over; how many faults and resets.
pub(crate) fn run(stage: &Stage) -> (u64, u64) {
    let faults = [
        json!({"delay": "150ms", "path": "/secrets", "times": 3}),
        json!({"reset": true, "path": "/tokenreviews"}),
        json!({"truncate": 20, "path": "/secrets"}),
        json!({"code": 429, "path": "/token", "times": 2}),
    ];
    let (mut ordered, mut resets) = (0, 0);
    for turn in 0_usize.. {
        if stage.is_over() {
            break;
        }
        let control = |name: &str, body: &str| {
            stage.client.ask("POST", &format!("/_emulator/v1/{name}"), body).is_ok()
        };
        let fault = faults[turn % faults.len()].to_string();
        ordered += u64::from(control("faults", &fault));
        if turn % 10 == 9 {
            control("clock", r#"{"advance": "30m"}"#);
        }
        if turn % 50 == 49 {
            resets += u64::from(control("state", ""));
            // It is as good without: then all exchanges fail.
            let _ = load::prepare(&stage.client);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    (ordered, resets)
}
