//! Google access tokens: those given at start, and those that the exchange minted.
//!
//! Only digests are kept, so that nothing here can be presented as a credential.

use {
    crate::world::entropy::Entropy,
    aws_lc_rs::digest,
    base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD},
    jiff::Timestamp,
    std::{
        collections::{HashMap, VecDeque},
        sync::{Arc, Mutex, MutexGuard, PoisonError},
    },
};

/// How many minted tokens are remembered; then the oldest is forgotten, expired or not.
/// At a hundred bytes each this is two megabytes; README.md tells users.
const MINTED: usize = 20_000;

/// Who a bearer stands for, and what for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grant {
    /// The account: an e-mail address.
    pub principal: String,
    /// The OAuth scopes.
    pub scopes: Vec<String>,
    /// When it ends; `None` for never.
    pub expires: Option<Timestamp>,
}

/// An access token, without its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessToken {
    /// Who it stands for, and what for.
    pub grant: Grant,
    /// The attached cluster that it was minted for; `None` for a token given at start.
    pub cluster: Option<String>,
}

/// The access tokens.
#[derive(Debug, Default)]
pub struct AccessTokens {
    state: Mutex<Store>,
}

type Digest = [u8; 32];

#[derive(Debug, Default)]
struct Store {
    given: HashMap<Digest, Arc<AccessToken>>,
    minted: HashMap<Digest, Arc<AccessToken>>,
    order: VecDeque<Digest>,
}

impl AccessTokens {
    /// Lets a bearer stand for a grant, from the start on.
    pub fn insert(&self, token: impl AsRef<str>, grant: Grant) {
        let digest = digest_of(token.as_ref());
        self.lock().given.insert(digest, Arc::new(AccessToken { grant, cluster: None }));
    }

    /// Mints a token that looks like Google's: `ya29.` and what nobody can read.
    pub fn mint(&self, entropy: &Entropy, now: Timestamp, token: AccessToken) -> String {
        let text = random_text(entropy);
        let digest = digest_of(&text);
        self.lock().remember(digest, now, token);
        text
    }

    /// What a bearer stands for, expired or not; `None` when nobody knows it.
    pub fn get(&self, token: &str) -> Option<Arc<AccessToken>> {
        let digest = digest_of(token);
        let state = self.lock();
        state.given.get(&digest).or_else(|| state.minted.get(&digest)).cloned()
    }

    /// Forgets those that were minted; those given at start stay.
    pub fn clear(&self) {
        let mut state = self.lock();
        state.minted = HashMap::new();
        state.order = VecDeque::new();
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    fn remember(&mut self, digest: Digest, now: Timestamp, token: AccessToken) {
        while self.order.front().is_some_and(|oldest| self.is_spare(oldest, now)) {
            self.order.pop_front().map(|oldest| self.minted.remove(&oldest));
        }
        // Tokens of one cluster and one second share their grant.
        let newest = self.order.back().and_then(|newest| self.minted.get(newest));
        let token = match newest {
            Some(newest) if **newest == token => Arc::clone(newest),
            _ => Arc::new(token),
        };
        self.minted.insert(digest, token);
        self.order.push_back(digest);
    }

    /// An expired token stays for a day, so that its bearer is told that it has expired.
    fn is_spare(&self, digest: &Digest, now: Timestamp) -> bool {
        const DAY: i64 = 24 * 60 * 60;
        let expires = self.minted.get(digest).and_then(|token| token.grant.expires);
        self.order.len() >= MINTED
            || expires.is_some_and(|expires| expires.as_second() + DAY < now.as_second())
    }
}

fn random_text(entropy: &Entropy) -> String {
    let mut bytes = [0; 156];
    entropy.fill(&mut bytes);
    let mut text = String::with_capacity(224);
    text.push_str("ya29.c.c0");
    BASE64_URL_SAFE_NO_PAD.encode_string(bytes, &mut text);
    text
}

fn digest_of(token: &str) -> Digest {
    let digest = digest::digest(&digest::SHA256, token.as_bytes());
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(second: i64) -> AccessToken {
        let expires = Some(Timestamp::from_second(second).unwrap());
        AccessToken { grant: Grant { expires, ..Grant::default() }, cluster: Some("c".into()) }
    }

    #[test]
    fn a_minted_token_is_found_until_the_state_is_cleared() {
        let tokens = AccessTokens::default();
        tokens.insert("given", Grant::default());
        let minted = tokens.mint(&Entropy::default(), Timestamp::UNIX_EPOCH, token(60));
        assert!(minted.starts_with("ya29.") && minted.len() > 200);
        assert_eq!(*tokens.get(&minted).unwrap(), token(60));
        tokens.clear();
        assert_eq!(tokens.get(&minted), None);
        assert!(tokens.get("given").is_some());
    }

    #[test]
    fn the_number_of_minted_tokens_is_bounded() {
        let tokens = AccessTokens::default();
        let entropy = Entropy::seeded(1);
        let first = tokens.mint(&entropy, Timestamp::UNIX_EPOCH, token(60));
        for _ in 0..MINTED {
            tokens.mint(&entropy, Timestamp::UNIX_EPOCH, token(60));
        }
        assert_eq!(tokens.get(&first), None);
        assert_eq!(tokens.lock().minted.len(), MINTED);
        assert_eq!(tokens.lock().order.len(), MINTED);
    }
}
