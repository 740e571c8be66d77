//! Who calls: users, groups and extras, and the static bearer tokens that name them.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// An identity, as both TokenReview and authorization see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// The user's name: `admin`, `system:serviceaccount:NS:SA`, `system:anonymous`.
    pub username: String,
    /// The user's identifier; empty when there is none.
    pub uid: String,
    /// The groups, in the order in which the authenticator gives them.
    pub groups: Vec<String>,
    /// What else the authenticator knows (`authentication.kubernetes.io/credential-id`).
    pub extra: BTreeMap<String, Vec<String>>,
}

impl Caller {
    /// The identity of a request without credentials.
    pub fn anonymous() -> Self {
        Self {
            username: "system:anonymous".to_owned(),
            groups: vec!["system:unauthenticated".to_owned()],
            ..Self::default()
        }
    }

    /// Whether the caller is in a group.
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|member| member == group)
    }
}

/// The static bearer tokens (`--token-auth-file`, and the one of the ready file).
#[derive(Default)]
pub struct Callers {
    tokens: HashMap<String, Arc<Caller>>,
}

impl Callers {
    /// Lets a bearer token stand for a caller, who is in `system:authenticated` with it.
    pub fn insert(&mut self, token: String, mut caller: Caller) {
        caller.groups.push("system:authenticated".to_owned());
        self.tokens.insert(token, Arc::new(caller));
    }

    /// Who a bearer token stands for.
    pub fn get(&self, token: &str) -> Option<&Arc<Caller>> {
        self.tokens.get(token)
    }
}

impl std::fmt::Debug for Callers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The keys are bearers.
        formatter.debug_set().entries(self.tokens.values()).finish()
    }
}
