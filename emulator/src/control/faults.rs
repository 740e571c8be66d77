//! Requests that go wrong: the next ones for a method of the Google API, for a path of the Kubernetes
//! API, or for either, so many of them. They fail in the API's own words, come late, come in part, or
//! do not come at all.

use {
    crate::{
        api::Request,
        config::duration,
        control::error::Error,
        google,
        kubernetes::outage::{self, OUTAGES, Outage},
    },
    bytes::Bytes,
    serde::Deserialize,
    serde_json::{Value, json},
    std::{
        sync::{Mutex, MutexGuard, PoisonError},
        time::Duration,
    },
};

const ALLOWED: &str = r#"allowed are {"code": "UNAVAILABLE"} for the Google API, and beside it "method" (what the method's full name holds; any when it is left out), "message", and "reason", of which SERVICE_DISABLED, IAM_PERMISSION_DENIED and RATE_LIMIT_EXCEEDED come with Google's details; {"code": 429} for the Kubernetes API, and beside it "method" (GET, POST…), "path" (what the path holds) and "message"; in both "retry_after" (in seconds); {"delay": "2s"}, {"truncate": 100} (bytes of the body) and {"reset": true} for both APIs, with "method" and "path"; a delay and a truncation may have a code beside them, a reset a delay; in all of them "times" (1 when it is left out)"#;

/// The longest that an answer is kept waiting: real time, in which a client's own patience runs.
pub const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// What is to go wrong.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Mutex<Vec<Rule>>,
}

/// What befalls a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fault {
    /// How long it waits before it is looked at.
    pub delay: Duration,
    /// What is answered in place of the answer.
    pub refusal: Option<Refusal>,
    /// How the connection ends in it.
    pub cut: Option<Cut>,
}

/// An error in the words of an API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Google's.
    Google(google::Fault),
    /// That of Kubernetes.
    Kubernetes(Outage),
}

/// How a connection ends in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Before the request was looked at, without an answer.
    Reset,
    /// After so many bytes of the answer's body.
    Truncate(usize),
}

/// Faults that cannot be had, and what can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadFault(String);

#[derive(Debug)]
struct Rule {
    times: u32,
    api: Option<Api>,
    method: String,
    path: String,
    fault: Fault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Api {
    Google,
    Kubernetes,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    code: Option<Code>,
    #[serde(default)]
    method: String,
    path: Option<String>,
    times: Option<u32>,
    #[serde(default)]
    message: String,
    reason: Option<String>,
    retry_after: Option<u32>,
    delay: Option<String>,
    truncate: Option<usize>,
    #[serde(default)]
    reset: bool,
}

/// Google's canonical code, or the status of Kubernetes.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a code is a name or a number")]
enum Code {
    Name(String),
    Number(u16),
}

impl Faults {
    /// What befalls a request; Google's methods are asked for only when anything is to go wrong.
    pub fn take(&self, request: &Request, is_google: bool) -> Option<Fault> {
        if self.lock().is_empty() {
            return None;
        }
        let api = if is_google { Api::Google } else { Api::Kubernetes };
        let called = if is_google { google::method(request) } else { None };
        let mut rules = self.lock();
        let place = rules.iter().position(|rule| rule.fits(api, request, called.as_deref()))?;
        rules[place].times -= 1;
        let fault = rules[place].fault.clone();
        if rules[place].times == 0 {
            rules.remove(place);
        }
        Some(fault)
    }

    /// Orders a fault as a POST does: `json!({"code": 503, "times": 2})`.
    pub fn order(&self, order: &Value) -> Result<(), BadFault> {
        self.add(&order.to_string().into()).map(drop).map_err(|error| match error {
            Error::BadRequest(error) => BadFault(error),
            other => BadFault(format!("{other:?}")),
        })
    }

    /// Nothing is to go wrong any more.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// What is still to go wrong.
    pub(super) fn show(&self) -> Value {
        let rules: Vec<_> = self.lock().iter().map(Rule::show).collect();
        json!({"faults": rules})
    }

    pub(super) fn add(&self, body: &Bytes) -> Result<Value, Error> {
        let change: Change = serde_json::from_slice(body).map_err(bad)?;
        let rule = change.rule().map_err(bad)?;
        if rule.times > 0 {
            self.lock().push(rule);
        }
        Ok(self.show())
    }

