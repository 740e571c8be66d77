//! A scenario: requests in a row, in a namespace of their own, sent to one server after another.

use {
    crate::{
        Result,
        blanks::Blanks,
        client::{Answer, Client},
        names::Names,
        protobuf,
        request::Request,
    },
    serde_json::Value,
    std::{thread, time::Duration},
};

/// How long kube-apiserver's caches are given to see a write.
const SETTLE: Duration = Duration::from_millis(20);

/// Requests in a row; blanks may speak of earlier ones.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    /// The requests.
    pub(crate) steps: Vec<Request>,
}

/// One of the two servers.
pub(crate) struct Side {
    client: Client,
    settles: bool,
}

impl Side {
    /// A server; `settles` when its caches lag behind its writes.
    pub(crate) fn new(client: Client, settles: bool) -> Self {
        Self { client, settles }
    }
}

/// What a scenario has come to on one server.
pub(crate) struct Play {
    blanks: Blanks,
    names: Names,
}

impl Play {
    /// The beginning of one.
    pub(crate) fn new(side: &Side, prefix: &str) -> Self {
        Self { blanks: Blanks::new(&side.client.address, prefix), names: Names::default() }
    }

    /// Sends one request.
    pub(crate) fn step(
        &mut self,
        side: &mut Side,
        index: usize,
        request: &Request,
    ) -> Result<Told> {
        let bytes = request.bytes(&mut self.blanks);
        let answer = if request.is_wire() {
            side.client.wire(&bytes, &request.method)?
        } else {
            side.client.send(&bytes, &request.method)?
        };
        self.blanks.learn(index, &answer.body);
        let wrote = matches!(request.method.as_str(), "POST" | "DELETE" | "PUT" | "PATCH");
        if side.settles && wrote && answer.status < 300 && !request.path.contains("review") {
            thread::sleep(SETTLE);
        }
        Ok(self.tell(&answer))
    }

    fn tell(&mut self, answer: &Answer) -> Told {
        const HEADERS: &[&str] = &[
            "content-type",
            "cache-control",
            "warning",
            "www-authenticate",
            "x-content-type-options",
            "allow",
            "location",
            "retry-after",
            "vary",
        ];
        let mut headers = vec![format!("({})", answer.phrase)];
        for name in HEADERS {
            for value in answer.values(name) {
                headers.push(format!("{name}: {}", self.names.put(value, &self.blanks)));
            }
        }
        if answer.header("audit-id").is_some_and(|value| !value.is_empty()) {
            headers.push("audit-id".to_owned());
        }
        let text = protobuf::read(&answer.body)
            .unwrap_or_else(|| String::from_utf8_lossy(&answer.body).into_owned());
        let body = self.names.put(&rules_sorted(text), &self.blanks);
        Told { status: answer.status, headers, body }
    }
}

/// kube-apiserver lists the rules of a caller in the order of a map, which is chance's.
fn rules_sorted(text: String) -> String {
    if !text.contains("SelfSubjectRulesReview") {
        return text;
    }
    let Ok(mut review) = serde_json::from_str::<Value>(&text) else {
        let mut lines: Vec<&str> = text.lines().map(str::trim).collect();
        lines.sort_unstable();
        return lines.join("\n");
    };
    for member in ["resourceRules", "nonResourceRules"] {
        let rules = review.pointer_mut(&format!("/status/{member}"));
        if let Some(rules) = rules.and_then(Value::as_array_mut) {
            rules.sort_by_key(Value::to_string);
        }
    }
    review.to_string()
}

/// An answer with names put in: what is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// The status.
    pub(crate) status: u16,
    /// The headers that count, name and value.
    pub(crate) headers: Vec<String>,
    /// The body, as text.
    pub(crate) body: String,
}

impl Told {
    /// The answer as it is shown.
    pub(crate) fn show(&self) -> String {
        format!("{} {}\n{}", self.status, self.headers.join(" | "), self.body)
    }
}
