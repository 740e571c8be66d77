//! One request, with blanks: names in double braces that each server fills in its own way.

use {
    crate::{blanks::Blanks, protobuf, yaml},
    serde_json::Value,
};

/// A body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Body {
    /// None, and no Content-Length either.
    None,
    /// A document, written as JSON.
    Json(Value),
    /// A document, written as protobuf.
    Protobuf(Value),
    /// Text as it stands.
    Text(String),
    /// A document, written as YAML.
    Yaml(Value),
    /// A document, written as protobuf, then with a byte of it changed: where, in hundredths, and
    /// to what.
    Mangled(Value, usize, u8),
    /// Bytes as they stand.
    Bytes(Vec<u8>),
    /// Not a body but all that is sent, from the first byte, on a connection of its own.
    Wire(String),
}

/// A request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    /// The method, whatever it is.
    pub(crate) method: String,
    /// The path, escaped as it is to be sent.
    pub(crate) path: String,
    /// The parameters of the query, likewise.
    pub(crate) query: Vec<String>,
    /// Headers, in their order; Host and Content-Length come by themselves.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Body,
}

impl Request {
    /// A request of the administrator without a body.
    pub(crate) fn new(method: &str, path: impl Into<String>) -> Self {
        Self {
            method: method.to_owned(),
            path: path.into(),
            query: Vec::new(),
            headers: vec![("Authorization".to_owned(), "Bearer admin-token".to_owned())],
            body: Body::None,
        }
    }

    /// The same with a document as its body.
    pub(crate) fn json(mut self, body: Value) -> Self {
        self.body = Body::Json(body);
        self.header("Content-Type", "application/json")
    }

    /// The same with a header, which replaces one of its name.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with one more parameter of the query.
    pub(crate) fn query(mut self, parameter: &str) -> Self {
        self.query.push(parameter.to_owned());
        self
    }

    /// Whether it says itself what goes over the wire.
    pub(crate) fn is_wire(&self) -> bool {
        matches!(self.body, Body::Wire(_))
    }

    /// What goes over the wire.
    pub(crate) fn bytes(&self, blanks: &mut Blanks) -> Vec<u8> {
        if let Body::Wire(text) = &self.body {
            return latin(&blanks.fill(text));
        }
        let mut path = blanks.fill(&self.path);
        if !self.query.is_empty() {
            path = format!("{path}?{}", blanks.fill(&self.query.join("&")));
        }
        let mut head = format!("{} {path} HTTP/1.1\r\nHost: {}\r\n", self.method, blanks.address);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {}\r\n", blanks.fill(value).replace('\n', "")));
        }
        let body = self.body_bytes(blanks);
        if let Some(body) = &body {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend(body.unwrap_or_default());
        bytes
    }

    fn body_bytes(&self, blanks: &mut Blanks) -> Option<Vec<u8>> {
        Some(match &self.body {
            Body::None => return None,
            Body::Json(value) => blanks.fill_value(value).to_string().into_bytes(),
            Body::Protobuf(value) => protobuf::encode(&blanks.fill_value(value)),
            Body::Text(text) => blanks.fill(text).into_bytes(),
            Body::Yaml(value) => yaml::encode(&blanks.fill_value(value)).into_bytes(),
            Body::Mangled(value, place, byte) => {
                let mut bytes = protobuf::encode(&blanks.fill_value(value));
                let at = 4 + (bytes.len() - 4) * place / 100;
                match bytes.get_mut(at) {
                    Some(found) => *found = *byte,
                    None => bytes.push(*byte),
                }
                bytes
            }
            Body::Bytes(bytes) => bytes.clone(),
            Body::Wire(_) => return None,
        })
    }

    /// The request as it is told.
    pub(crate) fn show(&self) -> String {
        let query = if self.query.is_empty() { "" } else { "?" };
        let mut text = format!("{} {}{query}{}", self.method, self.path, self.query.join("&"));
        for (name, value) in &self.headers {
            text.push_str(&format!("\n  {name}: {value}"));
        }
        match &self.body {
            Body::None => {}
            Body::Json(value) => text.push_str(&format!("\n  {value}")),
            Body::Protobuf(value) => text.push_str(&format!("\n  protobuf of {value}")),
            Body::Text(body) => text.push_str(&format!("\n  {:?}", cut(body, 400))),
            Body::Yaml(value) => text.push_str(&format!("\n  YAML of {value}")),
            Body::Mangled(value, place, byte) => {
                let mangled = format!("protobuf of {value}, at {place} % {byte:#x}");
                text.push_str(&format!("\n  {mangled}"));
            }
            Body::Wire(wire) => text = format!("wire {:?}", cut(wire, 600)),
            Body::Bytes(body) => {
                text.push_str(&format!("\n  bytes {:x?}", &body[..body.len().min(80)]))
            }
        }
        text
    }
}

/// A text with a byte for each character that has one, so that any byte can be written.
fn latin(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        match u8::try_from(u32::from(character)) {
            Ok(byte) => bytes.push(byte),
            Err(_) => bytes.extend(character.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    bytes
}

/// The start of a text.
pub(crate) fn cut(text: &str, length: usize) -> String {
    text.chars().take(length).collect()
}
