//! The Kubernetes API: routes, wire types, and the words of its errors.
//!
//! Knows nothing of the Google side, nor of what only a double can do.

pub mod access_review;
pub mod admission;
pub mod aggregated;
mod api;
pub mod attribute_selector;
pub mod authorize;
pub mod body;
pub mod component_status;
pub mod controllers;
pub mod discovery;
pub mod exchange;
pub mod field_selector;
pub mod garbage;
pub mod hash;
pub mod health;
pub mod identify;
pub mod impersonate;
pub mod kinds;
pub mod kubelet;
pub mod label_selector;
pub mod managed_fields;
pub mod metadata;
pub mod names;
pub mod node_restriction;
pub mod objects;
pub mod openapi;
pub mod openid;
mod operation;
pub mod outage;
pub mod path;
pub mod rbac;
pub mod respond;
pub mod review_text;
pub mod route;
pub mod rules_review;
pub mod seed;
pub mod selectable;
pub mod selector;
pub mod self_subject_review;
pub mod served;
pub mod status;
pub mod table;
pub mod token_request;
pub mod token_review;
pub mod web_socket;
pub mod webhook;

use {
    crate::{
        api::{Answer, Request},
        codec::{distinct::Distinct, duration, negotiate::Query},
        world::{World, journal::Summary, objects::Kind},
    },
    exchange::{Exchange, Outcome},
    http::{Method, StatusCode},
    objects::write::{Part, Place},
    path::Path,
    route::{Attributes, Document, Endpoint, Review, Route},
    status::Failure,
    std::sync::Arc,
};

pub use {
    api::Kubernetes,
    seed::{seed, seed_defaults},
};

/// Answers one request of the Kubernetes API.
///
/// The order of the steps is the order in which kube-apiserver's errors win over each other.
pub fn answer(world: &World, request: &Request) -> Answer {
    controllers::tick(world);
    // Go's server itself refuses what it cannot fulfil.
    let expected = request.header("expect").unwrap_or("");
    if !matches!(expected.to_ascii_lowercase().as_str(), "" | "100-continue") {
        return respond::expectation_failed().into();
    }
    if request.head.method == Method::OPTIONS && request.path() == "*" {
        return respond::options().into();
    }
    let Some(decoded) = path::decode(request.path()) else {
        return respond::bad_request().into();
    };
    let path = Path::new(&decoded);
    let mut exchange = Exchange {
        world,
        request,
        query: Query::parse(request.query()),
        attributes: Attributes::default(),
        caller: Arc::default(),
        warnings: Distinct::default().into(),
        summary: Summary::default().into(),
    };
    let answer = judge(&mut exchange, &path);
    answer.about(exchange.summary.take())
}

/// Answers a request whose path can be read.
fn judge<'a>(exchange: &mut Exchange<'a>, path: &Path<'a>) -> Answer {
    let (world, request) = (exchange.world, exchange.request);
    match path.attributes(&request.head.method, &exchange.query) {
        Some(attributes) => exchange.attributes = attributes,
        None => return respond::resourceless(exchange).into(),
    }
    let route = if path.text.starts_with('/') { path.route() } else { Route::Unknown };
    if let Route::Found(endpoint) = &route {
        exchange.summary.get_mut().operation = operation::name(endpoint, &exchange.attributes.verb);
    }
    if let Err(failure) = identify(exchange, path) {
        return respond::unqueued(respond::failure(exchange, &failure)).into();
    }
    exchange.summary.get_mut().caller = Some(Arc::clone(&exchange.caller));
    let (caller, attributes) = (&exchange.caller, &exchange.attributes);
    if let Err(failure) = authorize::authorize(world, caller, attributes, path.text) {
        return respond::failure(exchange, &failure).into();
    }
    let endpoint = match route {
        Route::Unknown => return respond::unknown_path(exchange).into(),
        Route::NotFound if is_of_discovery(path.text) && !openid::is_served(world) => {
            return respond::unknown_path(exchange).into();
        }
        Route::NotFound => return respond::failure(exchange, &Failure::no_route()).into(),
        Route::Found(Endpoint::Document(document)) if !exists(world, document, path.text) => {
            return respond::unknown_path(exchange).into();
        }
        Route::Found(endpoint) => endpoint,
    };
    match serve(exchange, endpoint) {
        Ok(reply) => respond::success(exchange, reply),
        Err(failure) => respond::failure(exchange, &failure).into(),
    }
}

// Timeout, authentication, impersonation: all before the request comes to a queue.
fn identify<'a>(exchange: &mut Exchange<'a>, path: &Path<'a>) -> Result<(), Failure> {
    check_timeout(exchange)?;
    let (caller, warning) = identify::identify(exchange.world, exchange.request);
    if let Some(warning) = warning {
        exchange.warn(warning);
    }
    exchange.caller = impersonate::impersonate(
        exchange.world,
        exchange.request,
        caller?,
        &exchange.attributes,
        path.text,
    )?;
    Ok(())
}

// A valid timeout counts only where a fault or a long handler delays the answer.
fn check_timeout(exchange: &Exchange<'_>) -> Result<(), Failure> {
    let text = exchange.query.get("timeout");
    if text.is_empty() {
        return Ok(());
    }
    duration::parse(text).map(drop).map_err(|error| {
        Failure::bad_request(format!("invalid timeout specified in the request URL - {error}"))
    })
}

/// Whether a path is below those of the discovery of keys.
fn is_of_discovery(path: &str) -> bool {
    path.starts_with("/openid/") || path.starts_with("/.well-known/")
}

