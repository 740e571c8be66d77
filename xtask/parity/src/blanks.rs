//! What a scenario has learned from one server: tokens and uids, by the step that they came from.

use {
    crate::token,
    regex::Regex,
    serde_json::Value,
    std::{collections::BTreeMap, sync::LazyLock},
};

/// Names that servers make of the prefixes that requests have.
static GENERATED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(gen-|Bad_|x\.y|-)[bcdfghjklmnpqrstvwxz2456789]{5}$")
        .expect("the pattern was written with care")
});

/// The values that fill the blanks of requests to one server.
#[derive(Debug, Clone)]
pub(crate) struct Blanks {
    /// Where the server listens: host and port.
    pub(crate) address: String,
    values: BTreeMap<String, String>,
    /// What was filled in, so that it can be named again in an answer.
    pub(crate) filled: Vec<(String, String)>,
    /// Names that a server made up, likewise.
    pub(crate) generated: Vec<(String, String)>,
}

impl Blanks {
    /// Those of a scenario that begins, with its own prefix for names.
    pub(crate) fn new(address: &str, prefix: &str) -> Self {
        let values = BTreeMap::from([
            ("ns".to_owned(), prefix.to_owned()),
            ("address".to_owned(), address.to_owned()),
        ]);
        let address = address.to_owned();
        Self { address, values, filled: Vec::new(), generated: Vec::new() }
    }

    /// Keeps what an answer says that later requests may use.
    pub(crate) fn learn(&mut self, step: usize, body: &[u8]) {
        let Ok(answer) = serde_json::from_slice::<Value>(body) else { return };
        for (name, pointer) in [
            ("token", "/status/token"),
            ("uid", "/metadata/uid"),
            ("rv", "/metadata/resourceVersion"),
            ("continue", "/metadata/continue"),
            ("name", "/metadata/name"),
        ] {
            if let Some(text) = answer.pointer(pointer).and_then(Value::as_str) {
                self.values.insert(format!("{name}.{step}"), text.to_owned());
            }
        }
        // What chance made up is named from here on.
        if let Some(token) = self.values.get(&format!("token.{step}")).cloned() {
            self.name(token, format!("token.{step}|"));
        }
        if let Some(name) = answer.pointer("/details/name").and_then(Value::as_str)
            && GENERATED.is_match(name)
        {
            self.generated.push((name.to_owned(), format!("<name.{step}>")));
        }
        let prefix = answer.pointer("/metadata/generateName").and_then(Value::as_str);
        let name = answer.pointer("/metadata/name").and_then(Value::as_str);
        if let (Some(prefix), Some(name)) = (prefix.filter(|it| !it.is_empty()), name)
            && name.len() > prefix.len()
            && name.starts_with(&prefix[..prefix.len().min(50)])
        {
            self.generated.push((name.to_owned(), format!("<name.{step}>")));
        }
    }

    fn name(&mut self, value: String, blank: String) {
        if value.len() <= 8 || self.filled.iter().any(|(known, _)| *known == value) {
            return;
        }
        self.filled.push((value, format!("<{blank}>")));
        // One may be the start of another.
        self.filled.sort_by_key(|(value, _)| usize::MAX - value.len());
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
        if name.starts_with("token") {
            self.name(value.clone(), blank.to_owned());
        }
        value
    }
}
