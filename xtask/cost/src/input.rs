//! One kind of input: how it is prepared, and how it is sent in a size.

use crate::{
    Result,
    client::{Client, Request},
};

/// A kind of input.
pub(crate) struct Input {
    pub(crate) name: &'static str,
    /// How many of what it is about the smaller one has.
    pub(crate) size: usize,
    /// What the emulator is started with.
    pub(crate) flags: &'static [&'static str],
    /// What it has to be answered, so that it is known to get where it is meant to.
    pub(crate) status: u16,
    /// Makes what it needs, which is not counted.
    pub(crate) prepare: fn(&Client, usize) -> Result,
    /// What is sent.
    pub(crate) request: fn(usize) -> Request,
}

impl Input {
    /// One that needs nothing.
    pub(crate) const fn new(
        name: &'static str,
        status: u16,
        request: fn(usize) -> Request,
    ) -> Self {
        Self { name, size: 1000, flags: &[], status, prepare: |_, _| Ok(()), request }
    }

    /// The same with something to be made first.
    pub(crate) const fn after(self, prepare: fn(&Client, usize) -> Result) -> Self {
        Self { prepare, ..self }
    }

    /// The same in another size.
    pub(crate) const fn sized(self, size: usize) -> Self {
        Self { size, ..self }
    }

    /// The same where roles and bindings decide.
    pub(crate) const fn under_rbac(self) -> Self {
        Self { flags: &["--authorization-mode=RBAC"], ..self }
    }
}
