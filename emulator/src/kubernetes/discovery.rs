//! What the server says of itself: discovery, version and health.
//!
//! The documents are those of kube-apiserver v1.37.1, recorded in `discovery.json`.

use {
    crate::{
        kubernetes::{
            aggregated, body,
            exchange::{Exchange, Outcome, Reply},
            health, openapi, openid,
            route::Document,
        },
        world::World,
    },
    serde_json::{Map, Value, json},
    std::sync::LazyLock,
};

/// The documents by their path.
pub(super) static DOCUMENTS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("discovery.json")).expect("the recording is JSON")
});

/// The members of `/version`, in their order.
const VERSION: [&str; 13] = [
    "major",
    "minor",
    "emulationMajor",
    "emulationMinor",
    "minCompatibilityMajor",
    "minCompatibilityMinor",
    "gitVersion",
    "gitCommit",
    "gitTreeState",
    "buildDate",
    "goVersion",
    "compiler",
    "platform",
];

/// The path of the discovery document that these segments lead to.
pub fn find(segments: &[&str]) -> Option<&'static str> {
    if !matches!(segments, [] | ["api" | "apis", ..]) || segments.len() > 3 {
        return None;
    }
    let path = format!("/{}", segments.join("/"));
    DOCUMENTS.get_key_value(&path).map(|(path, _)| path.as_str())
}

/// Whether the server has web services for a group.
pub fn is_group(group: &str) -> bool {
    find(&["apis", group]).is_some()
}

/// Whether the server has a web service for a version of a group.
pub fn is_version(group: &str, version: &str) -> bool {
    find(&["apis", group, version]).is_some()
}

/// Whether a document is also served to methods other than GET.
pub fn takes_any_method(document: Document) -> bool {
    matches!(
        document,
        Document::Health(_) | Document::Check | Document::OpenApiV2 | Document::OpenApiV3
    ) || is_index(document)
}

// The lists of groups and versions are no web services, but handlers of a path.
fn is_index(document: Document) -> bool {
    match document {
        Document::Discovery("/") => true,
        Document::Discovery(path) => path.starts_with("/apis") && path.matches('/').count() < 3,
        _ => false,
    }
}

/// The media types that the router offers for a document; `None` when it looks at none.
pub fn media_types(document: Document) -> Option<&'static [&'static str]> {
    match document {
        Document::Version | Document::OpenIdConfiguration => Some(&["application/json"]),
        Document::Jwks => Some(&["application/jwk-set+json"]),
        Document::Health(_) | Document::Check | Document::OpenApiV2 | Document::OpenApiV3 => None,
        _ if is_index(document) => None,
        Document::Discovery(_) => Some(body::MEDIA_TYPES),
    }
}

/// The media types that the router takes for a document's request; empty when it looks at none.
pub fn consumed(document: Document) -> &'static [&'static str] {
    match document {
        Document::Version => &["application/json"],
        Document::Discovery(_) if !is_index(document) => body::MEDIA_TYPES,
        _ => &[],
    }
}

/// Answers with a document.
pub fn get(exchange: &Exchange<'_>, document: Document) -> Outcome {
    match document {
        Document::Version => Ok(indented(&version())),
        Document::Health(endpoint) => Ok(health::all(endpoint, &exchange.query)),
        Document::Check => Ok(health::one()),
        Document::OpenIdConfiguration => Ok(openid::configuration(exchange)),
        Document::Jwks => Ok(openid::jwks(exchange.world)),
        Document::OpenApiV2 => Ok(openapi::v2(exchange)),
        Document::OpenApiV3 => Ok(openapi::v3(exchange)),
        Document::Discovery("/") => Ok(indented(&paths(exchange.world))),
        Document::Discovery(path) => {
            if let Some(output) = aggregated::accept(exchange, path) {
                return aggregated::get(exchange, path, output);
            }
            let output = body::accept_plain(exchange)?;
            Ok(Reply::Object { status: 200, object: described(exchange, path), output })
        }
    }
}

// Written member by member, since a map would not keep their order.
fn version() -> String {
    let members =
        VERSION.map(|member| format!("  \"{member}\": {}", DOCUMENTS["/version"][member]));
    format!("{{\n{}\n}}", members.join(",\n"))
}

fn paths(world: &World) -> String {
    let listed = |path: &&Value| {
        openid::is_served(world) || !openid::PATHS.iter().any(|openid| *path == openid)
    };
    let paths = DOCUMENTS["/"]["paths"].as_array().map(Vec::as_slice).unwrap_or_default();
    let paths: Vec<_> = paths.iter().filter(listed).map(|path| format!("    {path}")).collect();
    format!("{{\n  \"paths\": [\n{}\n  ]\n}}", paths.join(",\n"))
}

fn described(exchange: &Exchange<'_>, path: &str) -> Value {
    let mut document = DOCUMENTS[path].clone();
    if path == "/api" {
        document["serverAddressByClientCIDRs"] = json!([{
            "clientCIDR": "0.0.0.0/0",
            "serverAddress": openid::external_address(exchange),
        }]);
    }
    document
}

fn indented(body: &str) -> Reply {
    let body = bytes::Bytes::copy_from_slice(body.as_bytes());
    let content_type = "application/json";
    Reply::Document { status: 200, content_type, body, cache_control: None, nosniff: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_the_documents_recorded() {
        for (segments, expected) in [
            (&["api"][..], Some("/api")),
            (&["api", "v1"], Some("/api/v1")),
            (&["apis", "authentication.k8s.io", "v1"], Some("/apis/authentication.k8s.io/v1")),
            (&[], Some("/")),
            (&["api", "v2"], None),
            (&["version"], None),
        ] {
            assert_eq!(find(segments), expected);
        }
    }

    #[test]
    fn the_version_keeps_its_order() {
        assert!(version().starts_with("{\n  \"major\": \"1\",\n  \"minor\": \"37\","));
    }
}
