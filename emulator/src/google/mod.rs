//! The GKE Multi-Cloud API, over REST and gRPC: the wire's side of it. What is done with clusters,
//! operations and tokens is in `world` and `tokens`; what only a double can do is in `control`.
//!
//! No live endpoint of it could be asked. What its protos and public recordings say holds to the
//! letter; the following is our choice:
//! - every name is kept as its client wrote it: a project's id and its number are two projects;
//! - a subject token that is not accepted is INVALID_ARGUMENT on `subject_token`, with a sentence
//!   and a `reason` of its own; an issuer whose keys cannot be had is FAILED_PRECONDITION;
//! - an `audience` has to be among the subject token's; without one any will do;
//! - a cluster that is STOPPING or in ERROR gets no tokens, and one that is PROVISIONING does;
//! - an operation that is cancelled ends at once; a cluster that was being made is then in ERROR;
//! - clusters on AWS and Azure have the emulator's own keys, and are not validated beyond their
//!   types; `WaitOperation` is UNIMPLEMENTED;
//! - `Alt-Svc` is not sent, since nothing listens where it would point.

mod agent_token;
mod attached_clusters;
mod auth;
mod convert;
mod grpc;
mod health;
mod hosted;
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

pub use {auth::CLOUD_PLATFORM, seed::seed};

use crate::{
    server::message::{Answer, Fetched, Request},
    world::World,
};

/// Answers one request of the GKE Multi-Cloud API, or says what has to be fetched first.
pub fn answer(world: &World, request: &Request, fetched: &Fetched) -> Answer {
    world.settle_operations();
    let content_type = request.header("content-type").unwrap_or_default();
    if content_type.starts_with("application/grpc") {
        grpc::answer(world, request, fetched)
    } else {
        rest::answer(world, request, fetched)
    }
}
