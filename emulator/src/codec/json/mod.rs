//! JSON bodies: read as kube-apiserver reads them, written as it writes them.

mod decode;
mod encode;
mod errors;
mod plain;
mod strings;
mod syntax;
#[cfg(test)]
mod tests;
mod value;
mod walk;

pub use {decode::decode, encode::encode, syntax::check};
pub(in crate::codec) use {
    decode::{StrictError, decode_text, named},
    encode::write_string,
};