fn exists(world: &World, document: Document, path: &str) -> bool {
    match document {
        Document::OpenIdConfiguration | Document::Jwks => openid::is_served(world),
        // These alone do not put up with a slash at the end.
        Document::Health(_) | Document::Check | Document::OpenApiV2 => !path.ends_with('/'),
        _ => true,
    }
}

fn serve(exchange: &Exchange<'_>, endpoint: Endpoint<'_>) -> Outcome {
    if !takes(endpoint, &exchange.request.head.method) {
        return Err(Failure::method_not_allowed());
    }
    if let Endpoint::Document(document) = endpoint {
        body::check_consumed(exchange, discovery::consumed(document))?;
    }
    if exchange.request.head.method == Method::PATCH && !matches!(endpoint, Endpoint::Document(_)) {
        objects::patch::check_router(exchange)?;
    }
    if let Some(produced) = media_types(endpoint, &exchange.request.head.method) {
        body::check_router(exchange, produced)?;
    }
    if endpoint.owner().is_some_and(str::is_empty) {
        return Err(Failure::bad_request("name must be provided"));
    }
    match endpoint {
        Endpoint::Token { namespace, name } => token_request::create(exchange, namespace, name),
        Endpoint::Binding(namespace, name) => objects::binding::bind(exchange, namespace, name),
        Endpoint::Eviction(namespace, name) => objects::evict::evict(exchange, namespace, name),
        Endpoint::Review(Review::Token) => token_review::create(exchange),
        Endpoint::Review(Review::SelfSubject) => self_subject_review::create(exchange),
        Endpoint::Review(Review::Rules) => rules_review::create(exchange),
        Endpoint::Review(Review::Access(subject)) => access_review::create(exchange, subject),
        Endpoint::Finalize(name) => {
            let (resource, part) = (kinds::of(Kind::Namespace), Part::Finalizers);
            change(exchange, &Place { resource, namespace: "", name, part })
        }
        Endpoint::Watch { resource, namespace, name } => {
            objects::watch::watch(exchange, resource, namespace, name)
        }
        Endpoint::Document(document) => discovery::get(exchange, document),
        Endpoint::Component(name) => component_status::get(exchange, name),
        Endpoint::Collection(resource, namespace) => match exchange.request.head.method {
            Method::POST => objects::create::create(exchange, resource, namespace.unwrap_or("")),
            Method::DELETE => objects::collection::delete(exchange, resource, namespace),
            _ if exchange.attributes.verb == "watch" => {
                objects::watch::watch(exchange, resource, namespace, None)
            }
            _ => objects::list::list(exchange, resource, namespace),
        },
        Endpoint::Object(resource, namespace, name) => match exchange.request.head.method {
            Method::DELETE => objects::delete::delete(exchange, resource, namespace, name),
            Method::PUT | Method::PATCH => {
                let part = Part::Whole;
                change(exchange, &Place { resource, namespace, name, part })
            }
            _ => objects::get(exchange, resource, namespace, name),
        },
        Endpoint::Status(resource, namespace, name) => match exchange.request.head.method {
            Method::PUT | Method::PATCH => {
                let part = Part::Status;
                change(exchange, &Place { resource, namespace, name, part })
            }
            _ => objects::get(exchange, resource, namespace, name),
        },
    }
}

fn change(exchange: &Exchange<'_>, place: &Place<'_>) -> Outcome {
    if exchange.request.head.method == Method::PUT {
        objects::update::update(exchange, place)
    } else {
        objects::patch::patch(exchange, place)
    }
}

fn takes(endpoint: Endpoint<'_>, method: &Method) -> bool {
    match endpoint {
        Endpoint::Token { .. }
        | Endpoint::Review(_)
        | Endpoint::Binding(..)
        | Endpoint::Eviction(..) => method == Method::POST,
        Endpoint::Finalize(_) => method == Method::PUT,
        Endpoint::Watch { .. } | Endpoint::Component(_) => method == Method::GET,
        Endpoint::Document(document) => {
            method == Method::GET || discovery::takes_any_method(document)
        }
        // Objects of all namespaces can be listed, but not made.
        Endpoint::Collection(resource, namespace) => {
            let creatable = namespace.is_some() == resource.namespaced;
            let emptied = creatable && resource.kind != Kind::Namespace;
            let creatable = creatable && resource.kind != Kind::Vacant;
            method == Method::GET
                || (method == Method::POST && creatable)
                || (method == Method::DELETE && emptied)
        }
        Endpoint::Object(resource, ..) if resource.kind == Kind::Vacant => {
            matches!(*method, Method::GET | Method::DELETE)
        }
        Endpoint::Object(..) => {
            matches!(*method, Method::GET | Method::PUT | Method::PATCH | Method::DELETE)
        }
        Endpoint::Status(..) => matches!(*method, Method::GET | Method::PUT | Method::PATCH),
    }
}

/// The media types that the router offers; `None` when it looks at none.
fn media_types(endpoint: Endpoint<'_>, method: &Method) -> Option<&'static [&'static str]> {
    match endpoint {
        Endpoint::Watch { .. } | Endpoint::Component(None) => Some(body::LISTED_TYPES),
        Endpoint::Collection(..) if method == Method::GET => Some(body::LISTED_TYPES),
        Endpoint::Document(document) => discovery::media_types(document),
        _ => Some(body::MEDIA_TYPES),
    }
}

/// The status of a number that this adapter itself chose.
fn status_code(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
