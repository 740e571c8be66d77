//! The network's side: listening, one exchange, which API it belongs to. All that is async is here.

pub mod message;
