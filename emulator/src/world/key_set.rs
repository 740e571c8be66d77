//! The keys in use, and what becomes of them: one signs, those that verify are published unless
//! they are hidden, and those that were retired do neither.

use {
    crate::world::keys::{Algorithm, SigningKey, VerifyingKey},
    std::sync::{Arc, OnceLock, PoisonError, RwLock},
};

/// How long a relying party may keep the published keys, in seconds, unless told otherwise.
/// Source: kubernetes `pkg/serviceaccount/jwt.go`, `GetCacheAgeMaxSeconds`.
const MAX_AGE: u32 = 3600;

/// How many keys verify at most, and how many retired ones are remembered.
const CAPACITY: usize = 32;

/// The keys in use. They may still be in the making when the server already listens: whoever
/// needs one first waits for it.
#[derive(Debug)]
pub struct Keys {
    /// Those from the start.
    first: Arc<OnceLock<Arc<KeySet>>>,
    /// Those in their place, since somebody has changed them.
    changed: RwLock<Option<Arc<KeySet>>>,
    /// A key that nobody knows, made when one is asked for.
    stray: OnceLock<SigningKey>,
}

/// One signing key and the keys that verify, in the order in which they are published.
#[derive(Debug, Clone)]
pub struct KeySet {
    /// Signs new tokens.
    pub signing: Arc<SigningKey>,
    /// Verify tokens. The signing key is among them only when it is listed.
    pub verifying: Vec<VerifyingKey>,
    /// Verified tokens once, the latest last.
    pub retired: Vec<VerifyingKey>,
    /// How long a relying party may keep the published keys, in seconds.
    pub max_age: u32,
    /// The private halves of all of these, as far as there are any.
    private: Vec<Arc<SigningKey>>,
}

/// Why keys stay as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeysError {
    /// No key that could be meant has that `kid`.
    Unknown(String),
    /// Of the key of that `kid`, nobody has the half that signs.
    NoPrivateHalf(String),
    /// As many keys verify as may.
    TooMany,
}

impl std::fmt::Display for KeysError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown(kid) => write!(formatter, "no such key has kid {kid:?}"),
            Self::NoPrivateHalf(kid) => {
                write!(formatter, "the key of kid {kid:?} has no private half here")
            }
            Self::TooMany => write!(formatter, "{CAPACITY} keys verify already; retire one"),
        }
    }
}

impl std::error::Error for KeysError {}

impl Keys {
    /// Keys that are there.
    pub fn new(set: KeySet) -> Self {
        Self::of(Arc::new(OnceLock::from(Arc::new(set))))
    }

    /// An RSA-2048 key, made on another thread, that signs, verifies and is published.
    pub fn generate() -> Self {
        let first = Arc::new(OnceLock::new());
        let making = Arc::clone(&first);
        std::thread::spawn(move || {
            making.get_or_init(KeySet::generate);
        });
        Self::of(first)
    }

    fn of(first: Arc<OnceLock<Arc<KeySet>>>) -> Self {
        Self { first, changed: RwLock::new(None), stray: OnceLock::new() }
    }

    /// The keys, as soon as they exist.
    pub fn get(&self) -> Arc<KeySet> {
        let changed = self.changed.read().unwrap_or_else(PoisonError::into_inner).clone();
        changed.unwrap_or_else(|| Arc::clone(self.first()))
    }

    // Whoever comes while the key is being made waits for it; had its maker died, this makes it.
    fn first(&self) -> &Arc<KeySet> {
        self.first.get_or_init(KeySet::generate)
    }

    /// A new key signs from now on; those before it still verify.
    pub fn rotate(&self, key: SigningKey) -> Result<(), KeysError> {
        self.change(|set| {
            set.signing = set.add(key)?;
            Ok(())
        })
    }

    /// A new key verifies, and does not sign yet.
    pub fn add(&self, key: SigningKey) -> Result<(), KeysError> {
        self.change(|set| set.add(key).map(drop))
    }

    /// A new key signs and verifies in the place and under the `kid` of the one that signs now,
    /// which is forgotten.
    pub fn replace(&self, key: SigningKey) -> Result<(), KeysError> {
        self.change(|set| {
            let kid = set.signing.public().kid.clone();
            let place = set.verifying.iter().position(|old| old.kid == kid);
            set.verifying.retain(|old| old.kid != kid);
            set.private.retain(|old| old.public().kid != kid);
            set.signing = set.add(key.under(kid))?;
            if let (Some(place), Some(new)) = (place, set.verifying.pop()) {
                set.verifying.insert(place.min(set.verifying.len()), new);
            }
            Ok(())
        })
    }

