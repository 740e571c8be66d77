//! What no error tells: the credential that it was asked with or about, and why that is none.

use {
    crate::{exchange::Exchange, expect::Mismatch, level::Level},
    regex::Regex,
    serde_json::Value,
    std::sync::LazyLock,
};

/// What is shorter may be a word, and stand in an error for another reason.
const SHORTEST: usize = 20;

/// Words that say why a token is not accepted.
static REASON: LazyLock<Regex> = LazyLock::new(|| {
    let words = r"(?i)audience|signature|cryptograph|no keys|not found|has expired|invalidated|in the future|not valid yet|does not match|been deleted";
    #[expect(clippy::expect_used, reason = "the pattern is ours, and a test compiles it")]
    Regex::new(words).expect("the words are a regular expression")
});

/// What an error tells that it should not.
pub(super) fn judge(exchange: &Exchange) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let (request, answer) = (&exchange.request, &exchange.answer);
    let sent = request.value().unwrap_or_default();
    let answered = answer.value().unwrap_or_default();
    let headers = request.headers.iter();
    let bearers = headers.filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let bearers = bearers.filter_map(|(_, value)| value.split_whitespace().nth(1));
    let reviewed = sent["spec"]["token"].as_str().map(str::trim);
    let tokens: Vec<&str> = bearers.chain(reviewed).filter(|it| it.len() >= SHORTEST).collect();
    let body = String::from_utf8_lossy(&answer.body);
    let said: Vec<&str> = match answer.status {
        400.. => answer.headers.iter().map(|(_, it)| it.as_str()).chain([&*body]).collect(),
        _ => answered["status"]["error"].as_str().into_iter().collect(),
    };
    if said.iter().any(|said| tokens.iter().any(|it| said.contains(it))) {
        found.push(Mismatch::must("answer", "nothing of the token", "the token"));
    }
    if answer.status == 401 {
        found.extend(reason(&answered["message"]));
    }
    found
}

/// A reason for not accepting a bearer. A kube-apiserver tells none; a gateway before it may do so
/// in words of its own.
/// Source: kubernetes `pkg/endpoints/filters/authentication.go` of `k8s.io/apiserver`.
fn reason(message: &Value) -> Option<Mismatch> {
    let told = REASON.find(message.as_str()?)?;
    Some(Mismatch::new(Level::Should, "body message", "nothing of why", told.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        exchange::{Answer, Api, Request},
        variant::Protocol,
    };

    const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl";

    fn levels(status: u16, answered: &str) -> Vec<Level> {
        let exchange = Exchange {
            api: Api::Kubernetes,
            request: Request {
                method: "POST".to_owned(),
                path: "/".to_owned(),
                headers: vec![("authorization".to_owned(), format!("Bearer {TOKEN}"))],
                body: "{}".into(),
                protocol: Protocol::Http1,
            },
            answer: Answer { status, body: answered.to_owned().into(), ..Answer::default() },
        };
        judge(&exchange).into_iter().map(|it| it.level).collect()
    }

    #[test]
    fn an_error_tells_neither_the_token_nor_why_it_is_none() {
        let (none, should, must) = (vec![], vec![Level::Should], vec![Level::Must]);
        for (status, message, wrong) in [
            (401, "Unauthorized", &none),
            (401, "Unauthorized: the token has expired", &should),
            (404, "serviceaccounts \"x\" not found", &none),
            (403, TOKEN, &must),
        ] {
            let answered = serde_json::json!({"message": message}).to_string();
            assert_eq!(levels(status, &answered), *wrong, "{message}");
        }
        for (member, wrong) in [("error", &must), ("token", &none)] {
            let answered = serde_json::json!({"status": {member: TOKEN}}).to_string();
            assert_eq!(levels(201, &answered), *wrong, "{member}");
        }
    }
}
