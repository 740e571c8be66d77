//! JSON bodies: read as kube-apiserver reads them, written as it writes them.

mod decode;
mod encode;
mod strings;
mod syntax;
#[cfg(test)]
mod tests;
mod value;

pub use {decode::decode, encode::encode, syntax::check};
pub(in crate::codec) use {decode::named, encode::write_string};
