//! Protobuf bodies: a `runtime.Unknown` behind four magic bytes, and messages as Go's generated
//! code writes them: by number, what is not a pointer always, maps sorted by key.

mod decode;
mod encode;
mod message;
#[cfg(test)]
mod tests;
mod wire;

pub use {
    decode::decode,
    encode::{encode, watch_event},
};

const MAGIC: [u8; 4] = *b"k8s\0";
