//! Faults, as they are ordered and shown in JSON. What they do is in `api::faults`.

use {
    crate::{
        api::faults::{self, Cut, Fault, Faults, LONGEST_DELAY, Refusal, Rule, is_http_method},
        config::duration,
        control::{body, error::Error},
        google,
        kubernetes::outage::OUTAGES,
    },
    bytes::Bytes,
    serde::Deserialize,
    serde_json::{Value, json},
};

const ALLOWED: &str = r#"allowed are {"code": "UNAVAILABLE"} for the Google API, and beside it "method" (what the method's full name holds; any when it is left out), "message", and "reason", of which SERVICE_DISABLED, IAM_PERMISSION_DENIED and RATE_LIMIT_EXCEEDED come with Google's details; {"code": 429} for the Kubernetes API, and beside it "method" (GET, POST…), "path" (what the path holds) and "message"; in both "retry_after" (in seconds); {"delay": "2s"}, {"truncate": 100} (bytes of the body) and {"reset": true} for both APIs, with "method" and "path"; a delay and a truncation may have a code beside them, a reset a delay; in all of them "times" (1 when it is left out)"#;

/// Faults that cannot be had, and what can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadFault(String);

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
    /// Orders a fault as a POST does: `json!({"code": 503, "times": 2})`.
    pub fn order(&self, order: &Value) -> Result<(), BadFault> {
        add(self, &order.to_string().into()).map(drop).map_err(|error| match error {
            Error::BadRequest(error) => BadFault(error),
            other => BadFault(format!("{other:?}")),
        })
    }
}

/// What is still to go wrong.
pub(super) fn show(faults: &Faults) -> Value {
    let rules: Vec<_> = faults.rules().iter().map(show_rule).collect();
    json!({"faults": rules})
}

pub(super) fn add(faults: &Faults, body: &Bytes) -> Result<Value, Error> {
    let change: Change = body::read(body).map_err(bad)?;
    faults.add(change.rule().map_err(bad)?);
    Ok(show(faults))
}

pub(super) fn forget(faults: &Faults) -> Value {
    faults.clear();
    show(faults)
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
        let refusal = self.code.map(|code| Refusal {
            code: code.into(),
            reason: self.reason.unwrap_or_default(),
            message: self.message,
            retry_after: self.retry_after,
        });
        let fault = Fault { delay, refusal, cut };
        if fault == Fault::default() {
            return Err("nothing goes wrong".to_owned());
        }
        let (method, path) = (self.method, self.path.unwrap_or_default());
        Ok(Rule { times: self.times.unwrap_or(1), method, path, fault })
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
            Some(Code::Number(code)) if !OUTAGES.contains(code) => {
                Err(format!("{code} is none of {OUTAGES:?}"))
            }
            Some(Code::Number(_)) if !self.method.is_empty() && !is_http_method(&self.method) => {
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

impl From<Code> for faults::Code {
    fn from(code: Code) -> Self {
        match code {
            Code::Name(name) => Self::Name(name),
            Code::Number(number) => Self::Status(number),
        }
    }
}

fn show_rule(rule: &Rule) -> Value {
    let Rule { times, method, path, fault } = rule;
    let mut shown = json!({"method": method, "times": times});
    let mut set = |name: &str, value: Value| shown[name] = value;
    let refusal = fault.refusal.as_ref();
    let is_named = |it: &Refusal| matches!(it.code, faults::Code::Name(_));
    // A method of Google's has a name of its own, and no path is asked for.
    if !refusal.is_some_and(is_named) {
        set("path", path.as_str().into());
    }
    if let Some(Refusal { code, reason, message, retry_after }) = refusal {
        match code {
            faults::Code::Name(name) => {
                set("code", name.as_str().into());
                set("reason", reason.as_str().into());
            }
            faults::Code::Status(status) => set("code", (*status).into()),
        }
        set("message", message.as_str().into());
        set("retry_after", json!(retry_after));
    }
    if !fault.delay.is_zero() {
        set("delay", format!("{}ms", fault.delay.as_millis()).into());
    }
    match fault.cut {
        Some(Cut::Reset) => set("reset", true.into()),
        Some(Cut::Truncate(bytes)) => set("truncate", bytes.into()),
        None => {}
    }
    shown
}

fn bad(error: impl std::fmt::Display) -> Error {
    Error::BadRequest(format!("{error}; {ALLOWED}"))
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::{
            api::{Api, Head, Request},
            google::Google,
            kubernetes::Kubernetes,
        },
        rstest::rstest,
        std::time::Duration,
    };

    const UPDATE: &str = "/v1/projects/p/locations/l/attachedClusters/c";

    fn tell(faults: &Faults, body: &str) -> Result<Value, Error> {
        add(faults, &Bytes::copy_from_slice(body.as_bytes()))
    }

    fn take(faults: &Faults, method: &str, path: &str) -> Option<Fault> {
        let head = Head::new(method.parse().unwrap(), path.parse().unwrap());
        let api: &dyn Api = if path.starts_with("/v1") { &Google } else { &Kubernetes };
        faults.take(api, &Request::new(head, ""))
    }

    fn code(fault: Option<Fault>) -> String {
        match fault.and_then(|fault| fault.refusal).map(|refusal| refusal.code) {
            Some(faults::Code::Name(name)) => name,
            Some(faults::Code::Status(status)) => status.to_string(),
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
        assert_eq!(forget(&faults), json!({"faults": []}));
    }

    #[test]
    fn a_named_error_is_for_methods_with_such_a_name() {
        let faults = Faults::default();
        tell(&faults, r#"{"code": "INTERNAL", "method": "Get"}"#).unwrap();
        let list = "/v1/projects/p/locations/l/attachedClusters";
        assert_eq!(take(&faults, "GET", list), None);
        let grpc = "/google.cloud.gkemulticloud.v1.AttachedClusters/GetAttachedCluster";
        let mut head = Head::new(http::Method::POST, grpc.parse().unwrap());
        head.headers.insert("content-type", "application/grpc".parse().unwrap());
        let fault = faults.take(&Google, &Request::new(head, ""));
        assert_eq!(code(fault), "INTERNAL");
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
    #[case(r#"["ABORTED", "", null, 1, "", null, null, null, null, false]"#)]
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