    /// A key that is there signs from now on; whether it verifies stays as it is.
    pub fn sign_with(&self, kid: &str) -> Result<(), KeysError> {
        self.change(|set| {
            let known = set.verifying.iter().chain(&set.retired).any(|key| key.kid == kid);
            let key = set.private(kid);
            set.signing = key.ok_or_else(|| match known {
                true => KeysError::NoPrivateHalf(kid.to_owned()),
                false => KeysError::Unknown(kid.to_owned()),
            })?;
            Ok(())
        })
    }

    /// What verified under a `kid` verifies no longer, and is not published. A key that signs goes
    /// on signing: tokens that the server itself refuses.
    pub fn retire(&self, kid: &str) -> Result<(), KeysError> {
        self.change(|set| {
            let all = std::mem::take(&mut set.verifying);
            let (gone, left): (Vec<_>, _) = all.into_iter().partition(|key| key.kid == kid);
            set.verifying = left;
            if gone.is_empty() {
                return Err(KeysError::Unknown(kid.to_owned()));
            }
            set.retired.extend(gone);
            Ok(())
        })
    }

    /// JWKS shows a key that verifies, or no longer shows it.
    pub fn publish(&self, kid: &str, published: bool) -> Result<(), KeysError> {
        self.change(|set| {
            let mut keys = set.verifying.iter_mut().filter(|key| key.kid == kid).peekable();
            keys.peek().ok_or_else(|| KeysError::Unknown(kid.to_owned()))?;
            keys.for_each(|key| key.published = published);
            Ok(())
        })
    }

    /// How long a relying party may keep the published keys, in seconds.
    pub fn set_max_age(&self, seconds: u32) {
        // Nothing about it can fail.
        let _ = self.change(|set| {
            set.max_age = seconds;
            Ok(())
        });
    }

    /// Back to the keys from the start.
    pub fn reset(&self) {
        *self.changed.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether they are those from the start.
    pub fn is_changed(&self) -> bool {
        self.changed.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// A key that neither verifies nor is published, and never did: somebody else's.
    pub fn stray(&self) -> &SigningKey {
        self.stray.get_or_init(|| SigningKey::generate(Algorithm::Rs256))
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&mut KeySet) -> Result<T, KeysError>,
    ) -> Result<T, KeysError> {
        let first = Arc::clone(self.first());
        let mut changed = self.changed.write().unwrap_or_else(PoisonError::into_inner);
        let mut draft = KeySet::clone(changed.as_ref().unwrap_or(&first));
        let done = change(&mut draft)?;
        draft.forget();
        *changed = Some(Arc::new(draft));
        Ok(done)
    }
}

/// The same keys from the start; what becomes of them is each one's own.
impl Clone for Keys {
    fn clone(&self) -> Self {
        Self::of(Arc::clone(&self.first))
    }
}

impl KeySet {
    /// A key that signs, verifies and is published.
    pub fn alone(signing: SigningKey) -> Self {
        let verifying = vec![signing.public().clone()];
        Self::new(signing, verifying)
    }

    /// A key that signs, and keys that verify and are published.
    pub fn new(signing: SigningKey, verifying: Vec<VerifyingKey>) -> Self {
        let signing = Arc::new(signing);
        let private = vec![Arc::clone(&signing)];
        Self { signing, verifying, retired: Vec::new(), max_age: MAX_AGE, private }
    }

    fn generate() -> Arc<Self> {
        Arc::new(Self::alone(SigningKey::generate_rsa()))
    }

    /// The keys that JWKS shows, in its order.
    pub fn published(&self) -> impl Iterator<Item = &VerifyingKey> {
        self.verifying.iter().filter(|key| key.published)
    }

    /// The private half of the latest key of that `kid`, whether it still verifies or not.
    pub fn private(&self, kid: &str) -> Option<Arc<SigningKey>> {
        self.private.iter().rfind(|key| key.public().kid == kid).cloned()
    }

    fn add(&mut self, key: SigningKey) -> Result<Arc<SigningKey>, KeysError> {
        if self.verifying.len() >= CAPACITY {
            return Err(KeysError::TooMany);
        }
        let key = Arc::new(key);
        // The same half may come again.
        self.private.retain(|old| !is_same(old.public(), key.public()));
        self.verifying.push(key.public().clone());
        self.private.push(Arc::clone(&key));
        Ok(key)
    }

    /// Forgets the oldest retired keys, and the private halves of what is neither listed nor signs.
    fn forget(&mut self) {
        self.retired.drain(..self.retired.len().saturating_sub(CAPACITY));
        let Self { signing, verifying, retired, private, .. } = self;
        let kept = || verifying.iter().chain(&*retired).chain([signing.public()]);
        private.retain(|half| kept().any(|key| is_same(key, half.public())));
    }
}

/// Whether it is one key under one `kid`: other keys may have that `kid`, too.
fn is_same(one: &VerifyingKey, other: &VerifyingKey) -> bool {
    one.kid == other.kid && one.spki == other.spki
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::generate(Algorithm::Es256)
    }

