//! Bodies and their encodings: Kubernetes JSON, YAML and protobuf, and content negotiation.
//!
//! An object is a [`serde_json::Value`] in canonical form: its members are those of the schema and
//! no others, bytes are base64 text, times are RFC 3339 text in UTC, quantities are text in their
//! shortest form, and JSON that Go keeps as it came (`fieldsV1`, raw extensions) is its text in a
//! string. What is absent is nil or zero in Go. Everything else (order, what is left out when
//! empty, numbers) is the [`schema`]'s to say.
//!
//! Knows media types and header texts, but no status code.

mod base64;
pub mod carried;
pub mod distinct;
pub mod duration;
pub mod fields;
pub mod json;
#[cfg(test)]
mod mutations;
pub mod negotiate;
pub mod percent;
pub mod protobuf;
pub mod quantity;
pub mod quote;
pub mod schema;
mod target;
pub mod time;
pub mod yaml;

pub use target::{DecodeError, Decoded, FieldValidation, Target};
