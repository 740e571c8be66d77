//! What only a double can do, under `/_emulator/v1/`: moving the clock, forgetting the state.

mod access_tokens;
mod body;
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
            Answer, Api, Execution, Failure, Fetched, Head, Intake, Request, Response,
            faults::Faults,
        },
        credential::Credential,
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

    fn execution(&self, request: &Request) -> Execution {
        // A request that is going to be refused does not keep others waiting.
        let is_reset = request.path() == STATE && is_allowed(self, request);
        if is_reset && check(request).is_ok() { Execution::Exclusive } else { Execution::Inline }
    }

    fn answer(&self, world: &World, request: &Request, fetched: &Fetched) -> Answer {
        answer(self, world, request, fetched)
    }

    fn fail(&self, _world: &World, _request: &Request, failure: &Failure) -> Response {
        let (status, error) = match failure {
            Failure::ForeignSite(error) => (StatusCode::FORBIDDEN, error.as_str()),
            Failure::Misdirected(error) => (StatusCode::MISDIRECTED_REQUEST, error.as_str()),
            Failure::Injected(_) | Failure::Crashed | Failure::DeadlineExceeded => {
                (StatusCode::INTERNAL_SERVER_ERROR, "the emulator failed on this request")
            }
        };
        respond(status, &json!({"error": error}))
    }

    /// Not every browser marks its requests, and a page can do harm with any of these.
    fn origin_decides(&self, _head: &Head) -> bool {
        true
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
    if let Err(error) = check(request) {
        return error.response().into();
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

/// Whether there is such a control, with such a method, and what it was sent can be for it.
fn check(request: &Request) -> Result<(), Error> {
    let name = request.path().strip_prefix(FOLDER).ok_or(Error::NotFound)?;
    let (_, methods) = CONTROLS.iter().find(|(known, _)| *known == name).ok_or(Error::NotFound)?;
    let method = &request.head.method;
    if !methods.split(", ").any(|known| known == method.as_str()) {
        return Err(Error::MethodNotAllowed(methods));
    }
    body::check(request)?;
    let takes_order = method == Method::POST && request.path() != STATE;
    if takes_order { Ok(()) } else { body::check_empty(&request.body) }
}

/// Answers a request that was checked.
fn route(control: &Control, world: &World, request: &Request) -> Result<Value, Error> {
    let name = request.path().strip_prefix(FOLDER).ok_or(Error::NotFound)?;
    let body = &request.body;
    match (name, request.head.method.as_str()) {
        ("access-tokens", "POST") => access_tokens::look_up(world, body),
        ("clock", "GET" | "HEAD") => Ok(clock::show(world)),
        ("clock", "POST") => clock::change(world, body),
        ("faults", "GET" | "HEAD") => Ok(faults::show(&control.faults)),
        ("faults", "POST") => faults::add(&control.faults, body),
        ("faults", "DELETE") => Ok(faults::forget(&control.faults)),
        ("health", _) => Ok(health::show()),
        ("journal", _) => Ok(journal::show(world)),
        ("keys", "GET" | "HEAD") => Ok(keys::show(world)),
        ("keys", "POST") => keys::change(world, body),
        ("keys", "DELETE") => Ok(keys::reset(world)),
        ("mint", "POST") => mint::mint(world, body),
        ("operations", "GET" | "HEAD") => Ok(operations::show(world)),
        ("operations", "POST") => operations::change(world, body),
        ("operations", "DELETE") => Ok(operations::forget(world)),
        ("state", _) => state::reset(control, world),
        _ => Err(Error::NotFound),
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
        crate::world::{
            callers::Callers,
            key_set::{KeySet, Keys},
            keys::{Algorithm, SigningKey},
            settings::Settings,
        },
        rstest::rstest,
    };

    fn world() -> World {
        let keys = Keys::new(KeySet::alone(SigningKey::generate(Algorithm::Es256)));
        World::new(Settings::default(), keys, Callers::default())
    }

    fn ask(token: Option<&str>, method: &str, path: &str, bearer: &str) -> Response {
        let mut head = Head::new(method.parse().unwrap(), path.parse().unwrap());
        head.headers.insert(AUTHORIZATION, bearer.parse().unwrap());
        send(token, &Request::new(head, ""))
    }

    fn send(token: Option<&str>, request: &Request) -> Response {
        let control = Control { token: token.map(Credential::from), ..Control::default() };
        match answer(&control, &world(), request, &Fetched::default()) {
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

    /// Every control with each of its methods.
    fn all() -> impl Iterator<Item = (String, &'static str)> {
        let methods = |(name, methods): &(&str, &'static str)| {
            let path = format!("{FOLDER}{name}");
            methods.split(", ").map(move |method| (path.clone(), method)).collect::<Vec<_>>()
        };
        CONTROLS.iter().flat_map(methods)
    }

    #[test]
    fn a_query_is_refused_by_every_control() {
        for (path, method) in all() {
            let response = ask(None, method, &format!("{path}?limit=1"), "");
            let body = String::from_utf8_lossy(&response.body);
            assert_eq!(response.status, StatusCode::BAD_REQUEST, "{method} {path}");
            assert!(body.contains("the controls take no query"), "{method} {path}: {body}");
            // Nothing behind the question mark is nothing.
            let response = ask(None, method, &format!("{path}?"), "");
            assert_eq!(response.status, ask(None, method, &path, "").status, "{method} {path}");
        }
    }

    #[test]
    fn a_body_that_orders_nothing_known_is_refused_by_every_control() {
        for (path, method) in all() {
            for body in [r#"{"dry_run":true}"#, "[]", "{bad", "null", "7", "dry_run=true"] {
                let head = Head::new(method.parse().unwrap(), path.parse().unwrap());
                let request = Request::new(head, body);
                let response = send(None, &request);
                let shown: Value = serde_json::from_slice(&response.body).unwrap();
                assert_eq!(response.status, StatusCode::BAD_REQUEST, "{method} {path} {body}");
                let error = shown["error"].as_str().unwrap();
                assert!(error.contains("allowed"), "{method} {path} {body}: {error}");
                assert_eq!(Control::default().execution(&request), Execution::Inline);
            }
        }
    }

    #[test]
    fn a_body_that_is_cut_off_is_refused() {
        for (path, method) in all() {
            let head = Head::new(method.parse().unwrap(), path.parse().unwrap());
            let request = Request { truncated: true, ..Request::new(head, "{}") };
            assert_eq!(send(None, &request).status, StatusCode::BAD_REQUEST, "{method} {path}");
        }
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
        let head = Head::new(Method::GET, path.parse().unwrap());
        assert_eq!(Control::default().owns(&world(), &head), owned);
    }

    #[rstest]
    #[case("POST", "/_emulator/v1/mint", Execution::Inline)]
    #[case("GET", "/_emulator/v1/state", Execution::Inline)]
    #[case("POST", "/_emulator/v1/state", Execution::Exclusive)]
    #[case("DELETE", "/_emulator/v1/state", Execution::Exclusive)]
    #[case("DELETE", "/_emulator/v1/state?x", Execution::Inline)]
    fn a_reset_runs_alone(#[case] method: &str, #[case] uri: &str, #[case] expected: Execution) {
        let head = Head::new(method.parse().unwrap(), uri.parse().unwrap());
        assert_eq!(Control::default().execution(&Request::new(head, "")), expected);
    }
}
