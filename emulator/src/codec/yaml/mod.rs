//! YAML bodies: read as `sigs.k8s.io/yaml` and Go's YAML package read them (YAML 1.1), written as
//! they write them.

mod compose;
mod decode;
mod directives;
mod emit;
mod encode;
mod reader;
mod resolve;
mod scalars;
mod scanner;
#[cfg(test)]
mod tests;
mod value;

pub use {
    decode::{decode, to_json},
    encode::encode,
};
