//! The GKE Multi-Cloud API, over REST and gRPC: the wire's side of it. What is done with clusters,
//! operations and tokens is in `world` and `tokens`; what only a double can do is in `control`.
//!
//! No live endpoint of it could be asked. What its protos and public recordings say holds to the
//! letter; the following is our choice:
//! - a project is the same by its id and by its number, and an answer names it as its request
//!   did; the number of a project that is known by its id is made up, always the same;
//! - a subject token that is not accepted is INVALID_ARGUMENT on `subject_token`, with a sentence
//!   and a `reason` of its own; an issuer whose keys cannot be had is FAILED_PRECONDITION;
//! - an `audience` has to be among the subject token's; without one any will do;
//! - a cluster that is STOPPING or in ERROR gets no tokens, and one that is PROVISIONING does;
//! - an operation that is cancelled ends at once; a cluster that was being made is then in ERROR;
//! - `WaitOperation` is UNIMPLEMENTED;
//! - `Alt-Svc` is not sent, since nothing listens where it would point.

mod agent_token;
mod api;
mod attached_clusters;
mod auth;
mod convert;
mod explain;
mod fault;
mod grpc;
mod install_manifest;
mod issuer;
mod names;
mod operations;
mod page;
mod paging;
mod rejection;
mod rest;
mod schema;
mod seed;
mod server_config;
mod service;
mod status;
mod transcode;
mod wire;

pub use {
    api::{MultiCloud, Reflection},
    auth::CLOUD_PLATFORM,
    explain::{Refusal, explain},
    issuer::issuer_of,
    seed::seed,
    status::is_code,
};

use {
    crate::{
        api::{Answer, Fetched, Request},
        world::{World, operations::operation::Failure},
    },
    http::{HeaderMap, header::CONTENT_TYPE},
};

/// Answers one request of the GKE Multi-Cloud API, or says what has to be fetched first.
pub fn answer(world: &World, request: &Request, fetched: &Fetched) -> Answer {
    world.settle_operations();
    if is_grpc(&request.head.headers) {
        grpc::answer(world, request, fetched)
    } else {
        rest::answer(world, request, fetched)
    }
}

/// Whether a request is gRPC, in any of its encodings.
fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

/// Ends a running operation badly, whether its project is named by id or by number. Says whether
/// there is one.
pub fn fail_operation(world: &World, name: &str, failure: Failure) -> bool {
    world.fail_operation(&names::Project::of(name).known(name), failure)
}
