//! The binary, to come.
