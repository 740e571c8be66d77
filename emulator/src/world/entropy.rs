//! Identifiers and random bytes, from the system's generator or, for tests, from a seed.

use {
    aws_lc_rs::{digest, rand},
    std::sync::Mutex,
};

/// Where randomness comes from.
#[derive(Debug, Default)]
pub struct Entropy {
    seeded: Option<Mutex<u64>>,
}

impl Entropy {
    /// Randomness that repeats: the same seed gives the same identifiers in the same order.
    pub fn seeded(seed: u64) -> Self {
        Self { seeded: Some(Mutex::new(seed)) }
    }

    /// Fills a buffer with random bytes.
    pub fn fill(&self, bytes: &mut [u8]) {
        match &self.seeded {
            Some(state) => fill_from(state, bytes),
            None => rand::fill(bytes).expect("the system's random generator answers"),
        }
    }

    /// A random (version 4) UUID, as Kubernetes gives objects and tokens.
    pub fn uuid(&self) -> String {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }
}

fn fill_from(state: &Mutex<u64>, bytes: &mut [u8]) {
    let mut state = state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for chunk in bytes.chunks_mut(32) {
        *state = state.wrapping_add(1);
        let block = digest::digest(&digest::SHA256, &state.to_le_bytes());
        chunk.copy_from_slice(&block.as_ref()[..chunk.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_the_system_does_not() {
        assert_eq!(Entropy::seeded(7).uuid(), Entropy::seeded(7).uuid());
        let system = Entropy::default();
        assert_ne!(system.uuid(), system.uuid());
    }

    #[test]
    fn identifiers_are_version_four() {
        assert_eq!(&Entropy::seeded(1).uuid()[14..15], "4");
    }
}