    fn keys() -> (Keys, String) {
        let first = key();
        let kid = first.public().kid.clone();
        (Keys::new(KeySet::alone(first)), kid)
    }

    fn kids(keys: &[VerifyingKey]) -> Vec<&str> {
        keys.iter().map(|key| key.kid.as_str()).collect()
    }

    #[test]
    fn a_rotation_keeps_the_old_key_until_it_is_retired() {
        let (keys, old) = keys();
        keys.rotate(key().under("new")).unwrap();
        let set = keys.get();
        assert_eq!(kids(&set.verifying), [old.as_str(), "new"]);
        assert_eq!(set.signing.public().kid, "new");
        keys.retire(&old).unwrap();
        let set = keys.get();
        assert_eq!((kids(&set.verifying), kids(&set.retired)), (vec!["new"], vec![old.as_str()]));
        assert!(set.private(&old).is_some());
        assert_eq!(keys.retire(&old), Err(KeysError::Unknown(old.clone())));
        keys.reset();
        assert_eq!(kids(&keys.get().verifying), [old.as_str()]);
    }

    #[test]
    fn a_key_is_published_before_it_signs_or_after() {
        let (keys, old) = keys();
        keys.add(key().under("next").published(false)).unwrap();
        assert_eq!(keys.get().published().count(), 1);
        assert_eq!(keys.get().signing.public().kid, old);
        keys.publish("next", true).unwrap();
        keys.sign_with("next").unwrap();
        assert_eq!(keys.get().published().count(), 2);
        assert_eq!(keys.get().signing.public().kid, "next");
        assert_eq!(keys.sign_with("x"), Err(KeysError::Unknown("x".to_owned())));
        assert_eq!(keys.publish("x", true), Err(KeysError::Unknown("x".to_owned())));
    }

    #[test]
    fn a_key_is_replaced_under_its_kid_and_in_its_place() {
        let (keys, kid) = keys();
        keys.add(key().under("second")).unwrap();
        let old = keys.get();
        keys.replace(key()).unwrap();
        let new = keys.get();
        assert_eq!(kids(&new.verifying), [kid.as_str(), "second"]);
        assert_ne!(new.verifying[0].numbers, old.verifying[0].numbers);
        let signature = new.private(&kid).unwrap().sign(b"message");
        assert!(new.verifying[0].verifies(b"message", &signature));
        assert!(!old.verifying[0].verifies(b"message", &signature));
    }

    #[test]
    fn a_public_half_cannot_sign() {
        let (signing, other) = (key(), key().under("other"));
        let keys = Keys::new(KeySet::new(signing, vec![other.public().clone()]));
        assert_eq!(keys.sign_with("other"), Err(KeysError::NoPrivateHalf("other".to_owned())));
    }

    #[test]
    fn halves_that_share_a_kid_are_forgotten_with_their_keys() {
        let (keys, _) = keys();
        for _ in 0..2 * CAPACITY {
            keys.rotate(key().under("k")).unwrap();
            keys.retire("k").unwrap();
        }
        let set = keys.get();
        assert_eq!((set.retired.len(), set.private.len()), (CAPACITY, CAPACITY + 1));
        assert_eq!(set.private("k").unwrap().public().spki, set.signing.public().spki);
    }

    #[test]
    fn there_are_only_so_many() {
        let (keys, _) = keys();
        for number in 1..CAPACITY {
            keys.add(key().under(number.to_string())).unwrap();
        }
        assert_eq!(keys.add(key()), Err(KeysError::TooMany));
        for number in 1..CAPACITY {
            keys.retire(&number.to_string()).unwrap();
        }
        for number in 0..CAPACITY {
            keys.rotate(key().under(format!("x{number}"))).unwrap_or_default();
            let _ = keys.retire(&format!("x{number}"));
        }
        let set = keys.get();
        assert!(set.retired.len() <= CAPACITY && set.private.len() <= 2 * CAPACITY);
    }

    #[test]
    fn a_copy_has_the_keys_from_the_start_and_changes_alone() {
        let (keys, kid) = keys();
        let copy = keys.clone();
        keys.rotate(key()).unwrap();
        keys.set_max_age(1);
        assert_eq!((kids(&copy.get().verifying), copy.get().max_age), (vec![kid.as_str()], 3600));
    }

    #[test]
    fn keys_whose_maker_died_are_made_by_whoever_needs_them() {
        let first = Arc::new(OnceLock::new());
        let making = Arc::clone(&first);
        let maker = std::thread::spawn(move || {
            making.get_or_init(|| panic!("on purpose"));
        });
        assert!(maker.join().is_err());
        assert_eq!(Keys::of(first).get().verifying.len(), 1);
    }
}
