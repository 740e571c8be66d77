//! What a request is about: the attributes that authorization sees, and the endpoint that serves it.

use {
    crate::{
        kubernetes::{
            access_review::Subject,
            discovery, health,
            kinds::{self, Resource},
        },
        world::objects::Kind,
    },
    std::borrow::Cow,
};

/// The attributes of a request, as authorization sees them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Attributes<'a> {
    /// `create`, `get`, `list`…; for a path that is no resource, the method in lower case.
    pub verb: Cow<'a, str>,
    /// Whether it is about a resource at all.
    pub is_resource: bool,
    /// The API group; empty for the core group.
    pub group: &'a str,
    /// The namespace; empty at the cluster's scope.
    pub namespace: &'a str,
    /// The resource's plural name.
    pub resource: &'a str,
    /// The subresource; empty for none.
    pub subresource: &'a str,
    /// The object's name; empty for a collection.
    pub name: Cow<'a, str>,
}

/// The endpoints of the API, each with what its path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint<'a> {
    /// `…/serviceaccounts/NAME/token`
    Token {
        /// The service account's namespace.
        namespace: &'a str,
        /// Its name.
        name: &'a str,
    },
    /// `…/pods/NAME/binding`, and `…/bindings`, where the body has the name.
    Binding(&'a str, Option<&'a str>),
    /// `…/pods/NAME/eviction`
    Eviction(&'a str, &'a str),
    /// A review: a resource that is created and never kept.
    Review(Review<'a>),
    /// The objects of a kind, in one namespace or in all.
    Collection(&'static Resource, Option<&'a str>),
    /// The changes of objects, by a path of their own: `/api/v1/watch/…`.
    Watch {
        /// What they are.
        resource: &'static Resource,
        /// Where they are; `None` for everywhere.
        namespace: Option<&'a str>,
        /// The one that is meant; `None` for all.
        name: Option<&'a str>,
    },
    /// One object; the namespace is empty at the cluster's scope.
    Object(&'static Resource, &'a str, &'a str),
    /// The status of an object.
    Status(&'static Resource, &'a str, &'a str),
    /// `…/namespaces/NAME/finalize`
    Finalize(&'a str),
    /// `componentstatuses`: all of them, or one.
    Component(Option<&'a str>),
    /// A document about the server itself.
    Document(Document),
}

impl<'a> Endpoint<'a> {
    /// The name of the object that a subresource belongs to; `None` for what is no subresource.
    pub fn owner(self) -> Option<&'a str> {
        match self {
            Self::Token { name, .. }
            | Self::Eviction(_, name)
            | Self::Status(_, _, name)
            | Self::Finalize(name) => Some(name),
            Self::Binding(_, name) => name,
            _ => None,
        }
    }
}

/// The reviews.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Review<'a> {
    /// `tokenreviews`
    Token,
    /// `selfsubjectreviews`
    SelfSubject,
    /// `selfsubjectrulesreviews`
    Rules,
    /// `subjectaccessreviews` and its like
    Access(Subject<'a>),
}

/// The documents about the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// `/version`
    Version,
    /// `/healthz`, `/livez` and `/readyz`: which of them.
    Health(&'static str),
    /// One check alone: `/healthz/ping`.
    Check,
    /// `/.well-known/openid-configuration`
    OpenIdConfiguration,
    /// `/openid/v1/jwks`
    Jwks,
    /// `/openapi/v2`
    OpenApiV2,
    /// `/openapi/v3`, and all below it.
    OpenApiV3,
    /// A discovery document, by its path.
    Discovery(&'static str),
}

/// Where a path leads.
#[derive(Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// To an endpoint.
    Found(Endpoint<'a>),
    /// Nowhere, though a web service answers for its prefix: a Status says so.
    NotFound,
    /// Nowhere at all: plain text says so.
    Unknown,
}

/// The endpoint that a path's segments lead to.
pub fn route<'a>(segments: &[&'a str]) -> Route<'a> {
    if let Some(document) = document(segments) {
        return Route::Found(Endpoint::Document(document));
    }
    match segments {
        ["api", "v1", parts @ ..] => found(core(parts)),
        ["apis", group, version, parts @ ..] if discovery::is_version(group, version) => {
            found(grouped(group, version, parts))
        }
        ["apis", group, ..] if discovery::is_group(group) => Route::NotFound,
        ["api" | "version", ..]
        | ["openid", "v1", "jwks", ..]
        | [".well-known", "openid-configuration", ..] => Route::NotFound,
        _ => Route::Unknown,
    }
}

fn found(endpoint: Option<Endpoint<'_>>) -> Route<'_> {
    endpoint.map_or(Route::NotFound, Route::Found)
}

fn core<'a>(parts: &[&'a str]) -> Option<Endpoint<'a>> {
    match *parts {
        ["namespaces", namespace, "serviceaccounts", name, "token"] => {
            Some(Endpoint::Token { namespace, name })
        }
        ["namespaces", name, "finalize"] => Some(Endpoint::Finalize(name)),
        ["namespaces", namespace, "bindings"] => Some(Endpoint::Binding(namespace, None)),
        ["namespaces", namespace, "pods", name, "binding"] => {
            Some(Endpoint::Binding(namespace, Some(name)))
        }
        ["namespaces", namespace, "pods", name, "eviction"] => {
            Some(Endpoint::Eviction(namespace, name))
        }
        ["componentstatuses"] => Some(Endpoint::Component(None)),
        ["componentstatuses", name] => Some(Endpoint::Component(Some(name))),
        _ => objects("", "v1", parts),
    }
}

