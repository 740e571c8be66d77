//! One exchange over gRPC.

use crate::{
    server::message::{Answer, Fetched, Request, Response},
    world::World,
};

/// Answers one request.
pub(crate) fn answer(_world: &World, _request: &Request, _fetched: &Fetched) -> Answer {
    Response::new(http::StatusCode::NOT_IMPLEMENTED, "application/grpc", "").into()
}
