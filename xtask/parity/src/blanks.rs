//! What a scenario has learned from one server: tokens and uids, by the step that they came from.

use {crate::token, serde_json::Value, std::collections::BTreeMap};

/// The values that fill the blanks of requests to one server.
#[derive(Debug, Clone)]
pub(crate) struct Blanks {
    /// Where the server listens: host and port.
    pub(crate) address: String,
    values: BTreeMap<String, String>,
    /// What was filled in, so that it can be named again in an answer.
    pub(crate) filled: Vec<(String, String)>,
}

impl Blanks {
    /// Those of a scenario that begins, with its own prefix for names.
    pub(crate) fn new(address: &str, prefix: &str) -> Self {
        let values = BTreeMap::from([("ns".to_owned(), prefix.to_owned())]);
        Self { address: address.to_owned(), values, filled: Vec::new() }
    }

    /// Keeps what an answer says that later requests may use.
    pub(crate) fn learn(&mut self, step: usize, body: &[u8]) {
        let Ok(answer) = serde_json::from_slice::<Value>(body) else { return };
        for (name, pointer) in [
            ("token", "/status/token"),
            ("uid", "/metadata/uid"),
            ("rv", "/metadata/resourceVersion"),
        ] {
            if let Some(text) = answer.pointer(pointer).and_then(Value::as_str) {
                self.values.insert(format!("{name}.{step}"), text.to_owned());
            }
        }
    }

    /// A text with its blanks filled; `{{token.3|kid}}` is that token after a change.
    pub(crate) fn fill(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((name, after)) = after.split_once("}}") else { break };
            out.push_str(before);
            out.push_str(&self.value(name));
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// The same, in every text of a document.
    pub(crate) fn fill_value(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.fill(text).into(),
            Value::Array(items) => items.iter().map(|item| self.fill_value(item)).collect(),
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| (self.fill(name), self.fill_value(value)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }

    fn value(&mut self, blank: &str) -> String {
        let (name, change) = blank.split_once('|').unwrap_or((blank, ""));
        let Some(value) = self.values.get(name) else {
            return format!("no-{}", name.replace('.', "-"));
        };
        let value = token::change(value, change);
        if name != "ns" && value.len() > 8 && !self.filled.iter().any(|(known, _)| *known == value)
        {
            self.filled.push((value.clone(), format!("<{blank}>")));
            // One may be the start of another.
            self.filled.sort_by_key(|(value, _)| usize::MAX - value.len());
        }
        value
    }
}