    pub(super) fn forget(&self) -> Value {
        self.clear();
        self.show()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fault {
    /// What the journal calls it.
    pub fn name(&self) -> String {
        let names = [
            (!self.delay.is_zero()).then_some("delay"),
            self.refusal.as_ref().map(|_| "code"),
            self.cut.map(|cut| match cut {
                Cut::Reset => "reset",
                Cut::Truncate(_) => "truncate",
            }),
        ];
        names.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl std::fmt::Display for BadFault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for BadFault {}

impl Change {
    fn rule(self) -> Result<Rule, String> {
        self.check()?;
        let delay = self.delay.as_deref().map(duration::unsigned).transpose()?.unwrap_or_default();
        if delay > LONGEST_DELAY {
            return Err(format!("{delay:?} is longer than {LONGEST_DELAY:?}"));
        }
        let cut = match self.truncate {
            _ if self.reset => Some(Cut::Reset),
            bytes => bytes.map(Cut::Truncate),
        };
        let (message, retry_after) = (self.message, self.retry_after);
        let (api, refusal) = match self.code {
            None => (None, None),
            Some(Code::Name(code)) => {
                let reason = self.reason.unwrap_or_default();
                let fault = google::Fault { code, reason, message, retry_after };
                (Some(Api::Google), Some(Refusal::Google(fault)))
            }
            Some(Code::Number(code)) => {
                let outage = Outage { code, message, retry_after };
                (Some(Api::Kubernetes), Some(Refusal::Kubernetes(outage)))
            }
        };
        let fault = Fault { delay, refusal, cut };
        if fault == Fault::default() {
            return Err("nothing goes wrong".to_owned());
        }
        let (method, path) = (self.method, self.path.unwrap_or_default());
        Ok(Rule { times: self.times.unwrap_or(1), api, method, path, fault })
    }

    /// Whether what stands beside each other goes together.
    fn check(&self) -> Result<(), String> {
        match &self.code {
            Some(Code::Name(code)) if !google::is_code(code) => {
                Err(format!("{code:?} is no canonical code"))
            }
            Some(Code::Name(_)) if self.path.is_some() => {
                Err("path is of the Kubernetes API".to_owned())
            }
            Some(Code::Number(code)) if !outage::is_outage(*code) => {
                Err(format!("{code} is none of {OUTAGES:?}"))
            }
            Some(Code::Number(_)) if !self.method.is_empty() && !is_http(&self.method) => {
                Err(format!("no request has method {:?}", self.method))
            }
            Some(Code::Number(_)) | None if self.reason.is_some() => {
                Err("reason is of the Google API".to_owned())
            }
            None if self.retry_after.is_some() || !self.message.is_empty() => {
                Err("message and retry_after go with a code".to_owned())
            }
            _ if self.reset && (self.code.is_some() || self.truncate.is_some()) => {
                Err("a reset leaves nothing to be answered".to_owned())
            }
            _ => Ok(()),
        }
    }
}

impl Rule {
    /// Whether it is for this request, which may call a method of Google's.
    fn fits(&self, api: Api, request: &Request, called: Option<&str>) -> bool {
        let method = self.method.as_str();
        let by_method = match (self.api, called) {
            // A fault of Google's is for what Google has.
            (Some(Api::Google), called) => called.is_some_and(|called| called.contains(method)),
            _ if method.is_empty() => true,
            _ if is_http(method) => request.method.as_str().eq_ignore_ascii_case(method),
            (_, called) => called.is_some_and(|called| called.contains(method)),
        };
        self.api.is_none_or(|own| own == api) && by_method && request.path().contains(&self.path)
    }

    fn show(&self) -> Value {
        let mut shown = json!({"method": self.method, "times": self.times});
        let mut set = |name: &str, value: Value| shown[name] = value;
        if self.api != Some(Api::Google) {
            set("path", self.path.as_str().into());
        }
        match &self.fault.refusal {
            Some(Refusal::Google(google::Fault { code, reason, message, retry_after })) => {
                set("code", code.as_str().into());
                set("reason", reason.as_str().into());
                set("message", message.as_str().into());
                set("retry_after", json!(retry_after));
            }
            Some(Refusal::Kubernetes(Outage { code, message, retry_after })) => {
                set("code", (*code).into());
                set("message", message.as_str().into());
                set("retry_after", json!(retry_after));
            }
            None => {}
        }
        if !self.fault.delay.is_zero() {
            set("delay", format!("{}ms", self.fault.delay.as_millis()).into());
        }
        match self.fault.cut {
            Some(Cut::Reset) => set("reset", true.into()),
            Some(Cut::Truncate(bytes)) => set("truncate", bytes.into()),
            None => {}
        }
        shown
    }
}

/// Whether it is the method of a request, and not one of Google's.
fn is_http(method: &str) -> bool {
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    methods.iter().any(|known| known.eq_ignore_ascii_case(method))
}

fn bad(error: impl std::fmt::Display) -> Error {
    Error::BadRequest(format!("{error}; {ALLOWED}"))
}

#[cfg(test)]
mod tests {
    use {super::*, http::Version, rstest::rstest};

    const UPDATE: &str = "/v1/projects/p/locations/l/attachedClusters/c";

    fn tell(faults: &Faults, body: &str) -> Result<Value, Error> {
        faults.add(&Bytes::copy_from_slice(body.as_bytes()))
    }

    fn take(faults: &Faults, method: &str, path: &str) -> Option<Fault> {
        let request = Request {
            method: method.parse().unwrap(),
            uri: path.parse().unwrap(),
            version: Version::HTTP_11,
            headers: http::HeaderMap::new(),
            body: Bytes::new(),
            truncated: false,
            broken: false,
            secure: false,
            local_address: "".into(),
        };
        faults.take(&request, path.starts_with("/v1"))
    }

    fn code(fault: Option<Fault>) -> String {
        match fault.and_then(|fault| fault.refusal) {
            Some(Refusal::Google(fault)) => fault.code,
            Some(Refusal::Kubernetes(outage)) => outage.code.to_string(),
            None => String::new(),
        }
    }

    #[test]
    fn a_fault_comes_as_often_as_it_was_ordered() {
        let faults = Faults::default();
        tell(&faults, r#"{"code": "ABORTED", "method": "Update", "times": 2}"#).unwrap();
        tell(&faults, r#"{"code": "INTERNAL"}"#).unwrap();
        assert_eq!(code(take(&faults, "PATCH", UPDATE)), "ABORTED");
        assert_eq!(code(take(&faults, "GET", UPDATE)), "INTERNAL");
        assert_eq!(take(&faults, "GET", UPDATE), None);
        assert_eq!(code(take(&faults, "PATCH", UPDATE)), "ABORTED");
        assert_eq!(take(&faults, "PATCH", UPDATE), None);
        assert_eq!(faults.forget(), json!({"faults": []}));
    }

    #[test]
    fn a_fault_of_kubernetes_is_for_a_method_and_a_path() {
        let faults = Faults::default();
        let order = r#"{"code": 429, "method": "post", "path": "/token", "retry_after": 0}"#;
        let shown = tell(&faults, order).unwrap();
        let expected = json!({"method": "post", "path": "/token", "times": 1, "code": 429,
                              "message": "", "retry_after": 0});
        assert_eq!(shown, json!({"faults": [expected]}));
        assert_eq!(take(&faults, "GET", "/a/token"), None);
        assert_eq!(take(&faults, "POST", "/a"), None);
        assert_eq!(take(&faults, "POST", &format!("{UPDATE}/token")), None);
        assert_eq!(code(take(&faults, "POST", "/a/token")), "429");
        assert_eq!(take(&faults, "POST", "/a/token"), None);
        tell(&faults, r#"{"code": "INTERNAL"}"#).unwrap();
        assert_eq!(take(&faults, "GET", "/"), None);
    }

    #[test]
    fn what_has_no_code_is_for_either_api() {
        let faults = Faults::default();
        let order = r#"{"delay": "1.5s", "truncate": 7, "times": 2}"#;
        let shown = tell(&faults, order).unwrap();
        let expected =
            json!({"method": "", "path": "", "times": 2, "delay": "1500ms", "truncate": 7});
        assert_eq!(shown, json!({"faults": [expected]}));
        let fault = take(&faults, "GET", "/").unwrap();
        assert_eq!((fault.delay, fault.cut), (Duration::from_millis(1500), Some(Cut::Truncate(7))));
        assert_eq!(take(&faults, "GET", UPDATE).unwrap().name(), "delay, truncate");
        tell(&faults, r#"{"reset": true, "method": "UpdateAttached"}"#).unwrap();
        assert_eq!(take(&faults, "GET", UPDATE), None);
        assert_eq!(take(&faults, "PATCH", "/"), None);
        assert_eq!(take(&faults, "PATCH", UPDATE).unwrap().cut, Some(Cut::Reset));
        faults.order(&json!({"code": 503, "truncate": 0})).unwrap();
        assert_eq!(take(&faults, "GET", "/").unwrap().name(), "code, truncate");
        assert!(faults.order(&json!({})).unwrap_err().to_string().contains("nothing goes wrong"));
    }

    #[rstest]
    #[case("")]
    #[case("{}")]
    #[case(r#"{"code": "BROKEN"}"#)]
    #[case(r#"{"code": "INTERNAL", "times": -1}"#)]
    #[case(r#"{"code": "INTERNAL", "when": "now"}"#)]
    #[case(r#"{"code": "INTERNAL", "path": "/v1"}"#)]
    #[case(r#"{"code": 418}"#)]
    #[case(r#"{"code": 429, "method": "AgentToken"}"#)]
    #[case(r#"{"code": 429, "reason": "RATE_LIMIT_EXCEEDED"}"#)]
    #[case(r#"{"delay": "61s"}"#)]
    #[case(r#"{"delay": "-1s"}"#)]
    #[case(r#"{"delay": "0s"}"#)]
    #[case(r#"{"delay": "1s", "retry_after": 1}"#)]
    #[case(r#"{"delay": "1s", "reason": "x"}"#)]
    #[case(r#"{"reset": false}"#)]
    #[case(r#"{"reset": true, "code": 503}"#)]
    #[case(r#"{"reset": true, "truncate": 1}"#)]
    #[case(r#"{"truncate": -1}"#)]
    fn a_bad_fault_says_what_is_allowed(#[case] body: &str) {
        let Err(Error::BadRequest(error)) = tell(&Faults::default(), body) else {
            panic!("accepted {body}")
        };
        assert!(error.ends_with(ALLOWED), "{error}");
    }
}
