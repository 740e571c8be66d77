//! The Google API as a client sees it: one call is a REST request or a gRPC frame.

pub mod asked;
pub mod cluster;
pub mod clusters;
pub mod error;
pub mod form;
pub mod grpc;
pub mod issuer;
pub mod schema;
pub mod transcode;
