//! Requests of the Google API that fail: the next ones for a method, so many of them.

use {
    crate::{
        control::error::Error,
        google::{self, Fault},
    },
    bytes::Bytes,
    serde::Deserialize,
    serde_json::{Value, json},
    std::sync::{Mutex, MutexGuard, PoisonError},
};

const ALLOWED: &str = r#"allowed are {"code": "UNAVAILABLE"}, and beside it "method" (what the method's full name holds; any when it is left out), "times" (1 when it is left out), "message", and "reason", of which SERVICE_DISABLED, IAM_PERMISSION_DENIED and RATE_LIMIT_EXCEEDED come with Google's details"#;

/// What is to fail.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Mutex<Vec<Rule>>,
}

#[derive(Debug)]
struct Rule {
    method: String,
    times: u32,
    fault: Fault,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    code: String,
    #[serde(default)]
    method: String,
    times: Option<u32>,
    #[serde(default)]
    message: String,
    #[serde(default)]
    reason: String,
}

impl Faults {
    /// What befalls the next request for a method, whose name is asked for only when something is
    /// to fail at all.
    pub fn take(&self, method: impl FnOnce() -> Option<String>) -> Option<Fault> {
        let mut rules = self.lock();
        if rules.is_empty() {
            return None;
        }
        let method = method()?;
        let place = rules.iter().position(|rule| method.contains(&rule.method))?;
        let rule = &mut rules[place];
        rule.times -= 1;
        let fault = rule.fault.clone();
        if rule.times == 0 {
            rules.remove(place);
        }
        Some(fault)
    }

    /// What is still to fail.
    pub(super) fn show(&self) -> Value {
        let rules: Vec<_> = self
            .lock()
            .iter()
            .map(|Rule { method, times, fault: Fault { code, reason, message } }| {
                json!({"method": method, "times": times, "code": code, "reason": reason,
                       "message": message})
            })
            .collect();
        json!({"faults": rules})
    }

    pub(super) fn add(&self, body: &Bytes) -> Result<Value, Error> {
        let Change { code, method, times, message, reason } =
            serde_json::from_slice(body).map_err(bad)?;
        if !google::is_code(&code) {
            return Err(bad(format!("{code:?} is no canonical code")));
        }
        if let times @ 1.. = times.unwrap_or(1) {
            let fault = Fault { code, reason, message };
            self.lock().push(Rule { method, times, fault });
        }
        Ok(self.show())
    }

    pub(super) fn forget(&self) -> Value {
        self.lock().clear();
        self.show()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bad(error: impl std::fmt::Display) -> Error {
    Error::BadRequest(format!("{error}; {ALLOWED}"))
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    fn tell(faults: &Faults, body: &str) -> Result<Value, Error> {
        faults.add(&Bytes::copy_from_slice(body.as_bytes()))
    }

    #[test]
    fn a_fault_comes_as_often_as_it_was_ordered() {
        let faults = Faults::default();
        tell(&faults, r#"{"code": "ABORTED", "method": "Update", "times": 2}"#).unwrap();
        tell(&faults, r#"{"code": "INTERNAL"}"#).unwrap();
        let take = |method: &str| faults.take(|| Some(method.to_owned())).map(|fault| fault.code);
        assert_eq!(take("UpdateX").as_deref(), Some("ABORTED"));
        assert_eq!(take("GetX").as_deref(), Some("INTERNAL"));
        assert_eq!(take("GetX"), None);
        assert_eq!(take("UpdateX").as_deref(), Some("ABORTED"));
        assert_eq!(take("UpdateX"), None);
        assert_eq!(faults.forget(), json!({"faults": []}));
    }

    #[rstest]
    #[case("")]
    #[case("{}")]
    #[case(r#"{"code": "BROKEN"}"#)]
    #[case(r#"{"code": "INTERNAL", "times": -1}"#)]
    #[case(r#"{"code": "INTERNAL", "when": "now"}"#)]
    fn a_bad_fault_says_what_is_allowed(#[case] body: &str) {
        let Err(Error::BadRequest(error)) = tell(&Faults::default(), body) else {
            panic!("accepted {body}")
        };
        assert!(error.ends_with(ALLOWED), "{error}");
    }
}
