//! A third API, for tests of the server: it answers `/echo` with what it was sent. It implements the
//! trait and nothing else, and has faults, panics, deadlines and both versions of HTTP.

use {
    super::{
        Context,
        connection::{Protocol, converse},
        fetch::Fetcher,
        gate::Gate,
    },
    crate::{
        api::{
            Answer, Api, Conversation, Execution, Failure, Fetched, Head, Intake, Piece, Request,
            Response, Source, Step, Stream,
            faults::{Cut, Fault, Faults, Refusal, Rule},
        },
        world::{World, callers::Callers, key_set::Keys, settings::Settings},
    },
    bytes::Bytes,
    http::{HeaderMap, StatusCode},
    http_body_util::{BodyExt, Full},
    hyper::client::conn::{http1, http2},
    hyper_util::rt::{TokioExecutor, TokioIo},
    rstest::rstest,
    std::{
        sync::{
            Arc, Mutex, OnceLock, Weak,
            atomic::{AtomicBool, Ordering},
            mpsc::{Receiver, Sender, channel},
        },
        task::Waker,
        time::Duration,
    },
};

/// When a test that hangs gives up.
const LONGEST_TEST: Duration = Duration::from_secs(60);

#[derive(Debug)]
struct Echo;

impl Api for Echo {
    fn name(&self) -> &'static str {
        "echo"
    }

    fn owns(&self, _world: &World, head: &Head) -> bool {
        head.path() == "/echo"
    }

    fn intake(&self, _world: &World, _head: &Head) -> Intake {
        Intake::Whole(8)
    }

    fn answer(&self, _world: &World, request: &Request, _fetched: &Fetched) -> Answer {
        assert_ne!(&request.body[..], b"panic", "on purpose");
        Response::new(StatusCode::OK, "text/plain", request.body.clone()).into()
    }

    fn fail(&self, _world: &World, _request: &Request, failure: &Failure) -> Response {
        Response::new(StatusCode::IM_A_TEAPOT, "text/plain", format!("{failure:?}"))
    }

    fn deadline(&self, head: &Head) -> Option<Duration> {
        head.header("patience")?.parse().ok().map(Duration::from_secs)
    }

    fn can_refuse(&self, _refusal: &Refusal) -> bool {
        true
    }
}

/// Owns all other paths. A handler of `/slow` waits for the test, and one of `/alone` is exclusive;
/// a body from `/stream` neither says anything nor ends.
#[derive(Debug)]
struct Rest {
    released: Mutex<Receiver<()>>,
    context: OnceLock<Weak<Context>>,
    stream_ended: Arc<AtomicBool>,
}

impl Api for Rest {
    fn name(&self) -> &'static str {
        "rest"
    }

    fn owns(&self, _world: &World, _head: &Head) -> bool {
        true
    }

    fn intake(&self, _world: &World, head: &Head) -> Intake {
        if head.path() == "/conversation" { Intake::Streamed } else { Intake::Ignored }
    }

    fn execution(&self, request: &Request) -> Execution {
        match request.path() {
            "/slow" => Execution::Offloaded,
            "/alone" => Execution::Exclusive,
            _ => Execution::Inline,
        }
    }

    fn answer(&self, _world: &World, request: &Request, _fetched: &Fetched) -> Answer {
        match request.path() {
            "/slow" => {
                let released = self.released.lock().unwrap().recv_timeout(LONGEST_TEST);
                released.expect("the test goes on while this handler runs");
            }
            "/conversation" => {
                let head = Response::new(StatusCode::OK, "text/plain", "");
                return Answer::Conversation(head, Box::new(Mute));
            }
            "/stream" => {
                let head = Response::new(StatusCode::OK, "text/plain", "");
                let source = Box::new(Silent { ended: Arc::clone(&self.stream_ended) });
                return Answer::Stream(head, Stream { source, lasts: Duration::MAX, socket: None });
            }
            _ => {}
        }
        let context = self.context.get().and_then(Weak::upgrade).expect("the test holds it");
        let shared = context.exclusive.try_read().is_ok();
        let others = if shared { "go on" } else { "wait" };
        let reset = if context.exclusive.try_write().is_ok() { "may begin" } else { "waits" };
        let told = format!("others {others}, a reset {reset}");
        Response::new(StatusCode::OK, "text/plain", told).into()
    }

    fn fail(&self, _world: &World, _request: &Request, _failure: &Failure) -> Response {
        Response::new(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "")
    }

    fn is_journalled(&self) -> bool {
        false
    }

    fn takes_faults(&self) -> bool {
        false
    }
}

