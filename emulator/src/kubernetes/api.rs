//! Kubernetes as one of the emulator's APIs: what of a request it takes, and how it answers what the
//! server gives up on.

use {
    crate::{
        api::{
            Answer, Api, Failure, Fetched, Head, Intake, Request, Response,
            faults::{Code, Refusal},
        },
        codec::{duration, negotiate::Query},
        kubernetes::{body, outage, status},
        world::World,
    },
    http::{StatusCode, header::CONTENT_LENGTH},
    std::time::Duration,
};

/// The longest body that Go's net/http announces the length of by itself, in bytes.
/// Source: go `net/http/server.go`, `bufferBeforeChunkingSize`.
const GO_BUFFER: usize = 2048;

const CRASHED: &str = r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Internal error occurred: the emulator failed on this request","reason":"InternalError","details":{"causes":[{"message":"the emulator failed on this request"}]},"code":500}
"#;

/// The Kubernetes API, which owns every request that no other API does.
#[derive(Debug)]
pub struct Kubernetes;

impl Api for Kubernetes {
    fn name(&self) -> &'static str {
        "kubernetes"
    }

    fn owns(&self, _world: &World, _head: &Head) -> bool {
        true
    }

    fn intake(&self, _world: &World, _head: &Head) -> Intake {
        Intake::Whole(body::LIMIT)
    }

    fn deadline(&self, head: &Head) -> Option<Duration> {
        // The query is parsed only where it may have a timeout.
        let query = head.query();
        let query = query.contains("timeout=").then(|| Query::parse(query))?;
        // A watch has no deadline.
        if !matches!(query.get("watch"), "" | "0" | "false") {
            return None;
        }
        let nanoseconds = duration::parse(query.get("timeout")).ok()?;
        u64::try_from(nanoseconds).ok().filter(|it| *it > 0).map(Duration::from_nanos)
    }

    fn answer(&self, world: &World, request: &Request, _fetched: &Fetched) -> Answer {
        super::answer(world, request)
    }

    fn fail(&self, world: &World, request: &Request, failure: &Failure) -> Response {
        match failure {
            Failure::Injected(refusal) => outage::refuse(world, request, refusal),
            Failure::DeadlineExceeded => outage::deadline_exceeded(world, request),
            Failure::Crashed => {
                Response::new(StatusCode::INTERNAL_SERVER_ERROR, "application/json", CRASHED)
            }
            Failure::ForeignSite(message) => {
                outage::turn_away(world, request, &status::Failure::foreign_site(message))
            }
            Failure::Misdirected(message) => {
                outage::turn_away(world, request, &status::Failure::misdirected(message))
            }
        }
    }

    fn can_refuse(&self, refusal: &Refusal) -> bool {
        matches!(refusal.code, Code::Status(_))
    }

    fn is_chunked(&self, _request: &Request, response: &Response) -> bool {
        response.body.len() > GO_BUFFER && !response.headers.contains_key(CONTENT_LENGTH)
    }
}

#[cfg(test)]
mod tests {
    use {super::*, http::Method, rstest::rstest};

    #[rstest]
    #[case("/api/v1/pods", None)]
    #[case("/api/v1/pods?timeout=1500ms", Some(Duration::from_millis(1500)))]
    #[case("/api/v1/pods?timeout=0", None)]
    #[case("/api/v1/pods?timeout=-1s", None)]
    #[case("/api/v1/pods?timeout=soon", None)]
    #[case("/api/v1/pods?watch=1&timeout=1s", None)]
    #[case("/api/v1/pods?watch=false&timeout=1s", Some(Duration::from_secs(1)))]
    fn a_client_says_how_long_it_waits(#[case] uri: &str, #[case] expected: Option<Duration>) {
        let head = Head::new(Method::GET, uri.parse().unwrap());
        assert_eq!(Kubernetes.deadline(&head), expected);
    }
}
