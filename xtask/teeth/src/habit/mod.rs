//! Lies that no single answer shows: what a server does again and again, consistent in itself, so
//! that only another answer, the object or the token gives it away.

mod acts;
mod alter;

use {
    crate::{
        liar::Deceit,
        reply::{self, Part},
        upstream::Upstream,
    },
    acts::{ACTS, FORGIVEN, REWRITES, echo, forgive},
    alter::{body, is_issue, issues, lengthen},
    bytes::Bytes,
    serde_json::Value,
    std::{
        collections::BTreeMap,
        sync::{Mutex, PoisonError},
    },
    token_conformance::exchange::{Answer, Request},
};

/// What a habit does with the answer to a request.
type Act = fn(&Habit, &Request, &mut Answer, &Upstream) -> Option<()>;

/// What it does to the spec of a request before it passes it on.
type Rewrite = fn(&mut Value) -> Option<()>;

/// One habit, and what it remembers.
pub(crate) struct Habit {
    pub(crate) name: &'static str,
    rewrite: Rewrite,
    act: Act,
    memory: Mutex<BTreeMap<String, Answer>>,
}

/// Every habit.
pub(crate) fn all() -> Vec<Habit> {
    let habit = |name, rewrite, act| Habit { name, rewrite, act, memory: Mutex::default() };
    let acts = ACTS.iter().map(|(name, act)| habit(name, |_| None, *act));
    let forgiving = FORGIVEN.iter().map(|(name, _)| habit(name, |_| None, forgive));
    let rewriting = REWRITES.iter().map(|(name, rewrite)| habit(name, *rewrite, echo));
    acts.chain(forgiving).chain(rewriting).collect()
}

/// A cluster that someone manages: its tokens are signed elsewhere, live a day at most, and its
/// documents are hidden. None of that is a lie about a `must`.
pub(crate) fn managed() -> Habit {
    let act: Act = |_, request, answer, upstream| {
        if request.path.starts_with("/.well-known/") || request.path.starts_with("/openid/v1/") {
            *answer = Answer { status: 404, ..Answer::default() };
            return Some(());
        }
        let seconds = reply::body(answer)?["spec"]["expirationSeconds"].as_i64()?;
        issues(request, answer)?;
        let mut header = reply::token(answer, Part::Header)?;
        header["typ"] = "JWT".into();
        reply::set_token(answer, Part::Header, &header, &*upstream.sign)?;
        let over = seconds - DAY;
        if over > 0 {
            lengthen(request, answer, upstream, -over)?;
            let text =
                format!("requested expiration of {seconds} seconds shortened to {DAY} seconds");
            answer.headers.push(("warning".to_owned(), format!("299 - \"{text}\"")));
            let at = reply::token(answer, Part::Claims)?["exp"].as_i64()?;
            body(request, answer, |it| it["status"]["expirationTimestamp"] = written(at).into())?;
        }
        Some(())
    };
    Habit { name: "is managed", rewrite: |_| None, act, memory: Mutex::default() }
}

/// A day in seconds.
const DAY: i64 = 86_400;

/// A time as Kubernetes writes it.
fn written(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map(|it| it.to_string()).unwrap_or_default()
}

impl Habit {
    /// The first answer of a key, again.
    fn repeat(&self, key: String, answer: &mut Answer) -> Option<()> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        match memory.get(&key) {
            Some(before) => answer.clone_from(before),
            None => {
                memory.insert(key, answer.clone());
            }
        }
        Some(())
    }
}

impl Deceit for Habit {
    fn request(&self, request: &mut Request) -> Option<Answer> {
        let mut sent = request.value().filter(|_| is_issue(request))?;
        (self.rewrite)(sent.get_mut("spec")?)?;
        let is_json = request.body.starts_with(b"{");
        if is_json {
            request.body = Bytes::from(sent.to_string());
        }
        None
    }

    fn answer(&self, request: &Request, answer: &mut Answer, upstream: &Upstream) -> bool {
        let before = answer.clone();
        (self.act)(self, request, answer, upstream);
        (before.status, before.body) != (answer.status, answer.body.clone())
    }
}
