//! YAML bodies: read as `sigs.k8s.io/yaml` and Go's YAML package read them (YAML 1.1), written as
//! they write them.

mod compose;
mod decode;
mod emit;
mod encode;
mod reader;
mod resolve;
mod scalars;
mod scanner;
mod value;

pub use {decode::decode, encode::encode};
