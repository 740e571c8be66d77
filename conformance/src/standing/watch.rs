//! What holds for every watch: each line is an event, its object is whole, and what has changed since
//! a version is told in its order.

use {
    super::object,
    crate::{
        exchange::Exchange,
        expect::{Context, Mismatch},
    },
    serde_json::Value,
};

/// Where the old paths of watches lie.
const OLD: &str = "/api/v1/watch/";

/// Whether a path, with its query, asks for a watch.
pub(super) fn is_one(path: &str) -> bool {
    path.contains("watch=true") || path.starts_with(OLD)
}

/// What is not as in every watch.
pub(super) fn judge(exchange: &Exchange, context: Context<'_>) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let (path, query) =
        exchange.request.path.split_once('?').unwrap_or((&exchange.request.path, ""));
    let path = match path.strip_prefix(OLD) {
        Some(rest) => collection(&format!("/api/v1/{rest}")),
        None => path.to_owned(),
    };
    let mut last =
        query.split('&').find_map(|it| it.strip_prefix("resourceVersion=")?.parse().ok());
    for line in exchange.answer.body.split(|it| *it == b'\n').filter(|it| !it.is_empty()) {
        let Ok(event) = serde_json::from_slice::<Value>(line) else {
            found.push(Mismatch::must("event", "a line of JSON", "none"));
            continue;
        };
        found.extend(object::event(&path, &event, context));
        let version = &event["object"]["metadata"]["resourceVersion"];
        let version: Option<u64> = version.as_str().and_then(|it| it.parse().ok());
        if let (Some(before), Some(version)) = (last, version) {
            if version <= before {
                let expected = format!("later than {before}");
                found.push(Mismatch::must("event version", expected, version));
            }
            last = Some(version);
        }
    }
    found
}

/// The path of a collection, whose event names the object.
fn collection(path: &str) -> String {
    let slashes = path.matches('/').count();
    match path.rsplit_once('/') {
        Some((collection, _)) if slashes == 6 => collection.to_owned(),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        exchange::{Answer, Api, Request},
        variant::Protocol,
        vars::Vars,
    };

    fn differences(path: &str, lines: &str) -> Vec<String> {
        let exchange = Exchange {
            api: Api::Kubernetes,
            request: Request {
                method: "GET".to_owned(),
                path: path.to_owned(),
                headers: Vec::new(),
                body: bytes::Bytes::new(),
                protocol: Protocol::Http1,
            },
            answer: Answer { status: 200, body: lines.to_owned().into(), ..Answer::default() },
        };
        let vars = Vars::default();
        let context = Context::of(&vars);
        judge(&exchange, context).into_iter().map(|it| it.what).collect()
    }

    #[test]
    fn events_are_whole_and_in_their_order() {
        let event = |kind: &str, version: u32| {
            let event = serde_json::json!({"type": kind, "object": {
                "kind": "ConfigMap", "apiVersion": "v1", "metadata": {
                    "name": "m", "namespace": "ns", "uid": "6f1d1f9e-3c1a-4b8e-9e2e-0d6a2b7c1f00",
                    "resourceVersion": version.to_string(),
                    "creationTimestamp": "2026-01-02T03:04:05Z",
                },
            }});
            format!("{event}\n")
        };
        let path = "/api/v1/namespaces/ns/configmaps?watch=true&resourceVersion=5";
        let both = |a: &str, b: &str| format!("{a}{b}");
        let (sixth, seventh) = (event("ADDED", 6), event("DELETED", 7));
        assert_eq!(differences(path, &both(&sixth, &seventh)), [""; 0]);
        assert_eq!(differences(path, &both(&seventh, &sixth)), ["event version"]);
        assert_eq!(differences(path, &event("added", 6)), ["event object"]);
        assert_eq!(differences(path, "{"), ["event"]);
        let old = "/api/v1/watch/namespaces/ns/configmaps/m?timeoutSeconds=1";
        assert_eq!(differences(old, &sixth), [""; 0]);
        let nameless = sixth.replace("\"name\":\"m\"", "\"name\":7");
        assert_eq!(differences(old, &nameless), ["event object metadata name"]);
    }
}