/// A conversation in which the server has nothing to say.
#[derive(Debug)]
struct Mute;

impl Conversation for Mute {
    fn receive(&mut self, _bytes: &[u8]) {}

    fn next(&mut self) -> Option<Piece> {
        None
    }

    fn end(&mut self) -> HeaderMap {
        HeaderMap::new()
    }
}

/// A stream in which nothing comes.
#[derive(Debug)]
struct Silent {
    ended: Arc<AtomicBool>,
}

impl Source for Silent {
    fn next(&mut self, _world: &World, _waker: &Waker) -> Step {
        Step::Wait
    }

    fn pulse(&mut self) -> Option<Bytes> {
        None
    }

    fn end(&mut self, _world: &World) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

/// A server of both, whether its stream has ended, the faults that it injects, and what its slow
/// handlers wait for.
pub(super) struct Fixture {
    pub(super) context: Arc<Context>,
    pub(super) stream_ended: Arc<AtomicBool>,
    faults: Arc<Faults>,
    release: Sender<()>,
}

pub(super) fn fixture() -> Fixture {
    let world = World::new(Settings::default(), Keys::generate(), Callers::default());
    let (faults, (release, released)) = (Arc::<Faults>::default(), channel());
    let stream_ended = Arc::<AtomicBool>::default();
    let rest = Arc::new(Rest {
        released: Mutex::new(released),
        context: OnceLock::new(),
        stream_ended: Arc::clone(&stream_ended),
    });
    let apis: Vec<Arc<dyn Api>> = vec![Arc::new(Echo), Arc::<Rest>::clone(&rest)];
    let fetcher = Fetcher::new(None, String::new());
    let context =
        Arc::new(Context::new(world, apis, Arc::clone(&faults), Gate::default(), fetcher));
    rest.context.set(Arc::downgrade(&context)).expect("it is set once");
    Fixture { context, stream_ended, faults, release }
}

impl Fixture {
    fn order(&self, fault: Fault) {
        let (method, path) = (String::new(), String::new());
        self.faults.add(Rule { times: 1, method, path, fault });
    }

    /// Sends a request on a connection of its own, and reads the answer.
    async fn ask(
        &self,
        protocol: Protocol,
        request: http::Request<Full<Bytes>>,
    ) -> Result<(u16, String), hyper::Error> {
        let client = TokioIo::new(converse(protocol, Arc::clone(&self.context)));
        let response = if protocol == Protocol::Http2 {
            let (mut sender, connection) = http2::handshake(TokioExecutor::new(), client).await?;
            tokio::spawn(connection);
            sender.send_request(request).await?
        } else {
            let (mut sender, connection) = http1::handshake(client).await?;
            tokio::spawn(connection);
            sender.send_request(request).await?
        };
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }

