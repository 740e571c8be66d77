//! What is judged: a step's request as the variant has it, and its answer.

use {
    super::{Session, Stopped},
    crate::{
        case::{Action, Step},
        encode,
        exchange::{self, Api, Exchange, Request, member},
        google::{clusters::Patience, grpc, schema::Method, transcode},
        target::Side,
        variant::{Protocol, Variant},
    },
    bytes::Bytes,
    serde_json::{Value, json},
};

/// The path of TokenReviews.
pub(super) const REVIEWS: &str = "/apis/authentication.k8s.io/v1/tokenreviews";
/// What the suite calls itself.
const USER_AGENT: &str = concat!("token-conformance/", env!("CARGO_PKG_VERSION"));
/// The media type of gRPC.
const GRPC: &str = "application/grpc";

/// A request before its headers.
struct Draft {
    line: String,
    body: Bytes,
    media_type: &'static str,
    /// Whether it is gRPC, and which method, where there is one.
    grpc: Option<Option<Method>>,
}

impl Session<'_> {
    /// One exchange, or one after another until an operation is done.
    pub(super) async fn exchange(
        &mut self,
        step: &Step,
        action: Action<'_>,
    ) -> Result<Exchange, Stopped> {
        let mut patience = Patience::default();
        loop {
            let exchange = self.exchange_once(step, action).await?;
            let runs = || exchange.answer.value().is_some_and(|it| it["done"] != true);
            let waits = matches!(action, Action::Finish(_)) && exchange.answer.status == 200;
            if !waits || !runs() || !patience.wait().await {
                return Ok(exchange);
            }
            self.meanwhile.push(exchange);
        }
    }

    async fn exchange_once(&self, step: &Step, action: Action<'_>) -> Result<Exchange, Stopped> {
        let draft = self.draft(step, action)?;
        let (method, path) = draft
            .line
            .split_once(' ')
            .ok_or_else(|| Stopped(format!("{} is not a method and a path", draft.line)))?;
        let api = if draft.grpc.is_some() { Api::Google } else { Api::of(path) };
        let side = match api {
            Api::Kubernetes => self.kubernetes()?,
            Api::Google => self.google()?,
        };
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: self.headers(step, side, &draft)?,
            body: draft.body,
            protocol: match draft.grpc {
                Some(_) => Protocol::Http2,
                None => self.variant.protocol(),
            },
        };
        let mut answer = side.send(is_own(step), &request).await?;
        if let Some(method) = &draft.grpc {
            grpc::read(method.as_ref(), &mut answer);
            answer.credentials().iter().for_each(|it| side.secrets.add(it));
        }
        let exchange = Exchange { api, request, answer };
        self.ledger.notice(&exchange);
        Ok(exchange)
    }

    /// Names what the answer holds.
    pub(super) fn capture(&mut self, step: &Step, exchange: &Exchange) -> Result<(), Stopped> {
        let body = exchange.answer.value();
        if step.issue.is_some()
            && let Some(token) = body.as_ref().and_then(|it| member(it, "status.token"))
        {
            self.vars.set("token", token.clone());
        }
        for (name, path) in &step.capture.0 {
            let value = match path.strip_prefix("header ") {
                Some(name) => exchange.answer.header(name).first().map(|it| Value::from(*it)),
                None => body.as_ref().and_then(|it| member(it, path)).cloned(),
            };
            let value = value.ok_or_else(|| Stopped(format!("the answer has no {path}")))?;
            self.vars.set(name, value);
        }
        Ok(())
    }

    fn draft(&self, step: &Step, action: Action<'_>) -> Result<Draft, Stopped> {
        let query = step.query.as_ref().map(|it| self.vars.text(it)).transpose()?;
        let query = query.map(|it| format!("?{it}")).unwrap_or_default();
        let spec = |spec: &Value| Ok::<_, Stopped>(json!({"spec": self.vars.value(spec)?}));
        let body = || step.body.as_ref().map(|it| self.vars.value(it)).transpose();
        match action {
            Action::Issue(it) => {
                let subject = self.vars.text(step.subject.as_deref().unwrap_or("$sa"))?;
                let namespace = self.namespace;
                let line = format!(
                    "POST /api/v1/namespaces/{namespace}/serviceaccounts/{subject}/token{query}"
                );
                self.encoded(step, line, Some("TokenRequest"), Some(spec(it)?))
            }
            Action::Review(it) => {
                let line = format!("POST {REVIEWS}{query}");
                self.encoded(step, line, Some("TokenReview"), Some(spec(it)?))
            }
            Action::Call(name) => self.call(name, &body()?.unwrap_or_else(|| json!({})), &query),
            Action::Exchange(_) | Action::Register(_) | Action::Finish(_) => {
                let (name, message) = self.usual_call(action)?;
                self.call(name, &message, &query)
            }
            Action::Send(line) => {
                let line = format!("{}{query}", self.vars.text(line)?);
                let draft = self.encoded(step, line, None, body()?)?;
                Ok(if exchange::is_grpc(path_of(&draft.line)) { framed(draft) } else { draft })
            }
            _ => Err(Stopped("the step asks nothing".to_owned())),
        }
    }

    fn encoded(
        &self,
        step: &Step,
        line: String,
        kind: Option<&str>,
        body: Option<Value>,
    ) -> Result<Draft, Stopped> {
        let encoding = self.variant.encoding();
        let body = match (&step.text, &step.hex, body) {
            (Some(text), ..) => Bytes::from(self.vars.text(text)?),
            (_, Some(hex), _) => encode::hex(hex).map_err(Stopped)?,
            (_, _, Some(body)) => encode::body(body, kind, encoding).map_err(Stopped)?,
            _ => Bytes::new(),
        };
        Ok(Draft { line, body, media_type: encoding.media_type(), grpc: None })
    }

    /// A method of the Google API, over REST or gRPC.
    fn call(&self, name: &str, message: &Value, query: &str) -> Result<Draft, Stopped> {
        let method = Method::find(name).ok_or_else(|| Stopped(format!("no method is {name}")))?;
        if self.variant == Variant::Grpc {
            let body = grpc::request(&method, message).map_err(Stopped)?;
            let line = format!("POST {}", method.path);
            return Ok(Draft { line, body, media_type: GRPC, grpc: Some(Some(method)) });
        }
        let (mut line, body) = transcode::rest(&method, message).map_err(Stopped)?;
        let query = if line.contains('?') { query.replacen('?', "&", 1) } else { query.to_owned() };
        line.push_str(&query);
        let body = body.map(|it| Bytes::from(it.to_string())).unwrap_or_default();
        Ok(Draft { line, body, media_type: "application/json", grpc: None })
    }

    fn headers(
        &self,
        step: &Step,
        side: &Side,
        draft: &Draft,
    ) -> Result<Vec<(String, String)>, Stopped> {
        let mut headers = vec![("user-agent".to_owned(), USER_AGENT.to_owned())];
        if draft.grpc.is_some() {
            headers.push(("te".to_owned(), "trailers".to_owned()));
        } else {
            headers.push(("accept".to_owned(), draft.media_type.to_owned()));
        }
        if !draft.body.is_empty() || step.text.is_some() {
            headers.push(("content-type".to_owned(), draft.media_type.to_owned()));
        }
        match step.caller.as_deref() {
            None if is_own(step) => headers.extend(side.own_headers()),
            None | Some("anonymous") => {}
            Some(token) => {
                let token = self.vars.text(token)?;
                headers.push(("authorization".to_owned(), format!("Bearer {token}")));
            }
        }
        if step.headers.keys().any(|it| impersonates(it)) {
            headers.retain(|(it, _)| !impersonates(it));
        }
        for (name, value) in &step.headers {
            headers.retain(|(it, _)| !it.eq_ignore_ascii_case(name));
            let values = match self.vars.value(value)? {
                Value::Null => Vec::new(),
                Value::Array(values) => values,
                value => vec![value],
            };
            let text = |it: &Value| it.as_str().map_or_else(|| it.to_string(), str::to_owned);
            headers.extend(values.iter().map(|it| (name.clone(), text(it))));
        }
        Ok(headers)
    }
}

/// Whether the suite asks as itself. A step that says in its headers who asks is not ours.
fn is_own(step: &Step) -> bool {
    let says_who = |name: &String| name.eq_ignore_ascii_case("authorization");
    step.caller.is_none() && !step.headers.keys().any(says_who)
}

fn impersonates(header: &str) -> bool {
    header.get(..12).is_some_and(|it| it.eq_ignore_ascii_case("impersonate-"))
}

/// A request that is sent to a gRPC method as it stands.
fn framed(draft: Draft) -> Draft {
    let method = Method::at(path_of(&draft.line));
    Draft { media_type: GRPC, grpc: Some(method), ..draft }
}

fn path_of(line: &str) -> &str {
    line.split_once(' ').map_or("", |(_, path)| path)
}
