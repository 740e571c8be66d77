//! HTTP and JSON on the outside, messages on the inside, as `google.api.http` binds them.
//!
//! Knows the grammar of paths, queries and JSON, and descriptors; nothing of this API's methods.

pub(crate) mod bind;
pub(crate) mod form;
pub(crate) mod json;
pub(crate) mod mask;
pub(crate) mod path;
pub(crate) mod query;
pub(crate) mod scalar;
pub(crate) mod system;
pub(crate) mod violation;
pub(crate) mod write;
