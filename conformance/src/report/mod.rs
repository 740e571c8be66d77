//! What a run says of itself.

pub mod junit;
pub mod terminal;