fn grouped<'a>(group: &str, version: &str, parts: &[&'a str]) -> Option<Endpoint<'a>> {
    match (group, parts) {
        ("authentication.k8s.io", ["tokenreviews"]) => Some(Endpoint::Review(Review::Token)),
        ("authentication.k8s.io", ["selfsubjectreviews"]) => {
            Some(Endpoint::Review(Review::SelfSubject))
        }
        ("authorization.k8s.io", ["selfsubjectrulesreviews"]) => {
            Some(Endpoint::Review(Review::Rules))
        }
        ("authorization.k8s.io", parts) => {
            Some(Endpoint::Review(Review::Access(access_review(parts)?)))
        }
        _ => objects(group, version, parts),
    }
}

fn access_review<'a>(parts: &[&'a str]) -> Option<Subject<'a>> {
    match *parts {
        ["selfsubjectaccessreviews"] => Some(Subject::Caller),
        ["subjectaccessreviews"] => Some(Subject::Anybody),
        ["namespaces", namespace, "localsubjectaccessreviews"] => {
            Some(Subject::AnybodyIn(namespace))
        }
        _ => None,
    }
}

fn objects<'a>(group: &str, version: &str, parts: &[&'a str]) -> Option<Endpoint<'a>> {
    let find = |plural: &str| kinds::find(group, version, plural);
    let namespaced = |plural: &str| find(plural).filter(|resource| resource.namespaced);
    let with_status = |it: &&Resource| it.has_status && it.kind != Kind::Vacant;
    match *parts {
        ["watch", ref parts @ ..] => watch(find, parts),
        [plural, name, "status"] => {
            let resource = find(plural).filter(|resource| !resource.namespaced);
            Some(Endpoint::Status(resource.filter(with_status)?, "", name))
        }
        ["namespaces", namespace, plural, name, "status"] => {
            Some(Endpoint::Status(namespaced(plural).filter(with_status)?, namespace, name))
        }
        ["namespaces", namespace, plural] => {
            Some(Endpoint::Collection(namespaced(plural)?, Some(namespace)))
        }
        ["namespaces", namespace, plural, name] => {
            Some(Endpoint::Object(namespaced(plural)?, namespace, name))
        }
        [plural] => Some(Endpoint::Collection(find(plural)?, None)),
        [plural, name] => {
            let resource = find(plural).filter(|resource| !resource.namespaced)?;
            Some(Endpoint::Object(resource, "", name))
        }
        _ => None,
    }
}

fn watch<'a>(
    find: impl Fn(&str) -> Option<&'static Resource>,
    parts: &[&'a str],
) -> Option<Endpoint<'a>> {
    let (plural, namespace, name) = match *parts {
        ["namespaces", namespace, plural] => (plural, Some(namespace), None),
        ["namespaces", namespace, plural, name] => (plural, Some(namespace), Some(name)),
        [plural] => (plural, None, None),
        [plural, name] => (plural, None, Some(name)),
        _ => return None,
    };
    let resource = find(plural)?;
    // One object is named where it is; all can be watched from everywhere.
    let fits = namespace.is_some() == resource.namespaced || (namespace, name) == (None, None);
    fits.then_some(Endpoint::Watch { resource, namespace, name })
}

fn document(segments: &[&str]) -> Option<Document> {
    match segments {
        ["version"] => Some(Document::Version),
        ["index.html"] => Some(Document::Discovery("/")),
        ["healthz"] => Some(Document::Health("healthz")),
        ["livez"] => Some(Document::Health("livez")),
        ["readyz"] => Some(Document::Health("readyz")),
        [endpoint, check @ ..] if health::is_check(endpoint, check) => Some(Document::Check),
        [".well-known", "openid-configuration"] => Some(Document::OpenIdConfiguration),
        ["openid", "v1", "jwks"] => Some(Document::Jwks),
        ["openapi", "v2"] => Some(Document::OpenApiV2),
        ["openapi", "v3", ..] => Some(Document::OpenApiV3),
        _ => discovery::find(segments).map(Document::Discovery),
    }
}
