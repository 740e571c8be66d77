//! Google's front end: one address, over REST and gRPC, for the APIs behind it; and gRPC reflection,
//! an API of the emulator's own.

use {
    super::{
        SERVICES, fault, grpc,
        rest::{self, Exchange},
        schema::{Method, Routed, Schema},
        service::Service,
        status::{Code, Status},
    },
    crate::{
        api::{
            Answer, Api, Failure, Fetched, Head, Intake, Request, Response,
            faults::{self, Refusal},
        },
        world::World,
    },
    http::{HeaderMap, header::CONTENT_TYPE},
    std::time::Duration,
};

/// Google's APIs, over REST and gRPC.
#[derive(Debug)]
pub struct Google;

/// `grpc.reflection`: what the descriptors say, for tools that ask a server for them. A convenience
/// that the real endpoint does not have.
#[derive(Debug)]
pub struct Reflection;

/// The API that has a binding for an HTTP request, and the binding.
pub(super) fn route(
    http_method: &http::Method,
    path: &str,
) -> Option<(&'static Service, Routed<'static>)> {
    SERVICES.iter().find_map(|service| Some((*service, service.schema().route(http_method, path)?)))
}

/// The API that has a gRPC method, and the method.
pub(super) fn method(path: &str) -> Option<(&'static Service, &'static Method)> {
    let (package, name) = path.strip_prefix('/')?.split_once('/')?;
    let name = format!("{package}.{name}");
    SERVICES.iter().find_map(|service| Some((*service, service.schema().method(&name)?)))
}

/// The API whose words the front end uses for a request that no API owns.
pub(super) fn default_service() -> &'static Service {
    SERVICES[0]
}

/// The tables that have the errors of all APIs: `google.rpc`.
pub(super) fn schema() -> &'static Schema {
    default_service().schema()
}

/// Whether a request is gRPC, in any of its encodings.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

impl Api for Google {
    fn name(&self) -> &'static str {
        "google"
    }

    fn owns(&self, _world: &World, head: &Head) -> bool {
        let mut path = head.path().bytes();
        let versioned = path.next() == Some(b'/')
            && path.next() == Some(b'v')
            && path.next().is_some_and(|digit| digit.is_ascii_digit());
        versioned || is_grpc(&head.headers)
    }

    fn intake(&self, world: &World, head: &Head) -> Intake {
        if !is_grpc(&head.headers) {
            Intake::Whole(rest::LARGEST)
        } else if grpc::knows(world, head.path()) {
            Intake::Whole(grpc::LARGEST)
        } else {
            // It is refused whatever it says, and a client that streams may say nothing yet.
            Intake::Ignored
        }
    }

    fn deadline(&self, head: &Head) -> Option<Duration> {
        grpc::timeout(&head.headers)
    }

    fn answer(&self, world: &World, request: &Request, fetched: &Fetched) -> Answer {
        world.settle_operations();
        if is_grpc(&request.head.headers) {
            grpc::answer(world, request, fetched)
        } else {
            rest::answer(world, request, fetched)
        }
    }

    fn fail(&self, world: &World, request: &Request, failure: &Failure) -> Response {
        match failure {
            Failure::Injected(refusal) => fault::refuse(world, request, refusal),
            Failure::Crashed => {
                let status = Status::new(Code::Internal, "Internal error encountered.");
                refuse(world, request, &status)
            }
            Failure::DeadlineExceeded => refuse(world, request, &grpc::too_late()),
            Failure::ForeignSite(message) => {
                refuse(world, request, &Status::new(Code::PermissionDenied, message.as_str()))
            }
            Failure::Misdirected(message) => refuse(world, request, &Status::misdirected(message)),
        }
    }

    fn called_method(&self, request: &Request) -> Option<String> {
        fault::called_method(request)
    }

    fn can_refuse(&self, refusal: &Refusal) -> bool {
        matches!(refusal.code, faults::Code::Name(_))
    }

    fn has_cors(&self) -> bool {
        true
    }

    /// Google's front end announces no length of JSON.
    fn is_chunked(&self, _request: &Request, response: &Response) -> bool {
        let content_type = response.headers.get(CONTENT_TYPE);
        content_type.is_some_and(|it| it.as_bytes().starts_with(b"application/json"))
    }
}

impl Api for Reflection {
    fn name(&self) -> &'static str {
        "grpc-reflection"
    }

    fn owns(&self, world: &World, head: &Head) -> bool {
        world.settings.google_conveniences
            && is_grpc(&head.headers)
            && grpc::reflection::PATHS.contains(&head.path())
    }

    fn intake(&self, _world: &World, _head: &Head) -> Intake {
        Intake::Streamed
    }

    fn answer(&self, _world: &World, _request: &Request, _fetched: &Fetched) -> Answer {
        grpc::reflection::answer(SERVICES)
    }

    fn fail(&self, world: &World, request: &Request, failure: &Failure) -> Response {
        Google.fail(world, request, failure)
    }

    fn takes_faults(&self) -> bool {
        false
    }
}

/// An error in the form that a request wants.
fn refuse(world: &World, request: &Request, status: &Status) -> Response {
    if is_grpc(&request.head.headers) {
        grpc::error(schema(), status)
    } else {
        Exchange::new(world, request).error(status)
    }
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::world::{callers::Callers, key_set::Keys, settings::Settings},
        http::Method,
        rstest::rstest,
    };

    fn head(path: &str, content_type: &'static str) -> Head {
        let mut head = Head::new(Method::GET, path.parse().unwrap());
        head.headers.insert(CONTENT_TYPE, content_type.parse().unwrap());
        head
    }

    fn world() -> World {
        World::new(Settings::default(), Keys::generate(), Callers::default())
    }

    #[rstest]
    #[case("/v1/projects/p/locations/l/attachedClusters", "", true)]
    #[case("/v1", "", true)]
    #[case("/v2beta/x", "application/json", true)]
    #[case("/a.Service/Method", "application/grpc", true)]
    #[case("/a.Service/Method", "application/grpc+proto", true)]
    #[case("/version", "", false)]
    #[case("/v", "", false)]
    #[case("/", "", false)]
    #[case("*", "", false)]
    #[case("/api/v1/namespaces", "", false)]
    fn versions_and_grpc_are_googles(
        #[case] path: &str,
        #[case] content_type: &'static str,
        #[case] owned: bool,
    ) {
        assert_eq!(Google.owns(&world(), &head(path, content_type)), owned);
    }

    #[test]
    fn a_crash_is_answered_in_the_form_of_the_request() {
        for (content_type, expected) in [
            ("application/json", (500, "application/json; charset=UTF-8")),
            ("application/grpc", (200, "application/grpc")),
        ] {
            let request = Request::new(head("/v1/x", content_type), "");
            let response = Google.fail(&world(), &request, &Failure::Crashed);
            let found = response.headers[CONTENT_TYPE].to_str().unwrap();
            assert_eq!((response.status.as_u16(), found), expected);
        }
    }
}
