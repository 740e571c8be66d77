//! JSON bodies: read as kube-apiserver reads them, written as it writes them.

mod decode;
mod encode;
mod strings;
mod syntax;
#[cfg(test)]
mod tests;
mod value;

pub(in crate::codec) use encode::write_string;
pub use {decode::decode, encode::encode};
