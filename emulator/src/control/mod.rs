//! What only a double can do, under `/_emulator/v1/`: moving the clock, forgetting the state.

mod access_tokens;
mod clock;
mod error;
pub mod explain;
pub mod faults;
mod health;
mod journal;
mod keys;
mod mint;
mod operations;
mod state;

use {
    crate::{
        api::{
            Answer, Api, Execution, Failure, Fetched, Head, Intake, MANY, Request, Response,
            faults::Faults,
        },
        credential::Credential,
        kubernetes::controllers,
        seed::Seed,
        world::World,
    },
    error::Error,
    http::{
        Method, StatusCode,
        header::{AUTHORIZATION, CACHE_CONTROL},
    },
    serde_json::{Value, json},
    std::sync::Arc,
};

/// What `/_emulator/` needs beside the world.
#[derive(Default)]
pub struct Control {
    /// The bearer that it wants, if it wants one.
    pub token: Option<Credential>,
    /// What exists from the start, and again after a reset.
    pub seed: Seed,
    /// What is to fail; shared with the server, which injects it.
    pub faults: Arc<Faults>,
}

impl std::fmt::Debug for Control {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Control").finish_non_exhaustive()
    }
}

/// What is there, with the methods that it knows.
const CONTROLS: [(&str, &str); 10] = [
    ("access-tokens", "POST"),
    ("clock", "GET, HEAD, POST"),
    ("explain", "POST"),
    ("faults", "DELETE, GET, HEAD, POST"),
    ("health", "GET, HEAD"),
    ("journal", "GET, HEAD"),
    ("keys", "DELETE, GET, HEAD, POST"),
    ("mint", "POST"),
    ("operations", "DELETE, GET, HEAD, POST"),
    ("state", "DELETE, POST"),
];

/// Where all of them are.
const FOLDER: &str = "/_emulator/v1/";

/// The only one that may need the network: another issuer's keys.
const EXPLAIN: &str = "/_emulator/v1/explain";

/// The one by which pods and operations come to their end.
const CLOCK: &str = "/_emulator/v1/clock";

/// The one that runs while no other request is answered.
const STATE: &str = "/_emulator/v1/state";

/// The longest body of a request, in bytes.
const LONGEST_BODY: usize = 16 << 20;

impl Api for Control {
    fn name(&self) -> &'static str {
        "control"
    }

    fn owns(&self, _world: &World, head: &Head) -> bool {
        let below = head.path().strip_prefix("/_emulator");
        below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn intake(&self, _world: &World, _head: &Head) -> Intake {
        Intake::Whole(LONGEST_BODY)
    }

    fn execution(&self, world: &World, request: &Request) -> Execution {
        let is_reset =
            request.path() == STATE && matches!(request.head.method, Method::POST | Method::DELETE);
        // A request that is going to be refused does not keep others waiting.
        if is_reset && is_allowed(self, request) {
            Execution::Exclusive
        } else if request.path() == CLOCK && world.objects.count() >= MANY {
            // What the time has come for is done with it.
            Execution::Offloaded
        } else {
            Execution::by_body(request)
        }
    }

    fn answer(&self, world: &World, request: &Request, fetched: &Fetched) -> Answer {
        answer(self, world, request, fetched)
    }

    fn fail(&self, _world: &World, _request: &Request, failure: &Failure) -> Response {
        let (status, error) = match failure {
            Failure::TooManyRequests => {
                (StatusCode::TOO_MANY_REQUESTS, "the bodies of all requests take too much room")
            }
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "the emulator failed on this request"),
        };
        respond(status, &json!({"error": error}))
    }

    fn is_journalled(&self) -> bool {
        false
    }

    fn takes_faults(&self) -> bool {
        false
    }
}

/// Answers one request under `/_emulator/`, or says what has to be fetched first.
pub fn answer(control: &Control, world: &World, request: &Request, fetched: &Fetched) -> Answer {
    if !is_allowed(control, request) {
        return Error::Unauthorized.response().into();
    }
    if request.broken {
        let error = "the body of the request could not be read".to_owned();
        return Error::BadRequest(error).response().into();
    }
    let explained = request.path() == EXPLAIN && request.head.method == Method::POST;
    let answered = if explained {
        match explain::answer(world, &request.body, fetched) {
            Err(explain::Stop::Fetch(fetch)) => return Answer::Fetch(fetch),
            Err(explain::Stop::Error(error)) => Err(error),
            Ok(answer) => Ok(answer),
        }
    } else {
        route(control, world, request)
    };
    match answered {
        Ok(body) => respond(StatusCode::OK, &body),
        Err(error) => error.response(),
    }
    .into()
}

fn route(control: &Control, world: &World, request: &Request) -> Result<Value, Error> {
    let name = request.path().strip_prefix(FOLDER).ok_or(Error::NotFound)?;
    let (_, methods) = CONTROLS.iter().find(|(known, _)| *known == name).ok_or(Error::NotFound)?;
    let method =
        if request.head.method == Method::HEAD { Method::GET } else { request.head.method.clone() };
    let body = &request.body;
    match (name, method.as_str()) {
        ("access-tokens", "POST") => access_tokens::look_up(world, body),
        ("clock", "GET") => Ok(clock::show(world)),
        ("clock", "POST") => {
            // What the time has come for is done here, or the next request would wait for it.
            clock::change(world, body).inspect(|_| controllers::tick(world))
        }
        ("faults", "GET") => Ok(faults::show(&control.faults)),
        ("faults", "POST") => faults::add(&control.faults, body),
        ("faults", "DELETE") => Ok(faults::forget(&control.faults)),
        ("health", "GET") => Ok(health::show()),
        ("journal", "GET") => Ok(journal::show(world)),
        ("keys", "GET") => Ok(keys::show(world)),
        ("keys", "POST") => keys::change(world, body),
        ("keys", "DELETE") => Ok(keys::reset(world)),
        ("mint", "POST") => mint::mint(world, body),
        ("operations", "GET") => Ok(operations::show(world)),
        ("operations", "POST") => operations::change(world, body),
        ("operations", "DELETE") => Ok(operations::forget(world)),
        ("state", "POST" | "DELETE") => state::reset(control, world),
        _ => Err(Error::MethodNotAllowed(methods)),
    }
}

