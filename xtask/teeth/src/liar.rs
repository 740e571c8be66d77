//! A server that passes everything on, and the answers back, except for what it lies about.

use {
    crate::{
        framed,
        front::{self, Front},
        lie::Lie,
        reply,
        telling::Occasion,
        upstream::Upstream,
    },
    bytes::Bytes,
    std::sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    token_conformance::{
        exchange::{Answer, Request},
        variant::Protocol,
    },
    tokio::runtime::Handle,
    wiremock::{Mock, MockServer, Respond, ResponseTemplate, matchers::any},
};

/// A liar that stands before a server.
pub(crate) struct Liar {
    front: Front,
    /// Kept for as long as it is asked.
    _server: MockServer,
    state: Arc<State>,
}

/// What a server does with one exchange: the request may be another than what was sent, the answer
/// another than what came.
pub(crate) trait Deceit: Send + Sync {
    /// Changes a request before it is passed on; an answer when it is not.
    fn request(&self, request: &mut Request) -> Option<Answer>;
    /// Changes an answer; true when it is another now.
    fn answer(&self, request: &Request, answer: &mut Answer, upstream: &Upstream) -> bool;
}

/// What a liar knows, by whichever door he is asked.
pub(crate) struct State {
    upstream: Arc<Upstream>,
    runtime: Handle,
    deceit: Mutex<Option<Arc<dyn Deceit>>>,
    /// How often it lied.
    told: AtomicUsize,
    records: AtomicBool,
    heard: Mutex<Vec<(Request, Answer)>>,
}

struct Responder(Arc<State>);

/// A lie about a kind of answer, and when it is told.
pub(crate) struct Telltale {
    lie: Lie,
    occasion: Occasion,
    /// How many answers of its kind there were.
    seen: AtomicUsize,
}

impl Liar {
    /// Starts one, honest at first.
    pub(crate) async fn start(upstream: Arc<Upstream>) -> Result<Self, String> {
        let state = Arc::new(State {
            upstream,
            runtime: Handle::current(),
            deceit: Mutex::default(),
            told: AtomicUsize::new(0),
            records: AtomicBool::new(false),
            heard: Mutex::default(),
        });
        let server = MockServer::builder().disable_request_recording().start().await;
        Mock::given(any()).respond_with(Responder(Arc::clone(&state))).mount(&server).await;
        let front = front::open(*server.address(), Arc::clone(&state)).await;
        let front = front.map_err(|error| error.to_string())?;
        Ok(Self { front, _server: server, state })
    }

    pub(crate) fn url(&self) -> String {
        self.front.url.clone()
    }

    pub(crate) fn upstream(&self) -> &Upstream {
        &self.state.upstream
    }

    /// Lies in this from now on, or in nothing.
    pub(crate) fn set(&self, deceit: Option<Arc<dyn Deceit>>) {
        self.state.told.store(0, Ordering::Relaxed);
        *self.state.deceit.lock().unwrap_or_else(PoisonError::into_inner) = deceit;
    }

    /// Whether it has lied since.
    pub(crate) fn has_lied(&self) -> bool {
        self.state.told.load(Ordering::Relaxed) > 0
    }

    /// Begins to remember what is asked.
    pub(crate) fn record(&self) {
        self.state.records.store(true, Ordering::Relaxed);
    }

    /// What was asked and answered since.
    pub(crate) fn heard(&self) -> Vec<(Request, Answer)> {
        self.state.records.store(false, Ordering::Relaxed);
        std::mem::take(&mut *self.state.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether a request is one that the suite judges; its preparations do not say who they are.
pub(crate) fn is_judged(request: &Request) -> bool {
    request.headers.iter().any(|(name, _)| name == "user-agent")
}

impl Telltale {
    pub(crate) fn new(lie: Lie, occasion: Occasion) -> Self {
        Self { lie, occasion, seen: AtomicUsize::new(0) }
    }

    fn is_time(&self) -> bool {
        let before = self.seen.fetch_add(1, Ordering::Relaxed);
        self.occasion != Occasion::Second || before == 1
    }
}

impl Deceit for Telltale {
    fn request(&self, _: &mut Request) -> Option<Answer> {
        None
    }

    fn answer(&self, request: &Request, answer: &mut Answer, upstream: &Upstream) -> bool {
        (self.occasion == Occasion::FromTheStart || is_judged(request))
            && reply::kind(request, answer) == self.lie.kind
            && self.is_time()
            && self.lie.about.tell(answer, &*upstream.sign)
    }
}

impl Respond for Responder {
    fn respond(&self, request: &wiremock::Request) -> ResponseTemplate {
        let (sender, receiver) = mpsc::channel();
        let (state, request) = (Arc::clone(&self.0), plain(request));
        self.0.runtime.spawn(async move {
            // Nobody waits any more when the suite has given up.
            let _ = sender.send(state.pass_on(request).await);
        });
        template(receiver.recv().unwrap_or_else(|_| Answer { status: 502, ..Answer::default() }))
    }
}

impl State {
    /// Answers a request, honestly or not.
    pub(crate) async fn pass_on(&self, mut request: Request) -> Answer {
        let deceit = self.deceit.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let asked = request.clone();
        let clock = self.upstream.clock.as_ref();
        if let Some(answer) = clock.and_then(|it| it.answer(&request)) {
            return answer;
        }
        if let Some(answer) = deceit.as_ref().and_then(|it| it.request(&mut request)) {
            self.told.fetch_add(1, Ordering::Relaxed);
            return answer;
        }
        let rewritten = (&asked.path, &asked.headers, &asked.body)
            != (&request.path, &request.headers, &request.body);
        clock.and_then(|it| it.ask(&mut request, &*self.upstream.sign));
        let answered = self.upstream.client.send(&request).await;
        let mut answer = answered.unwrap_or_else(|_| Answer { status: 502, ..Answer::default() });
        if let Some(clock) = clock {
            clock.told(&asked, &mut answer, &*self.upstream.sign);
            clock.settle(&asked).await;
        }
        framed::read(&asked, &mut answer);
        if self.records.load(Ordering::Relaxed) {
            let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            heard.push((asked.clone(), answer.clone()));
        }
        let honest = answer.clone();
        let lied = deceit.is_some_and(|it| it.answer(&asked, &mut answer, &self.upstream));
        let lied = lied && framed::write(&asked, &honest, &mut answer).is_some();
        if !lied {
            answer = honest;
        }
        self.told.fetch_add(usize::from(lied || rewritten), Ordering::Relaxed);
        answer
    }
}

fn plain(request: &wiremock::Request) -> Request {
    let mut path = request.url.path().to_owned();
    if let Some(query) = request.url.query() {
        path = format!("{path}?{query}");
    }
    let between = ["host", "connection", "content-length", "transfer-encoding"];
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = request.headers.iter().filter(|(name, _)| !between.contains(&name.as_str()));
    Request {
        method: request.method.to_string(),
        path,
        headers: headers.map(|(name, it)| (name.to_string(), text(it.as_bytes()))).collect(),
        body: Bytes::from(request.body.clone()),
        protocol: Protocol::Http1,
    }
}

fn template(answer: Answer) -> ResponseTemplate {
    let mut response = ResponseTemplate::new(answer.status);
    let between = ["connection", "content-length", "transfer-encoding", "date"];
    for (name, value) in answer.headers.iter().filter(|(it, _)| !between.contains(&it.as_str())) {
        response = response.append_header(name.as_str(), value.as_str());
    }
    response.set_body_bytes(answer.body.to_vec())
}
