//! Errors that are injected, in kube-apiserver's words: the server is overloaded, stops or is too
//! slow, another writer was faster. The emulator never produces these on its own. Beside them, the
//! form of an answer to what the server does not let through.
//!
//! Sources: apiserver `pkg/server/filters/priority-and-fairness.go`, `waitgroup.go` and
//! `timeout.go`; apimachinery `pkg/api/errors/errors.go`.

use {
    super::{
        exchange::Exchange,
        path::{self, Path},
        respond,
        route::Attributes,
        status::Failure,
    },
    crate::{
        api::{
            Request, Response,
            faults::{Code, Refusal},
        },
        codec::negotiate::Query,
        world::{World, journal::Summary},
    },
    http::{HeaderValue, header::RETRY_AFTER},
    std::sync::Arc,
};

/// The statuses that can be injected.
pub const OUTAGES: [u16; 7] = [401, 409, 410, 429, 500, 503, 504];

/// The answer to a request whose client no longer waits for it.
pub(super) fn deadline_exceeded(world: &World, request: &Request) -> Response {
    let outage = Outage { code: 504, message: "", retry_after: None };
    outage.refuse(world, request)
}

/// The answer to a request that is refused on order.
pub(super) fn refuse(world: &World, request: &Request, refusal: &Refusal) -> Response {
    let code = match refusal.code {
        Code::Status(code) => code,
        Code::Name(_) => 500,
    };
    let outage = Outage { code, message: &refusal.message, retry_after: refusal.retry_after };
    outage.refuse(world, request)
}

/// The answer to a request that the server does not let through.
pub(super) fn turn_away(world: &World, request: &Request, failure: &Failure) -> Response {
    respond(world, request, |exchange| respond::unqueued(respond::failure(exchange, failure)))
}

/// Responds to a request of which no more is known than its head.
fn respond(
    world: &World,
    request: &Request,
    response: impl FnOnce(&Exchange<'_>) -> Response,
) -> Response {
    let decoded = path::decode(request.path()).unwrap_or_default();
    let path = Path::new(&decoded);
    let query = Query::parse(request.query());
    let attributes = path.attributes(&request.head.method, &query).unwrap_or_default();
    response(&Exchange {
        world,
        request,
        query,
        attributes,
        caller: Arc::default(),
        warnings: Vec::new().into(),
        summary: Summary::default().into(),
    })
}

/// An error, one of [`OUTAGES`]; an empty message stands for kube-apiserver's own.
struct Outage<'a> {
    code: u16,
    message: &'a str,
    retry_after: Option<u32>,
}

impl Outage<'_> {
    fn refuse(&self, world: &World, request: &Request) -> Response {
        let is_plain = self.code == 429 && self.message.is_empty();
        let mut response = respond(world, request, |exchange| {
            if is_plain {
                respond::too_many_requests(exchange)
            } else {
                respond::failure(exchange, &self.failure(&exchange.attributes))
            }
        });
        match self.seconds() {
            0 => response.headers.remove(RETRY_AFTER),
            seconds => response.headers.insert(RETRY_AFTER, HeaderValue::from(seconds)),
        };
        response
    }

    fn failure(&self, attributes: &Attributes<'_>) -> Failure {
        let or = |usual: &str| match self.message {
            "" => usual.to_owned(),
            message => message.to_owned(),
        };
        match self.code {
            401 => Failure::unauthorized(),
            409 => {
                let why = or("the object has been modified; please apply your changes to the \
                              latest version and try again");
                Failure::conflict(attributes.resource, attributes.group, &attributes.name, &why)
            }
            410 => Failure::expired(or("The resourceVersion for the provided list is too old.")),
            429 => Failure::too_many_requests(self.message.to_owned(), self.seconds()),
            503 => Failure::service_unavailable(or("apiserver is shutting down")),
            504 => {
                let what = or("request did not complete within the allotted timeout");
                Failure::timeout(&what, self.seconds())
            }
            _ => Failure::internal(&or("the request was made to fail")),
        }
    }

    fn seconds(&self) -> u32 {
        let usual = u32::from(matches!(self.code, 429 | 503));
        self.retry_after.unwrap_or(usual)
    }
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case(409, "", r#"Operation cannot be fulfilled on serviceaccounts "a": the object has been modified; please apply your changes to the latest version and try again"#)]
    #[case(429, "storage is (re)initializing", "storage is (re)initializing")]
    #[case(500, "no quorum", "Internal error occurred: no quorum")]
    #[case(503, "", "apiserver is shutting down")]
    #[case(504, "", "Timeout: request did not complete within the allotted timeout")]
    fn each_has_its_words(#[case] code: u16, #[case] message: &str, #[case] expected: &str) {
        let outage = Outage { code, message, retry_after: None };
        let attributes =
            Attributes { resource: "serviceaccounts", name: "a".into(), ..Attributes::default() };
        let failure = outage.failure(&attributes);
        assert_eq!((failure.code, failure.message.as_str()), (code, expected));
    }

    #[test]
    fn each_has_its_own_status() {
        for code in OUTAGES {
            let outage = Outage { code, message: "x", retry_after: None };
            assert_eq!(outage.failure(&Attributes::default()).code, code);
        }
    }
}
