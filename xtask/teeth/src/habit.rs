//! Lies that no single answer shows: what a server does again and again, consistent in itself, so
//! that only another answer, the object or the token gives it away.

use {
    crate::{
        liar::Deceit,
        reply::{self, Part},
        upstream::Upstream,
    },
    bytes::Bytes,
    serde_json::{Value, json},
    std::{
        collections::BTreeMap,
        sync::{Mutex, PoisonError},
    },
    token_conformance::{
        exchange::{Answer, Request},
        token::Token,
    },
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

/// What becomes of answers.
const ACTS: &[(&str, Act)] = &[
    ("gives every token the same id", |_, request, answer, upstream| {
        let id = "00000000-0000-4000-8000-000000000000";
        claims(request, answer, upstream, |claims| claims["jti"] = id.into())
    }),
    ("gives the same token twice", |habit, request, answer, _| {
        let key = issues(request, answer)?;
        habit.repeat(format!("{key}{}", String::from_utf8_lossy(&request.body)), answer)
    }),
    ("lives an hour behind", |_, request, answer, upstream| {
        shift(request, answer, upstream, -3600)
    }),
    ("lives an hour ahead", |_, request, answer, upstream| shift(request, answer, upstream, 3600)),
    ("lets tokens live a second longer", |_, request, answer, upstream| {
        lengthen(request, answer, upstream, 1)
    }),
    ("lets tokens live ten minutes longer", |_, request, answer, upstream| {
        lengthen(request, answer, upstream, 600)
    }),
    ("names another account's uid", |_, request, answer, upstream| {
        let uid = "00000000-0000-4000-8000-000000000001";
        body(request, answer, |it| it["metadata"]["uid"] = uid.into())?;
        claims(request, answer, upstream, |claims| {
            claims["kubernetes.io"]["serviceaccount"]["uid"] = uid.into();
        })
    }),
    ("names another object's uid", |_, request, answer, upstream| {
        let uid = "00000000-0000-4000-8000-000000000002";
        claims(request, answer, upstream, |claims| {
            for kind in ["pod", "secret", "node"] {
                if claims["kubernetes.io"].get(kind).is_some() {
                    claims["kubernetes.io"][kind]["uid"] = uid.into();
                }
            }
        })
    }),
    ("turns audiences round", |_, request, answer, upstream| {
        let turn = |it: &mut Value| it.as_array_mut().into_iter().for_each(|it| it.reverse());
        body(request, answer, |it| {
            turn(&mut it["spec"]["audiences"]);
        })?;
        claims(request, answer, upstream, |claims| {
            turn(&mut claims["aud"]);
        })
    }),
    ("remembers a review whatever the audience", |habit, request, answer, _| {
        let sent = reviews(request, answer)?;
        habit.repeat(sent["spec"]["token"].to_string(), answer)?;
        let mut body = reply::body(answer)?;
        body["spec"] = sent["spec"].clone();
        reply::set_body(answer, &body)
    }),
    ("answers all audiences of a token", |_, request, answer, _| {
        let sent = reviews(request, answer)?;
        let mut body = reply::body(answer)?;
        body["status"].get("audiences")?;
        let token = Token::parse(sent["spec"]["token"].as_str()?)?.claims;
        body["status"]["audiences"] = token["aud"].clone();
        reply::set_body(answer, &body)
    }),
    ("authenticates whatever looks like a token", |_, request, answer, _| {
        yes(request, answer, |_| true)
    }),
    ("authenticates nobody", |_, request, answer, _| {
        let mut body = reviews(request, answer).and_then(|_| reply::body(answer))?;
        body["status"].get("authenticated")?;
        body["status"] = json!({"user": {}, "error": "invalid bearer token"});
        reply::set_body(answer, &body)
    }),
    ("takes anybody's bearer", |_, request, answer, _| {
        (answer.status == 401 && !request.path.contains("/token")).then_some(())?;
        answer.status = 200;
        Some(())
    }),
    ("remembers nothing of details", |_, _, answer, _| {
        let mut body = reply::body(answer).filter(|_| answer.status >= 400)?;
        body.as_object_mut()?.remove("details")?;
        reply::set_body(answer, &body)
    }),
];

/// What becomes of the spec of a request for a token, before it is passed on.
const REWRITES: &[(&str, Rewrite)] = &[
    ("ignores the audiences asked for", |it| drop_member(it, "audiences")),
    ("ignores the lifetime asked for", |it| drop_member(it, "expirationSeconds")),
    ("ignores the object to bind to", |it| drop_member(it, "boundObjectRef")),
    ("ignores the uid of the object to bind to", |it| {
        drop_member(it.get_mut("boundObjectRef")?, "uid")
    }),
];

/// Reasons to refuse a token, which a server may not care for.
const FORGIVEN: &[(&str, &str)] = &[
    ("authenticates what is not its own", "invalid bearer token"),
    ("authenticates by unknown keys", "no keys found"),
    ("authenticates without a signature", "cryptographic primitive"),
    ("authenticates for any audience", "is invalid for the target audiences"),
    ("authenticates for deleted accounts", "serviceaccounts \""),
    ("authenticates for accounts made again", "service account UID"),
    ("authenticates for deleted objects", "has been invalidated"),
    ("authenticates for pods made again", "pod UID"),
    ("authenticates for secrets made again", "secret UID"),
    ("authenticates for nodes made again", "node UID"),
    ("authenticates the expired", "has expired"),
    ("authenticates too early", "not valid yet"),
];

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

fn is_issue(request: &Request) -> bool {
    request.path.split('?').next().is_some_and(|it| it.ends_with("/token"))
}

/// The path of an answer with a token.
fn issues<'a>(request: &'a Request, answer: &Answer) -> Option<&'a str> {
    (is_issue(request) && answer.status == 201).then_some(request.path.as_str())
}

