//! Requests that fail: the next ones for a method of the Google API, or for a path of the Kubernetes
//! API, so many of them.

use {
    crate::{
        control::error::Error,
        google::{self, Fault},
        kubernetes::outage::{self, OUTAGES, Outage},
    },
    bytes::Bytes,
    http::Method,
    serde::Deserialize,
    serde_json::{Value, json},
    std::sync::{Mutex, MutexGuard, PoisonError},
};

const ALLOWED: &str = r#"allowed are {"code": "UNAVAILABLE"} for the Google API, and beside it "method" (what the method's full name holds; any when it is left out), "times" (1 when it is left out), "message", and "reason", of which SERVICE_DISABLED, IAM_PERMISSION_DENIED and RATE_LIMIT_EXCEEDED come with Google's details; {"code": 429} for the Kubernetes API, and beside it "method" (GET, POST…), "path" (what the path holds), "times", "message" and "retry_after" (in seconds)"#;

/// What is to fail.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Mutex<Vec<Rule>>,
}

#[derive(Debug)]
struct Rule {
    times: u32,
    order: Order,
}

#[derive(Debug)]
enum Order {
    Google { method: String, fault: Fault },
    Kubernetes { method: String, path: String, outage: Outage },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    code: Code,
    #[serde(default)]
    method: String,
    path: Option<String>,
    times: Option<u32>,
    #[serde(default)]
    message: String,
    reason: Option<String>,
    retry_after: Option<u32>,
}

/// Google's canonical code, or the status of Kubernetes.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a code is a name or a number")]
enum Code {
    Name(String),
    Number(u16),
}

impl Faults {
    /// What befalls the next request for a method of Google's, whose name is asked for only when
    /// something is to fail at all.
    pub fn take_google(&self, method: impl FnOnce() -> Option<String>) -> Option<Fault> {
        if self.lock().is_empty() {
            return None;
        }
        let asked = method()?;
        self.take(|order| match order {
            Order::Google { method, fault } => asked.contains(method).then(|| fault.clone()),
            Order::Kubernetes { .. } => None,
        })
    }

    /// What befalls the next request of the Kubernetes API.
    pub fn take_kubernetes(&self, asked: &Method, at: &str) -> Option<Outage> {
        self.take(|order| match order {
            Order::Kubernetes { method, path, outage } => {
                let is_method = method.is_empty() || asked.as_str().eq_ignore_ascii_case(method);
                (is_method && at.contains(path)).then(|| outage.clone())
            }
            Order::Google { .. } => None,
        })
    }

    fn take<T>(&self, fits: impl Fn(&Order) -> Option<T>) -> Option<T> {
        let mut rules = self.lock();
        let (place, taken) = rules
            .iter()
            .enumerate()
            .find_map(|(place, rule)| fits(&rule.order).map(|taken| (place, taken)))?;
        rules[place].times -= 1;
        if rules[place].times == 0 {
            rules.remove(place);
        }
        Some(taken)
    }

    /// What is still to fail.
    pub(super) fn show(&self) -> Value {
        let rules: Vec<_> = self.lock().iter().map(Rule::show).collect();
        json!({"faults": rules})
    }

    pub(super) fn add(&self, body: &Bytes) -> Result<Value, Error> {
        let change: Change = serde_json::from_slice(body).map_err(bad)?;
        let times = change.times.unwrap_or(1);
        let order = change.order().map_err(bad)?;
        if times > 0 {
            self.lock().push(Rule { times, order });
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

impl Change {
    fn order(self) -> Result<Order, String> {
        let Self { code, method, path, message, reason, retry_after, .. } = self;
        match code {
            Code::Name(code) if !google::is_code(&code) => {
                Err(format!("{code:?} is no canonical code"))
            }
            Code::Name(_) if path.is_some() || retry_after.is_some() => {
                Err("path and retry_after are of the Kubernetes API".to_owned())
            }
            Code::Name(code) => {
                let fault = Fault { code, reason: reason.unwrap_or_default(), message };
                Ok(Order::Google { method, fault })
            }
            Code::Number(code) if !outage::is_outage(code) => {
                Err(format!("{code} is none of {OUTAGES:?}"))
            }
            Code::Number(_) if !is_http(&method) => {
                Err(format!("no request has method {method:?}"))
            }
            Code::Number(_) if reason.is_some() => Err("reason is of the Google API".to_owned()),
            Code::Number(code) => {
                let outage = Outage { code, message, retry_after };
                Ok(Order::Kubernetes { method, path: path.unwrap_or_default(), outage })
            }
        }
    }
}

impl Rule {
    fn show(&self) -> Value {
        let times = self.times;
        match &self.order {
            Order::Google { method, fault: Fault { code, reason, message } } => {
                json!({"method": method, "times": times, "code": code, "reason": reason,
                       "message": message})
            }
            Order::Kubernetes { method, path, outage: Outage { code, message, retry_after } } => {
                json!({"method": method, "path": path, "times": times, "code": code,
                       "message": message, "retry_after": retry_after})
            }
        }
    }
}

/// Whether a request may have that method; empty is any.
fn is_http(method: &str) -> bool {
    let methods = ["", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    methods.iter().any(|known| known.eq_ignore_ascii_case(method))
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
        let take =
            |method: &str| faults.take_google(|| Some(method.to_owned())).map(|fault| fault.code);
        assert_eq!(take("UpdateX").as_deref(), Some("ABORTED"));
        assert_eq!(take("GetX").as_deref(), Some("INTERNAL"));
        assert_eq!(take("GetX"), None);
        assert_eq!(take("UpdateX").as_deref(), Some("ABORTED"));
        assert_eq!(take("UpdateX"), None);
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
        let take = |method: Method, path: &str| {
            faults.take_kubernetes(&method, path).map(|outage| outage.code)
        };
        assert_eq!(take(Method::GET, "/a/token"), None);
        assert_eq!(take(Method::POST, "/a"), None);
        assert_eq!(faults.take_google(|| Some("/a/token".to_owned())), None);
        assert_eq!(take(Method::POST, "/a/token"), Some(429));
        assert_eq!(take(Method::POST, "/a/token"), None);
        tell(&faults, r#"{"code": "INTERNAL"}"#).unwrap();
        assert_eq!(take(Method::GET, "/"), None);
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
    fn a_bad_fault_says_what_is_allowed(#[case] body: &str) {
        let Err(Error::BadRequest(error)) = tell(&Faults::default(), body) else {
            panic!("accepted {body}")
        };
        assert!(error.ends_with(ALLOWED), "{error}");
    }
}