    async fn echo(&self, protocol: Protocol, body: &str) -> Result<(u16, String), hyper::Error> {
        self.ask(protocol, post("/echo", body)).await
    }
}

fn post(path: &str, body: &str) -> http::Request<Full<Bytes>> {
    let request = http::Request::post(format!("http://a{path}")).header("host", "a");
    request.body(Full::new(Bytes::copy_from_slice(body.as_bytes()))).unwrap()
}

#[rstest]
#[tokio::test]
async fn a_third_api_is_answered_on_both_versions_of_http(
    #[values(Protocol::Http1, Protocol::Http2)] protocol: Protocol,
) {
    let fixture = fixture();
    assert_eq!(fixture.echo(protocol, "hello").await.unwrap(), (200, "hello".to_owned()));
    let journal = fixture.context.world.journal.entries();
    assert_eq!(journal[0].path, "/echo");
}

#[rstest]
#[tokio::test]
async fn a_body_is_kept_as_far_as_its_api_takes_it(
    #[values(Protocol::Http1, Protocol::Http2)] protocol: Protocol,
) {
    let answer = fixture().echo(protocol, &"0123456789".repeat(100_000)).await.unwrap();
    assert_eq!(answer, (200, "01234567".to_owned()));
}

#[rstest]
#[tokio::test]
async fn a_panic_is_answered_and_the_next_request_is_served(
    #[values(Protocol::Http1, Protocol::Http2)] protocol: Protocol,
) {
    let fixture = fixture();
    assert_eq!(fixture.echo(protocol, "panic").await.unwrap(), (418, "Crashed".to_owned()));
    assert_eq!(fixture.echo(protocol, "hello").await.unwrap().0, 200);
}

#[rstest]
#[tokio::test]
async fn a_refusal_a_truncation_and_a_reset_are_injected(
    #[values(Protocol::Http1, Protocol::Http2)] protocol: Protocol,
) {
    let fixture = fixture();
    let code = crate::api::faults::Code::Status(503);
    let (reason, message) = (String::new(), "out of order".to_owned());
    let refusal = Some(Refusal { code, reason, message, retry_after: None });
    fixture.order(Fault { refusal, ..Fault::default() });
    let (status, body) = fixture.echo(protocol, "hello").await.unwrap();
    assert!(status == 418 && body.contains("out of order"), "{body}");
    for cut in [Cut::Truncate(2), Cut::Reset] {
        fixture.order(Fault { cut: Some(cut), ..Fault::default() });
        assert!(fixture.echo(protocol, "hello").await.is_err(), "{cut:?}");
    }
    assert_eq!(fixture.echo(protocol, "hello").await.unwrap().0, 200);
    let faults = fixture.context.world.journal.entries().into_iter().map(|it| it.fault);
    let named = ["code", "truncate", "reset"].map(|name| Some(name.to_owned()));
    assert_eq!(faults.collect::<Vec<_>>(), [&named[..], &[None]].concat());
}

#[rstest]
#[case("1", (418, "DeadlineExceeded"))]
#[case("3", (200, "hello"))]
#[tokio::test(start_paused = true)]
async fn a_deadline_ends_a_delay(
    #[values(Protocol::Http1, Protocol::Http2)] protocol: Protocol,
    #[case] patience: &'static str,
    #[case] (status, body): (u16, &str),
) {
    let fixture = fixture();
    fixture.order(Fault { delay: Duration::from_secs(2), ..Fault::default() });
    let mut request = post("/echo", "hello");
    request.headers_mut().insert("patience", patience.parse().unwrap());
    assert_eq!(fixture.ask(protocol, request).await.unwrap(), (status, body.to_owned()));
}

#[tokio::test]
async fn a_handler_that_takes_long_does_not_stop_others() {
    let fixture = fixture();
    // All of this runs on one thread, which a slow handler in line would block for ever.
    let slow = fixture.ask(Protocol::Http1, post("/slow", ""));
    let quick = async {
        assert_eq!(fixture.echo(Protocol::Http1, "hello").await.unwrap().0, 200);
        fixture.release.send(()).unwrap();
    };
    let (slow, ()) = tokio::join!(biased; slow, quick);
    assert_eq!(slow.unwrap().0, 200);
}

#[rstest]
#[case("/", "others go on, a reset waits")]
#[case("/alone", "others wait, a reset waits")]
#[tokio::test]
async fn an_exclusive_request_is_answered_alone(#[case] path: &str, #[case] expected: &str) {
    let fixture = fixture();
    let answer = fixture.ask(Protocol::Http1, post(path, "")).await.unwrap();
    assert_eq!(answer, (200, expected.to_owned()));
    assert_eq!(fixture.context.world.journal.entries().len(), 0);
}
