//! Why a token is accepted or not: claim by claim and rule by rule, by the code that decides it.
//! The token comes in a body, so that no log has it, and its signature is never said again.

use {
    crate::{
        api::{Fetch, Fetched},
        control::{
            body,
            error::{self, Error},
        },
        google::{self, Refusal},
        kubernetes::token_review,
        tokens::witness::{Check, Checks},
        world::World,
    },
    base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD},
    bytes::Bytes,
    serde::Deserialize,
    serde_json::{Value, json},
};

const ALLOWED: &str = r#"allowed is {"token": "…"}, and beside it "audiences" (those that a TokenReview would ask for), "cluster" (projects/…/attachedClusters/…, for what the exchange would say) and "audience" (the one that the exchange would ask for)"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    token: String,
    #[serde(default)]
    audiences: Vec<String>,
    cluster: Option<String>,
    audience: Option<String>,
}

/// What a review finds of a token.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Whether it is accepted.
    pub accepted: bool,
    /// What TokenReview says of a token that is not.
    pub error: Option<String>,
    /// Each rule, in the order in which they were applied.
    pub checks: Vec<Check>,
    user: Value,
    audiences: Vec<String>,
}

impl std::fmt::Display for Explanation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let error = self.error.as_deref().unwrap_or("accepted");
        write!(formatter, "{error}")?;
        self.checks.iter().try_for_each(|check| write!(formatter, "\n  {check}"))
    }
}

/// What stops an explanation.
pub(super) enum Stop {
    Error(Error),
    Fetch(Fetch),
}

/// What TokenReview, and the exchange for a cluster if there is one in the question, would say.
pub(super) fn answer(world: &World, body: &Bytes, fetched: &Fetched) -> Result<Value, Stop> {
    // What serde says of a wrong body may hold the token.
    let question: Question = body::read(body).map_err(|error| {
        let error = format!("{}; {ALLOWED}", error::place(&error));
        Stop::Error(Error::BadRequest(error))
    })?;
    let review = review(world, &question.token, &question.audiences);
    let mut answer = json!({
        "token": parts(&question.token),
        "review": {
            "accepted": review.accepted,
            "error": review.error,
            "user": review.user,
            "audiences": review.audiences,
            "checks": shown(&review.checks),
        },
    });
    if question.cluster.is_some() {
        answer["exchange"] = exchange(world, &question, fetched).map_err(Stop::Fetch)?;
    }
    Ok(answer)
}

/// What TokenReview would say for these audiences, or those of the API server if there are none.
pub fn review(world: &World, token: &str, audiences: &[String]) -> Explanation {
    let mut checks = Checks::default();
    match token_review::explain(world, token, audiences, &mut checks) {
        Ok(authenticated) => Explanation {
            accepted: true,
            error: None,
            checks: checks.end(true),
            user: token_review::user(&authenticated.caller),
            audiences: authenticated.audiences,
        },
        Err(error) => Explanation {
            accepted: false,
            error: Some(error),
            checks: checks.end(false),
            user: Value::Null,
            audiences: Vec::new(),
        },
    }
}

fn exchange(world: &World, question: &Question, fetched: &Fetched) -> Result<Value, Fetch> {
    let mut checks = Checks::default();
    let cluster = question.cluster.as_deref().unwrap_or_default();
    let audience = question.audience.as_deref();
    let (token, source) = (&question.token, (world, fetched));
    let verdict = google::explain(source, cluster, token, audience, &mut checks)?;
    let accepted = verdict.is_ok();
    let error = verdict.err().map(|Refusal { code, message, reason }| {
        json!({"code": code, "message": message, "reason": reason})
    });
    Ok(json!({"accepted": accepted, "error": error, "checks": shown(&checks.end(accepted))}))
}

fn shown(checks: &[Check]) -> Value {
    let check = |check: &Check| {
        json!({"rule": check.rule, "holds": check.holds, "found": check.facts.found,
               "wanted": check.facts.wanted})
    };
    checks.iter().map(check).collect()
}

/// Header and claims, as far as they can be read; only to be looked at.
fn parts(token: &str) -> Value {
    let mut parts = token.split('.').map(|part| {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice::<Value>(&bytes).ok()
    });
    json!({"header": parts.next().flatten(), "claims": parts.next().flatten()})
}
