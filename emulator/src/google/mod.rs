//! Google's side of the wire: the layer that Google's APIs share, and those APIs.
//!
//! The layer is REST as `google.api.http` binds it, gRPC, errors, pages, credentials, projects and
//! long-running operations; it knows an API by its `Service` alone. An API is a folder
//! and a line in `SERVICES`; what only a double can do is in `control`.
//!
//! No live endpoint could be asked. What protos and public recordings say holds to the letter; the
//! following is our choice:
//! - a project is the same by its id and by its number, and an answer names it as its request
//!   did; the number of a project that is known by its id is made up, always the same;
//! - `WaitOperation` is UNIMPLEMENTED;
//! - `Alt-Svc` is not sent, since nothing listens where it would point.

mod auth;
mod clusters;
mod fault;
mod front;
mod grpc;
mod names;
mod operations;
mod page;
mod paging;
mod rest;
mod schema;
#[cfg(test)]
mod second;
mod service;
mod status;
mod transcode;
mod wire;

pub use {
    auth::CLOUD_PLATFORM,
    clusters::{Refusal, explain, issuer_of, seed},
    front::{Google, Reflection},
    status::is_code,
};

use {
    crate::world::{World, operations::operation::Failure},
    service::Service,
};

/// The APIs, in the order in which they are asked for a path or a method.
const SERVICES: &[&Service] = &[
    &clusters::SERVICE,
    #[cfg(test)]
    &second::SERVICE,
];

/// Ends a running operation badly, whether its project is named by id or by number. Says whether
/// there is one.
pub fn fail_operation(world: &World, name: &str, failure: Failure) -> bool {
    world.fail_operation(&names::Project::of(name).known(name), failure)
}
