//! A clock that can be moved, before a server whose own cannot: instead of the clock, the times of
//! the tokens that are asked about are moved the other way, and signed again with the server's key.
//! What a server knows of the times of its objects is left as it is.

use {
    crate::reply::{self, Signer},
    bytes::Bytes,
    serde_json::{Value, json},
    std::{
        sync::atomic::{AtomicI64, Ordering},
        time::Duration,
    },
    token_conformance::exchange::{Answer, Request},
    token_emulator::config::duration,
};

/// Where an emulator's clock is found.
const PLACE: &str = "/_emulator/v1/clock";

/// How long a real server takes to learn of its own deletions, with room to spare.
const SETTLE: Duration = Duration::from_millis(100);

/// By how many seconds it is ahead.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    ahead: AtomicI64,
}

impl Clock {
    /// What is answered to who asks for the clock.
    pub(crate) fn answer(&self, request: &Request) -> Option<Answer> {
        (request.path == PLACE).then_some(())?;
        let by = request.value().and_then(|it| duration::signed(it["advance"].as_str()?).ok());
        self.ahead.fetch_add(by.unwrap_or_default().as_secs(), Ordering::Relaxed);
        let now = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(self.ahead());
        let body = Bytes::from(json!({"now": now.to_string()}).to_string());
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Some(Answer { status: 200, headers, body, meaning: None })
    }

    /// Moves the token of a review.
    pub(crate) fn ask(&self, request: &mut Request, sign: &Signer) -> Option<()> {
        let (sent, moved) = self.tokens(request, sign)?;
        replace(&mut request.body, &sent, &moved);
        Some(())
    }

    /// Puts the token that was sent in the place of the one that was passed on.
    pub(crate) fn told(&self, asked: &Request, answer: &mut Answer, sign: &Signer) -> Option<()> {
        let (sent, moved) = self.tokens(asked, sign)?;
        replace(&mut answer.body, &moved, &sent);
        Some(())
    }

    /// The token that a request asks about, and the one that is passed on for it.
    fn tokens(&self, request: &Request, sign: &Signer) -> Option<(String, String)> {
        let ahead = Some(self.ahead()).filter(|it| *it != 0)?;
        let sent = request.value()?["spec"]["token"].as_str()?.to_owned();
        let moved = reply::moved(&sent, -ahead, sign)?;
        Some((sent, moved))
    }

    /// Waits after a deletion, as the suite does before a server that has no clock.
    pub(crate) async fn settle(&self, request: &Request) {
        if request.method == "DELETE" {
            tokio::time::sleep(SETTLE).await;
        }
    }

    fn ahead(&self) -> i64 {
        self.ahead.load(Ordering::Relaxed)
    }
}

/// As it stands, so that nothing else of the body is another.
fn replace(body: &mut Bytes, before: &str, after: &str) {
    *body = Bytes::from(String::from_utf8_lossy(body).replace(before, after));
}

/// The claims of a token that are times.
pub(crate) fn times(claims: &mut Value, by: i64) {
    for claim in ["iat", "nbf", "exp"] {
        if let Some(time) = claims[claim].as_i64() {
            claims[claim] = (time + by).into();
        }
    }
    if let Some(time) = claims["kubernetes.io"]["warnafter"].as_i64() {
        claims["kubernetes.io"]["warnafter"] = (time + by).into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_times_of_a_token_are_moved_and_nothing_else() {
        let mut claims = json!({"iat": 1, "exp": 3, "sub": "s", "kubernetes.io": {"warnafter": 2}});
        times(&mut claims, -1);
        let moved = json!({"iat": 0, "exp": 2, "sub": "s", "kubernetes.io": {"warnafter": 1}});
        assert_eq!(claims, moved);
    }
}
