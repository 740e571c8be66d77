//! A request's path: decoded, cut into segments, and read as authorization and as routing read it.
//!
//! Source: kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go`.

use {
    crate::{
        codec::{carried::carry, negotiate::Query, percent},
        kubernetes::{
            field_selector, names,
            route::{self, Attributes, Route},
        },
    },
    http::Method,
    std::borrow::Cow,
};

/// A request's path, decoded and cut into segments.
#[derive(Debug)]
pub struct Path<'a> {
    /// The path, percent-decoded.
    pub text: &'a str,
    segments: Vec<&'a str>,
}

/// A path with its percent-escapes decoded; `None` when one is broken. What is not UTF-8 then is
/// carried.
pub fn decode(path: &str) -> Option<Cow<'_, str>> {
    if !path.contains('%') {
        return Some(path.into());
    }
    percent::strict(path).map(|bytes| carry(&bytes).into())
}

impl<'a> Path<'a> {
    /// Cuts a decoded path; slashes at its end do not count.
    pub fn new(text: &'a str) -> Self {
        let mut segments = Vec::with_capacity(8);
        segments.extend(text.trim_end_matches('/').split('/').skip(1));
        Self { text, segments }
    }

    /// The endpoint of this path.
    pub fn route(&self) -> Route<'a> {
        route::route(&self.segments)
    }

    /// The attributes of a request with this path; `None` when it ends where a resource has to be.
    pub fn attributes(&self, method: &'a Method, query: &Query) -> Option<Attributes<'a>> {
        // Unlike routing, the attributes also forget slashes at the start.
        let parts = self.segments.iter().position(|part| !part.is_empty());
        let parts = parts.map_or(&[][..], |first| &self.segments[first..]);
        match parts {
            ["api", _, "watch" | "proxy"] | ["apis", _, _, "watch" | "proxy"] => None,
            ["api", _, parts @ ..] if !parts.is_empty() => Some(resource("", parts, method, query)),
            ["apis", group, _, parts @ ..] if !parts.is_empty() => {
                Some(resource(group, parts, method, query))
            }
            _ => {
                let verb = method.as_str().to_lowercase().into();
                Some(Attributes { verb, ..Attributes::default() })
            }
        }
    }
}

fn resource<'a>(
    group: &'a str,
    parts: &[&'a str],
    method: &'a Method,
    query: &Query,
) -> Attributes<'a> {
    // The verb may stand in the path.
    let (told, parts) = match parts {
        ["watch", rest @ ..] if !rest.is_empty() => (Some("watch"), rest),
        ["proxy", rest @ ..] if !rest.is_empty() => (Some("proxy"), rest),
        _ => (None, parts),
    };
    let (namespace, parts) = match parts {
        ["namespaces", namespace, rest @ ..] => match rest {
            [] | ["status" | "finalize", ..] => (*namespace, parts),
            _ => (*namespace, rest),
        },
        _ => ("", parts),
    };
    let part = |index: usize| parts.get(index).copied().unwrap_or("");
    let (resource, name, subresource) = (part(0), part(1), part(2));
    let subresource = if told == Some("proxy") { "" } else { subresource };
    let verb = told.unwrap_or_else(|| verb(method, name, query));
    let name = if told.is_none() && name.is_empty() && matches!(verb, "list" | "watch") {
        Cow::from(named(query))
    } else {
        name.into()
    };
    let verb = Cow::from(verb);
    Attributes { verb, is_resource: true, group, namespace, resource, subresource, name }
}

/// The name that a list is restricted to, if its field selector demands exactly one.
fn named(query: &Query) -> String {
    // Options that cannot be read are no options at all.
    let unread = |name: &str| {
        let text = query.get(name);
        !text.is_empty() && text.parse::<i64>().is_err()
    };
    if unread("limit") || unread("timeoutSeconds") {
        return String::new();
    }
    let terms = field_selector::parse(query.get("fieldSelector")).unwrap_or_default();
    let exact = |term: &field_selector::Term| term.equal && term.field == "metadata.name";
    let name = terms.into_iter().find(exact).map(|term| term.value).unwrap_or_default();
    if names::check_path_segment(&name).is_ok() { name } else { String::new() }
}

fn verb(method: &Method, name: &str, query: &Query) -> &'static str {
    let watch = query.get("watch");
    let watching = || query.has("watch") && watch != "0" && !watch.eq_ignore_ascii_case("false");
    match *method {
        Method::POST => "create",
        Method::GET | Method::HEAD if !name.is_empty() => "get",
        Method::GET | Method::HEAD if watching() => "watch",
        Method::GET | Method::HEAD => "list",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE if name.is_empty() => "deletecollection",
        Method::DELETE => "delete",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_decoded_or_refused() {
        assert_eq!(decode("/a%2Fb").as_deref(), Some("/a/b"));
        assert_eq!(decode("/a"), Some(Cow::Borrowed("/a")));
        assert_eq!(decode("/a%2"), None);
        assert_eq!(decode("/%zz"), None);
    }

    #[test]
    fn authorization_sees_resource_name_and_verb() {
        let attributes = |method: &'static Method, path: &'static str, query: &str| {
            let attributes = Path::new(path).attributes(method, &Query::parse(query)).unwrap();
            let Attributes { verb, namespace, resource, subresource, name, .. } = attributes;
            (
                verb.into_owned(),
                [namespace, resource, subresource].map(str::to_owned),
                name.into_owned(),
            )
        };
        let expected = |verb: &str, place: [&str; 3], name: &str| {
            (verb.to_owned(), place.map(str::to_owned), name.to_owned())
        };
        assert_eq!(
            attributes(&Method::POST, "/api/v1/namespaces/n/serviceaccounts/a/token", ""),
            expected("create", ["n", "serviceaccounts", "token"], "a")
        );
        assert_eq!(
            attributes(&Method::GET, "/api/v1/namespaces/n", ""),
            expected("get", ["n", "namespaces", ""], "n")
        );
        assert_eq!(
            attributes(&Method::GET, "/api/v1/pods", "watch=true"),
            expected("watch", ["", "pods", ""], "")
        );
        assert_eq!(
            attributes(&Method::GET, "/api/v1/pods", "fieldSelector=a%3Db,metadata.name%3Dp"),
            expected("list", ["", "pods", ""], "p")
        );
        assert_eq!(
            attributes(&Method::GET, "/api/v1/watch/namespaces/n/pods/p", "fieldSelector=x"),
            expected("watch", ["n", "pods", ""], "p")
        );
        assert_eq!(Path::new("/api/v1/watch/").attributes(&Method::GET, &Query::parse("")), None);
        assert_eq!(attributes(&Method::HEAD, "/openid/v1/jwks", ""), expected("head", [""; 3], ""));
        assert_eq!(
            attributes(&Method::OPTIONS, "/api/v1/pods", ""),
            expected("", ["", "pods", ""], "")
        );
    }
}
