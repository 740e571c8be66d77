//! How much of all requests' bodies is in memory at once.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// How many bytes of bodies are kept at once: several of the longest that any API takes, and little
/// enough for a container.
const LIMIT: usize = 64 << 20;

/// What is left for bodies.
#[derive(Debug)]
pub(super) struct Budget {
    left: AtomicUsize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: AtomicUsize::new(LIMIT) }
    }
}

/// What one body has taken; it is given back when this is dropped.
#[derive(Debug)]
pub(super) struct Share {
    budget: Arc<Budget>,
    taken: usize,
}

impl Share {
    /// A share of nothing yet.
    pub(super) fn of(budget: &Arc<Budget>) -> Self {
        Self { budget: Arc::clone(budget), taken: 0 }
    }

    /// Takes more; false when so much is not left.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let less = |left: usize| left.checked_sub(bytes);
        let taken =
            self.budget.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok();
        if taken {
            self.taken += bytes;
        }
        taken
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.left.fetch_add(self.taken, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_given_back() {
        let budget = Arc::<Budget>::default();
        let [mut one, mut other] = [Share::of(&budget), Share::of(&budget)];
        assert!(one.take(LIMIT - 1) && other.take(1) && !other.take(1));
        drop(one);
        assert!(other.take(LIMIT - 1) && !other.take(1));
    }
}
