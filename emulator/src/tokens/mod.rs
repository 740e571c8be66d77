//! What is done with tokens: issued, reviewed, exchanged. Knows no HTTP: an error here has a name,
//! not a status.

pub mod claims;
pub mod decode;
mod embedded;
pub mod exchange;
pub mod issue;
pub mod legacy;
pub mod members;
pub mod mint;
pub mod parse;
pub mod review;
pub mod witness;
