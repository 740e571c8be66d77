//! The state that both APIs share, and nothing else: clock, randomness, keys, objects, callers,
//! attached clusters, journal. Knows no HTTP; an error here has a name, not a status.

pub mod access_tokens;
pub mod attached_cluster;
pub mod authentications;
pub mod callers;
pub mod changes;
pub mod clock;
pub mod clusters;
pub mod documents;
pub mod entropy;
pub mod expiries;
pub mod identities;
mod index;
pub mod journal;
pub mod key_set;
pub mod keys;
pub mod objects;
pub mod operations;
pub mod settings;
pub mod trusted_keys;

use {
    access_tokens::AccessTokens, authentications::Authentications, callers::Callers, clock::Clock,
    clusters::Clusters, documents::Documents, entropy::Entropy, expiries::Expiries,
    identities::Identities, jiff::Timestamp, journal::Journal, key_set::Keys, objects::Objects,
    operations::Operations, settings::Settings,
};

/// One emulator's whole state. Shared between connections behind an `Arc`; every part locks for
/// itself, and only for a lookup or an insert.
#[derive(Debug)]
pub struct World {
    /// What does not change while the emulator runs.
    pub settings: Settings,
    /// The time, which tests move.
    pub clock: Clock,
    /// When it came to be.
    pub started: Timestamp,
    /// Identifiers and random bytes.
    pub entropy: Entropy,
    /// The uids of what exists from the start.
    pub identities: Identities,
    /// The keys that sign and verify service account tokens.
    pub keys: Keys,
    /// The Kubernetes objects.
    pub objects: Objects,
    /// The objects that are to go at a time.
    pub expiries: Expiries,
    /// Who may call, by bearer token.
    pub callers: Callers,
    /// The authentications that succeeded a moment ago.
    pub authentications: Authentications,
    /// The identities of the flow schema and the priority level that every request falls under.
    pub flow_control: (String, String),
    /// The attached clusters of the Google side.
    pub clusters: Clusters,
    /// What foreign issuers published a while ago.
    pub documents: Documents,
    /// Its long-running operations.
    pub operations: Operations,
    /// Its access tokens.
    pub access_tokens: AccessTokens,
    /// What was asked and answered, newest last.
    pub journal: Journal,
}

impl World {
    /// A world at the system's time.
    pub fn new(settings: Settings, keys: Keys, callers: Callers) -> Self {
        let (entropy, clock) = (Entropy::default(), Clock::default());
        Self {
            flow_control: (entropy.uuid(), entropy.uuid()),
            settings,
            started: clock.now(),
            clock,
            entropy,
            identities: Identities::default(),
            keys,
            objects: Objects::default(),
            expiries: Expiries::default(),
            callers,
            authentications: Authentications::default(),
            clusters: Clusters::default(),
            documents: Documents::default(),
            operations: Operations::default(),
            access_tokens: AccessTokens::default(),
            journal: Journal::default(),
        }
    }

    /// Forgets what clients made: objects, clusters, tokens, the journal. The keys are those from
    /// the start again; callers, settings and the clock stay.
    pub fn reset(&self) {
        self.keys.reset();
        self.objects.clear();
        self.expiries.clear();
        self.authentications.clear();
        self.clusters.clear();
        self.documents.clear();
        self.operations.clear();
        self.access_tokens.clear();
        self.journal.clear();
    }
}
