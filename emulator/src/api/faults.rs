//! Faults that are injected into requests: which requests they are for, and how those fail.
//!
//! Knows what goes wrong on the way (a delay, a reset, a body that is cut) and carries what is
//! refused in an API's own words; those words are the API's.

use {
    super::{Api, Request},
    std::{
        sync::{Mutex, MutexGuard, PoisonError},
        time::Duration,
    },
};

/// The longest delay. It is real time, in which a client's own patience runs.
pub const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// The faults that are still to be injected.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Mutex<Vec<Rule>>,
}

/// A fault, and the requests that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// How many requests are still to fail.
    pub times: u32,
    /// The HTTP method, or what the full name of the API's method holds; empty for any.
    pub method: String,
    /// What the path holds; empty for any.
    pub path: String,
    /// What happens to them.
    pub fault: Fault,
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fault {
    /// How long it waits before it is looked at.
    pub delay: Duration,
    /// What is answered in place of the answer.
    pub refusal: Option<Refusal>,
    /// How the connection breaks.
    pub cut: Option<Cut>,
}

/// An error that an API answers on order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which error; it also says whose.
    pub code: Code,
    /// A reason for programs (Google's `SERVICE_DISABLED`); empty for none.
    pub reason: String,
    /// The sentence; empty for the one that the real server has.
    pub message: String,
    /// After how many seconds to try again, where that is not what the real server says; 0 for not
    /// at all.
    pub retry_after: Option<u32>,
}

/// Which error it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// A canonical code by its name: `UNAVAILABLE`.
    Name(String),
    /// An HTTP status: 503.
    Status(u16),
}

/// How a connection breaks in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Before the request is looked at, without an answer.
    Reset,
    /// After so many bytes of the answer's body.
    Truncate(usize),
}

impl Faults {
    /// Injects a fault into the next requests that a rule is for; earlier rules come first.
    pub fn add(&self, rule: Rule) {
        if rule.times > 0 {
            self.lock().push(rule);
        }
    }

    /// Forgets all faults.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// The faults that are still to be injected.
    pub fn rules(&self) -> Vec<Rule> {
        self.lock().clone()
    }

    /// The fault for a request, which is used up by it.
    pub fn take(&self, api: &dyn Api, request: &Request) -> Option<Fault> {
        if self.lock().is_empty() {
            return None;
        }
        // Names of methods are looked up only when there is a fault at all, and before the lock.
        let called = api.called_method(request);
        let mut rules = self.lock();
        let fits = |rule: &Rule| rule.fits(api, request, called.as_deref());
        let place = rules.iter().position(fits)?;
        rules[place].times -= 1;
        let fault = rules[place].fault.clone();
        if rules[place].times == 0 {
            rules.remove(place);
        }
        Some(fault)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rule {
    fn fits(&self, api: &dyn Api, request: &Request, called: Option<&str>) -> bool {
        let method = self.method.as_str();
        let is_called = || called.is_some_and(|called| called.contains(method));
        let by_method = match &self.fault.refusal {
            // An error with a name is for what has a method with a name.
            Some(Refusal { code: Code::Name(_), .. }) => is_called(),
            _ if method.is_empty() => true,
            _ if is_http_method(method) => {
                request.head.method.as_str().eq_ignore_ascii_case(method)
            }
            _ => is_called(),
        };
        let can_refuse = |refusal| api.can_refuse(refusal);
        by_method
            && request.path().contains(&self.path)
            && self.fault.refusal.as_ref().is_none_or(can_refuse)
    }
}

impl Fault {
    /// Its parts, for the journal: `delay, code`.
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

/// Whether a rule's method is one of HTTP, and not the name of an API's method.
pub fn is_http_method(method: &str) -> bool {
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    methods.iter().any(|known| known.eq_ignore_ascii_case(method))
}
