//! What disturbs the load: faults, resets of the state, moves of the clock.

use {
    crate::{Stage, load},
    serde_json::{Value, json},
    std::time::Duration,
};

/// How many requests one fault refuses.
const LIMITED: u64 = 2;

/// What was ordered.
#[derive(Debug, Default)]
pub(crate) struct Disturbances {
    pub(crate) faults: u64,
    pub(crate) resets: u64,
    /// How many connections the faults may end.
    pub(crate) breaking: u64,
    /// How many requests the faults may refuse.
    pub(crate) limiting: u64,
    /// What could not be ordered, or made anew after a reset.
    pub(crate) failures: Vec<String>,
}

/// Orders disturbances until it is over.
pub(crate) fn run(stage: &Stage) -> Disturbances {
    let faults = [
        json!({"delay": "150ms", "path": "/secrets", "times": 3}),
        json!({"reset": true, "path": "/tokenreviews"}),
        json!({"truncate": 20, "path": "/secrets"}),
        json!({"code": 429, "path": "/token", "times": LIMITED}),
    ];
    let mut disturbances = Disturbances::default();
    for turn in 0_usize.. {
        if stage.is_over() {
            break;
        }
        disturbances.order_fault(stage, &faults[turn % faults.len()]);
        if turn % 10 == 9 {
            disturbances.order(stage, "clock", r#"{"advance": "30m"}"#);
        }
        if turn % 50 == 49 {
            disturbances.resets += 1;
            disturbances.order(stage, "state", "");
            if let Err(error) = load::prepare(&stage.client) {
                disturbances.failures.push(format!("after a reset of the state: {error}"));
            }
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    disturbances
}

impl Disturbances {
    fn order_fault(&mut self, stage: &Stage, fault: &Value) {
        self.faults += 1;
        self.breaking += u64::from(fault["reset"].is_boolean() || fault["truncate"].is_number());
        self.limiting += if fault["code"].is_number() { LIMITED } else { 0 };
        self.order(stage, "faults", &fault.to_string());
    }

    fn order(&mut self, stage: &Stage, control: &str, body: &str) {
        let target = format!("/_emulator/v1/{control}");
        if let Err(error) = stage.client.wanted(200, "POST", &target, body) {
            self.failures.push(error.to_string());
        }
    }
}