fn is_allowed(control: &Control, request: &Request) -> bool {
    let Some(token) = &control.token else { return true };
    let given = request.header(AUTHORIZATION.as_str()).and_then(|value| value.split_once(' '));
    given.is_some_and(|(scheme, given)| {
        scheme.eq_ignore_ascii_case("bearer")
            && aws_lc_rs::constant_time::verify_slices_are_equal(
                given.trim().as_bytes(),
                token.expose().as_bytes(),
            )
            .is_ok()
    })
}

fn respond(status: StatusCode, body: &Value) -> Response {
    Response::new(status, "application/json", format!("{body}\n")).with(CACHE_CONTROL, "no-store")
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::world::{callers::Callers, key_set::Keys, settings::Settings},
        rstest::rstest,
    };

    fn ask(token: Option<&str>, method: &str, path: &str, bearer: &str) -> Response {
        let control = Control { token: token.map(Credential::from), ..Control::default() };
        let world = World::new(Settings::default(), Keys::generate(), Callers::default());
        let mut head = Head::new(method.parse().unwrap(), path.parse().unwrap());
        head.headers.insert(AUTHORIZATION, bearer.parse().unwrap());
        let request = Request::new(head, "");
        match answer(&control, &world, &request, &Fetched::default()) {
            Answer::Response(response) => response,
            other => panic!("{other:?}"),
        }
    }

    #[rstest]
    #[case("GET", "/_emulator/v1/health", 200)]
    #[case("GET", "/_emulator/v1/clock", 200)]
    #[case("GET", "/_emulator/v1/journal", 200)]
    #[case("POST", "/_emulator/v1/access-tokens", 400)]
    #[case("GET", "/_emulator/v1/access-tokens", 405)]
    #[case("GET", "/_emulator/v1/faults", 200)]
    #[case("DELETE", "/_emulator/v1/faults", 200)]
    #[case("POST", "/_emulator/v1/faults", 400)]
    #[case("PUT", "/_emulator/v1/faults", 405)]
    #[case("GET", "/_emulator/v1/keys", 200)]
    #[case("DELETE", "/_emulator/v1/keys", 200)]
    #[case("POST", "/_emulator/v1/keys", 400)]
    #[case("PUT", "/_emulator/v1/keys", 405)]
    #[case("POST", "/_emulator/v1/explain", 400)]
    #[case("GET", "/_emulator/v1/explain", 405)]
    #[case("POST", "/_emulator/v1/mint", 200)]
    #[case("GET", "/_emulator/v1/mint", 405)]
    #[case("GET", "/_emulator/v1/operations", 200)]
    #[case("DELETE", "/_emulator/v1/operations", 200)]
    #[case("POST", "/_emulator/v1/operations", 400)]
    #[case("PUT", "/_emulator/v1/operations", 405)]
    #[case("DELETE", "/_emulator/v1/state", 200)]
    #[case("POST", "/_emulator/v1/state", 200)]
    #[case("POST", "/_emulator/v1/clock", 400)]
    #[case("GET", "/_emulator/v1/state", 405)]
    #[case("PUT", "/_emulator/v1/clock", 405)]
    #[case("GET", "/_emulator", 404)]
    #[case("GET", "/_emulator/v1/nothing", 404)]
    fn a_path_and_a_method_have_one_answer(
        #[case] method: &str,
        #[case] path: &str,
        #[case] status: u16,
    ) {
        let response = ask(None, method, path, "");
        assert_eq!(response.status.as_u16(), status);
        assert!(serde_json::from_slice::<Value>(&response.body).is_ok());
    }

    #[rstest]
    #[case("", 401)]
    #[case("Bearer wrong", 401)]
    #[case("Basic right", 401)]
    #[case("Bearer right", 200)]
    #[case("bearer right", 200)]
    fn a_token_that_is_set_is_wanted(#[case] bearer: &str, #[case] status: u16) {
        let response = ask(Some("right"), "GET", "/_emulator/v1/health", bearer);
        assert_eq!(response.status.as_u16(), status);
    }

    #[rstest]
    #[case("/_emulator", true)]
    #[case("/_emulator/v1/clock", true)]
    #[case("/_emulators", false)]
    #[case("/version", false)]
    fn a_path_of_its_own_is_owned(#[case] path: &str, #[case] owned: bool) {
        let world = World::new(Settings::default(), Keys::generate(), Callers::default());
        let head = Head::new(Method::GET, path.parse().unwrap());
        assert_eq!(Control::default().owns(&world, &head), owned);
    }

    #[rstest]
    #[case("POST", "/_emulator/v1/mint", Execution::Inline)]
    #[case("GET", "/_emulator/v1/state", Execution::Inline)]
    #[case("POST", "/_emulator/v1/state", Execution::Exclusive)]
    #[case("DELETE", "/_emulator/v1/state?x", Execution::Exclusive)]
    fn a_reset_runs_alone(#[case] method: &str, #[case] uri: &str, #[case] expected: Execution) {
        let world = World::new(Settings::default(), Keys::generate(), Callers::default());
        let head = Head::new(method.parse().unwrap(), uri.parse().unwrap());
        assert_eq!(Control::default().execution(&world, &Request::new(head, "")), expected);
    }
}
