//! Authentications that succeeded a moment ago, remembered as kube-apiserver remembers them
//! (`--token-cache-ttl`): per token and audiences, from the first success on.

use {
    crate::world::callers::Caller,
    aws_lc_rs::digest,
    jiff::Timestamp,
    std::{
        collections::HashMap,
        sync::{Arc, Mutex, MutexGuard, PoisonError},
        time::Duration,
    },
};

/// How many are remembered at most.
const CAPACITY: usize = 4_096;

type Key = [u8; 32];

/// Whom a token stands for, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// Whose it is.
    pub caller: Arc<Caller>,
    /// The wanted audiences that it is for, in the order wanted.
    pub audiences: Vec<String>,
}

/// The authentications remembered. Tokens are kept as digests only.
#[derive(Debug, Default)]
pub struct Authentications {
    entries: Mutex<HashMap<Key, (Timestamp, Arc<Authenticated>)>>,
}

impl Authentications {
    /// What is remembered of a token for these audiences.
    pub fn get(&self, now: Timestamp, token: &str, audiences: &[String]) -> Option<Authenticated> {
        if self.lock().is_empty() {
            return None;
        }
        let key = key(token, audiences);
        let (until, authenticated) = self.lock().get(&key).cloned()?;
        (now < until).then(|| Arc::unwrap_or_clone(authenticated))
    }

    /// Remembers a success for a time; no time at all means not to.
    pub fn remember(
        &self,
        now: Timestamp,
        ttl: Duration,
        token: &str,
        audiences: &[String],
        authenticated: &Authenticated,
    ) {
        if ttl.is_zero() {
            return;
        }
        let until = now.saturating_add(ttl).unwrap_or(now);
        let entry = (until, Arc::new(authenticated.clone()));
        let key = key(token, audiences);
        let mut entries = self.lock();
        if entries.len() >= CAPACITY {
            entries.retain(|_, (until, _)| now < *until);
        }
        if entries.len() >= CAPACITY {
            entries.clear();
        }
        entries.insert(key, entry);
    }

    /// Forgets all of them.
    pub fn clear(&self) {
        self.lock().clear();
    }

    // Nothing is hashed or copied while it is held.
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, (Timestamp, Arc<Authenticated>)>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(token: &str, audiences: &[String]) -> Key {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in std::iter::once(token).chain(audiences.iter().map(String::as_str)) {
        context.update(&(part.len() as u64).to_le_bytes());
        context.update(part.as_bytes());
    }
    context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_success_is_remembered_for_its_time_and_its_audiences() {
        let cache = Authentications::default();
        let now = Timestamp::UNIX_EPOCH;
        let authenticated =
            Authenticated { caller: Caller::anonymous().into(), audiences: Vec::new() };
        let ten = Duration::from_secs(10);
        let audiences = ["a".to_owned()];
        cache.remember(now, ten, "t", &audiences, &authenticated);
        assert_eq!(cache.get(now, "t", &audiences), Some(authenticated));
        assert_eq!(cache.get(now, "t", &[]), None);
        assert_eq!(cache.get(now + ten, "t", &audiences), None);
    }
}
