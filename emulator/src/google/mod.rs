//! The GKE Multi-Cloud API, over REST and gRPC: the wire's side of it. What is done with clusters,
//! operations and tokens is in `world` and `tokens`; what only a double can do is in `control`.

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
