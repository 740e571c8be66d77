//! What only a double can do, under `/_emulator/v1/`: moving the clock, forgetting the state.

use crate::{
    server::message::{Request, Response},
    world::World,
};

/// Answers one request under `/_emulator/`. `token` is the bearer that it wants, if it wants one.
pub fn answer(_world: &World, _token: Option<&str>, _request: &Request) -> Response {
    Response::new(http::StatusCode::NOT_FOUND, "application/json", "{}")
}