/// What a review was asked.
fn reviews(request: &Request, answer: &Answer) -> Option<Value> {
    let is_review = request.path.contains("/tokenreviews") && answer.status == 201;
    is_review.then(|| request.value()).flatten()
}

fn body(request: &Request, answer: &mut Answer, alter: impl FnOnce(&mut Value)) -> Option<()> {
    issues(request, answer)?;
    let mut body = reply::body(answer)?;
    alter(&mut body);
    reply::set_body(answer, &body)
}

fn claims(
    request: &Request,
    answer: &mut Answer,
    upstream: &Upstream,
    alter: impl FnOnce(&mut Value),
) -> Option<()> {
    issues(request, answer)?;
    let mut claims = reply::token(answer, Part::Claims)?;
    alter(&mut claims);
    reply::set_token(answer, Part::Claims, &claims, &*upstream.sign)
}

/// All times of an answer and its token, by as much.
fn shift(request: &Request, answer: &mut Answer, upstream: &Upstream, by: i64) -> Option<()> {
    body(request, answer, |it| {
        move_time(&mut it["metadata"]["creationTimestamp"], by);
        move_time(&mut it["status"]["expirationTimestamp"], by);
    })?;
    claims(request, answer, upstream, |claims| {
        for name in ["iat", "nbf", "exp"] {
            claims[name] = claims[name].as_i64().map(|it| it + by).into();
        }
    })
}

fn lengthen(request: &Request, answer: &mut Answer, upstream: &Upstream, by: i64) -> Option<()> {
    body(request, answer, |it| {
        it["spec"]["expirationSeconds"] =
            it["spec"]["expirationSeconds"].as_i64().map(|it| it + by).into();
        move_time(&mut it["status"]["expirationTimestamp"], by);
    })?;
    claims(request, answer, upstream, |claims| {
        claims["exp"] = claims["exp"].as_i64().map(|it| it + by).into();
    })
}

/// Moves a time within its day, by way of its hour, minute and second.
fn move_time(time: &mut Value, by: i64) {
    let Some(text) = time.as_str().filter(|it| it.len() == 20) else { return };
    let part = |at: usize| text[at..at + 2].parse::<i64>().unwrap_or_default();
    let seconds = (part(11) * 3600 + part(14) * 60 + part(17) + by).rem_euclid(86_400);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    *time = format!("{}{hour:02}:{minute:02}:{second:02}Z", &text[..11]).into();
}

/// Says yes to a token that was refused for a reason.
fn yes(request: &Request, answer: &mut Answer, forgives: impl Fn(&str) -> bool) -> Option<()> {
    let sent = reviews(request, answer)?;
    let mut body = reply::body(answer)?;
    let error = body["status"]["error"].as_str().filter(|it| forgives(it)).map(str::to_owned);
    error?;
    let token = Token::parse(sent["spec"]["token"].as_str()?).map(|it| it.claims);
    let own = token.map(|it| it["kubernetes.io"].clone()).unwrap_or_default();
    let text = |it: &Value| it.as_str().unwrap_or("x").to_owned();
    let (namespace, name) = (text(&own["namespace"]), text(&own["serviceaccount"]["name"]));
    let audiences = match &sent["spec"]["audiences"] {
        Value::Array(asked) => asked.clone(),
        _ => vec!["https://kubernetes.default.svc.cluster.local".into()],
    };
    body["status"] = json!({
        "authenticated": true,
        "user": {
            "username": format!("system:serviceaccount:{namespace}:{name}"),
            "uid": text(&own["serviceaccount"]["uid"]),
            "groups": [
                "system:serviceaccounts",
                format!("system:serviceaccounts:{namespace}"),
                "system:authenticated",
            ],
        },
        "audiences": audiences,
    });
    reply::set_body(answer, &body)
}

/// Says yes where the reason that goes with the habit was given.
fn forgive(habit: &Habit, request: &Request, answer: &mut Answer, _: &Upstream) -> Option<()> {
    let (_, reason) = FORGIVEN.iter().find(|(name, _)| *name == habit.name)?;
    yes(request, answer, |error| error.contains(reason))
}

/// Repeats the spec as it was sent, whatever became of it.
fn echo(_: &Habit, request: &Request, answer: &mut Answer, _: &Upstream) -> Option<()> {
    let sent = request.value()?;
    body(request, answer, |it| {
        for (name, value) in sent["spec"].as_object().into_iter().flatten() {
            it["spec"][name] = value.clone();
        }
    })
}

fn drop_member(value: &mut Value, name: &str) -> Option<()> {
    value.as_object_mut()?.remove(name).map(|_| ())
}
