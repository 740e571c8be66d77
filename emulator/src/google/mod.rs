//! The GKE Multi-Cloud API, over REST and gRPC.

use crate::{
    server::message::{Answer, Fetched, Request, Response},
    world::World,
};

/// Answers one request of the GKE Multi-Cloud API, or says what has to be fetched first.
pub fn answer(_world: &World, _request: &Request, _fetched: &Fetched) -> Answer {
    Response::new(http::StatusCode::NOT_FOUND, "text/html; charset=UTF-8", "").into()
}

/// Makes one AttachedCluster of the seed.
pub fn seed(_world: &World, _cluster: serde_json::Value) -> Result<(), String> {
    Err("AttachedClusters cannot be seeded yet".to_owned())
}
