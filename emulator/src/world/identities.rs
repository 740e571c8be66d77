//! The uids of objects. They are random, but where a secret is kept, what exists from the start has
//! the same uid in each run, since tokens are bound to it.

use {
    crate::world::World,
    aws_lc_rs::hmac,
    std::sync::atomic::{AtomicBool, Ordering},
};

/// What uids are made from.
#[derive(Debug, Default)]
pub struct Identities {
    key: Option<hmac::Key>,
    planting: AtomicBool,
}

impl Identities {
    /// Uids of the first objects that this secret alone decides.
    pub fn kept(secret: &[u8]) -> Self {
        let key = Some(hmac::Key::new(hmac::HMAC_SHA256, secret));
        Self { key, planting: AtomicBool::new(false) }
    }

    fn of_first(&self, resource: &str, namespace: &str, name: &str) -> Option<String> {
        let key = self.key.as_ref().filter(|_| self.planting.load(Ordering::Relaxed))?;
        // No name has a slash, so that no two objects share a text.
        let text = format!("{resource}/{namespace}/{name}");
        let tag = hmac::sign(key, text.as_bytes());
        let bytes = tag.as_ref().first_chunk().filter(|_| !name.is_empty())?;
        Some(uuid::Builder::from_random_bytes(*bytes).into_uuid().to_string())
    }
}

impl World {
    /// Makes what exists from the start. Nothing else is made meanwhile.
    pub fn plant<T>(&self, plant: impl FnOnce() -> T) -> T {
        let planting = &self.identities.planting;
        let _end = End(planting);
        planting.store(true, Ordering::Relaxed);
        plant()
    }

    /// The uid of an object that is being made.
    pub fn uid(&self, resource: &str, namespace: &str, name: &str) -> String {
        let first = self.identities.of_first(resource, namespace, name);
        first.unwrap_or_else(|| self.entropy.uuid())
    }
}

/// What is made later is not taken for what exists from the start, even if planting has panicked.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::world::{callers::Callers, key_set::Keys, settings::Settings},
        rstest::rstest,
    };

    fn world(identities: Identities) -> World {
        let world = World::new(Settings::default(), Keys::generate(), Callers::default());
        World { identities, ..world }
    }

    #[test]
    fn what_exists_from_the_start_keeps_its_uid_and_what_is_made_later_has_none_of_those() {
        let (first, second) = (world(Identities::kept(b"x")), world(Identities::kept(b"x")));
        let uid = |world: &World| world.uid("secrets", "a", "b");
        let kept = first.plant(|| uid(&first));
        assert_eq!(second.plant(|| uid(&second)), kept);
        assert_eq!((kept.len(), &kept[14..15]), (36, "4"));
        assert_ne!(uid(&first), kept);
    }

    #[rstest]
    #[case(b"x", "secrets", "b", "a")]
    #[case(b"x", "pods", "a", "b")]
    #[case(b"y", "secrets", "a", "b")]
    fn each_object_and_each_secret_has_its_own(
        #[case] secret: &[u8],
        #[case] resource: &str,
        #[case] namespace: &str,
        #[case] name: &str,
    ) {
        let (first, other) = (world(Identities::kept(b"x")), world(Identities::kept(secret)));
        let uid = first.plant(|| first.uid("secrets", "a", "b"));
        assert_ne!(other.plant(|| other.uid(resource, namespace, name)), uid);
    }

    #[test]
    fn without_a_secret_uids_are_random() {
        let world = world(Identities::default());
        let uid = || world.uid("secrets", "a", "b");
        assert_ne!(world.plant(uid), world.plant(uid));
    }
}
