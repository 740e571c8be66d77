//! The Kubernetes API: routes, wire types, and the words of its errors.

use crate::{
    server::message::{Request, Response},
    world::World,
};

/// Answers one request of the Kubernetes API.
pub fn answer(_world: &World, _request: &Request) -> Response {
    Response::new(http::StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "404 page not found\n")
}

/// Makes the objects that a fresh emulator has.
pub fn seed_defaults(_world: &World) {}

/// Makes one object of the seed.
pub fn seed(_world: &World, _object: serde_json::Value) -> Result<(), String> {
    Err("Kubernetes objects cannot be seeded yet".to_owned())
}
