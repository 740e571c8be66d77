//! Identifiers and random bytes, from the system's generator or, for tests, from a seed.

use {
    aws_lc_rs::{digest, rand},
    std::sync::{Mutex, PoisonError},
};

/// How many random bytes are asked of the system's generator at a time: each call costs it as
/// much as some hundred bytes do.
const RESERVE: usize = 1024;

/// Where randomness comes from.
#[derive(Debug)]
pub struct Entropy {
    source: Mutex<Source>,
}

#[derive(Debug)]
enum Source {
    /// The system's generator, and what is left of the bytes it gave last.
    System(Vec<u8>),
    /// A seed, and how many blocks it gave.
    Seeded(u64),
}

impl Default for Entropy {
    fn default() -> Self {
        Self { source: Mutex::new(Source::System(Vec::new())) }
    }
}

impl Entropy {
    /// Randomness that repeats: the same seed gives the same identifiers in the same order.
    pub fn seeded(seed: u64) -> Self {
        Self { source: Mutex::new(Source::Seeded(seed)) }
    }

    /// Fills a buffer with random bytes.
    pub fn fill(&self, bytes: &mut [u8]) {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *source {
            Source::System(reserve) => fill_from_reserve(reserve, bytes),
            Source::Seeded(state) => fill_from_seed(state, bytes),
        }
    }

    /// A random (version 4) UUID, as Kubernetes gives objects and tokens.
    pub fn uuid(&self) -> String {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }
}

// No byte is given twice: what is given is taken off the reserve.
fn fill_from_reserve(reserve: &mut Vec<u8>, bytes: &mut [u8]) {
    const WORKS: &str = "the system's random generator answers";
    if bytes.len() > RESERVE {
        return rand::fill(bytes).expect(WORKS);
    }
    if reserve.len() < bytes.len() {
        reserve.resize(RESERVE, 0);
        rand::fill(reserve).expect(WORKS);
    }
    let left = reserve.len() - bytes.len();
    bytes.copy_from_slice(&reserve[left..]);
    reserve.truncate(left);
}

fn fill_from_seed(state: &mut u64, bytes: &mut [u8]) {
    for chunk in bytes.chunks_mut(32) {
        *state = state.wrapping_add(1);
        let block = digest::digest(&digest::SHA256, &state.to_le_bytes());
        chunk.copy_from_slice(&block.as_ref()[..chunk.len()]);
    }
}

#[cfg(test)]
mod tests {
    use {super::*, std::collections::HashSet};

    #[test]
    fn a_seed_repeats_and_the_system_does_not() {
        assert_eq!(Entropy::seeded(7).uuid(), Entropy::seeded(7).uuid());
        let system = Entropy::default();
        assert_ne!(system.uuid(), system.uuid());
    }

    #[test]
    fn what_is_given_is_given_once() {
        let system = Entropy::default();
        let given: HashSet<_> = (0..3 * RESERVE / 16).map(|_| system.uuid()).collect();
        assert_eq!(given.len(), 3 * RESERVE / 16);
        let mut long = [0; 2 * RESERVE];
        system.fill(&mut long);
        assert_ne!(long[..RESERVE], long[RESERVE..]);
    }

    #[test]
    fn identifiers_are_version_four() {
        assert_eq!(&Entropy::seeded(1).uuid()[14..15], "4");
    }
}
