//! One request and its answer, as they went over the wire.

use {
    crate::{credentials, protobuf, variant::Protocol},
    bytes::Bytes,
    serde_json::Value,
};

/// The two APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// Kubernetes.
    Kubernetes,
    /// GKE Multi-Cloud.
    Google,
}

/// A request and what came back.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Whose it is.
    pub api: Api,
    /// What was sent.
    pub request: Request,
    /// What came back.
    pub answer: Answer,
}

/// A request, read and written as it stands.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// What carries it.
    pub protocol: Protocol,
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The status; of a gRPC answer, the HTTP status that its code stands for.
    pub status: u16,
    /// The headers, in order, lower-case; then the trailers.
    pub headers: Vec<(String, String)>,
    /// The body, as received.
    pub body: Bytes,
    /// What it means in JSON, where that does not follow from the body alone (gRPC).
    pub meaning: Option<Value>,
}

impl Api {
    /// Whose a path is: one that begins with `v` and a digit is Google's, and so is gRPC.
    pub fn of(path: &str) -> Self {
        let first = path.trim_start_matches('/').as_bytes();
        match first {
            [b'v', b'0'..=b'9', ..] => Self::Google,
            _ if is_grpc(path) => Self::Google,
            _ => Self::Kubernetes,
        }
    }
}

/// Whether a path is a gRPC method's: `/google.longrunning.Operations/GetOperation`.
pub fn is_grpc(path: &str) -> bool {
    path.starts_with("/google.") || path.starts_with("/grpc.")
}

impl Request {
    /// What its body means.
    pub fn value(&self) -> Option<Value> {
        let named = self.headers.iter().find(|(name, _)| name == "content-type");
        value(named.map(|(_, value)| value.as_str()).unwrap_or_default(), &self.body)
    }

    /// What it presents to be let in.
    pub fn credentials(&self) -> impl Iterator<Item = &str> {
        let named = |name: &str| name.to_ascii_lowercase().ends_with("authorization");
        let presented = self.headers.iter().filter(move |(name, _)| named(name));
        presented.map(|(_, value)| value.split_once(' ').map_or(value.as_str(), |(_, it)| it))
    }
}

impl Answer {
    /// The values of a header.
    pub fn header(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(it, _)| it.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// Whether it has a header.
    pub fn has(&self, name: &str) -> bool {
        !self.header(name).is_empty()
    }

    /// The content type without its parameters.
    pub fn media_type(&self) -> &str {
        let value = self.header("content-type").first().copied().unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim()
    }

    /// What the body means, when it is JSON or the same in another encoding.
    pub fn value(&self) -> Option<Value> {
        if self.meaning.is_some() {
            return self.meaning.clone();
        }
        value(self.media_type(), &self.body)
    }

    /// What it gives that lets somebody in.
    pub fn credentials(&self) -> Vec<String> {
        credentials::of(self)
    }
}

fn value(media_type: &str, body: &[u8]) -> Option<Value> {
    match media_type {
        "application/yaml" => serde_saphyr::from_slice(body).ok(),
        "application/vnd.kubernetes.protobuf" => protobuf::decode(body).ok(),
        _ => serde_json::from_slice(body).ok(),
    }
}

/// The member of a value at a dotted path: `status.user.extra`, `keys.0.kid`. A key that has dots
/// itself is found by trying the longest names first.
pub fn member<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    if path.is_empty() {
        return Some(value);
    }
    let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
    let mut ends: Vec<usize> = ends.collect();
    ends.reverse();
    ends.into_iter().find_map(|end| {
        let (name, rest) = path.split_at(end);
        let inner = match value {
            Value::Object(members) => members.get(name)?,
            Value::Array(elements) => elements.get(name.parse::<usize>().ok()?)?,
            _ => return None,
        };
        member(inner, rest.strip_prefix('.').unwrap_or(rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_are_found_through_lists_and_dotted_keys() {
        let value = json!({"a": [{"b.c": {"d": 1}}]});
        assert_eq!(member(&value, "a.0.b.c.d"), Some(&json!(1)));
        assert_eq!(member(&value, "a.1"), None);
    }
}
