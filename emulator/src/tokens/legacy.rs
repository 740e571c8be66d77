//! The tokens that live in Secrets: without an end, without an audience.
//!
//! Source: kubernetes `pkg/serviceaccount/legacy.go`.

use {
    crate::{
        tokens::{
            claims,
            decode::Legacy,
            review::{Error, Identity},
            witness::{Facts, Witness},
        },
        world::{
            World,
            objects::{Kind, Object},
        },
    },
    serde_json::{Value, json},
};

/// The issuer that such tokens name.
pub const ISSUER: &str = "kubernetes/serviceaccount";

/// Why a token of a Secret does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegacyError {
    /// A claim is missing; its short name.
    MissingClaim(&'static str),
    /// `sub` names somebody else than the other claims.
    OtherSubject,
    /// Its Secret is gone or going.
    Invalidated,
    /// Its Secret holds another token.
    OtherToken,
    /// Its service account is going.
    ServiceAccountDeleted {
        /// The service account's namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A service account of that name is there, but not the one that the token knows.
    OtherUid {
        /// The identity of the one that is there.
        found: String,
        /// The one in the token.
        claimed: String,
    },
}

/// A token for a Secret of that name.
pub fn sign(world: &World, account: &Object, secret: &str) -> String {
    let claims = claims(&account.namespace, secret, &account.name, &account.uid);
    claims::sign(&claims, &world.keys.get().signing)
}

/// The claims of such a token.
pub(super) fn claims(namespace: &str, secret: &str, name: &str, uid: &str) -> Value {
    json!({
        "iss": ISSUER,
        "kubernetes.io/serviceaccount/namespace": namespace,
        "kubernetes.io/serviceaccount/secret.name": secret,
        "kubernetes.io/serviceaccount/service-account.name": name,
        "kubernetes.io/serviceaccount/service-account.uid": uid,
        "sub": format!("system:serviceaccount:{namespace}:{name}"),
    })
}

/// The service account of a token whose signature has been verified; without a lookup, as its
/// claims name it.
pub(super) fn check<'a>(
    world: &World,
    token: &str,
    subject: &str,
    claims: &'a Legacy,
    witness: &mut impl Witness,
) -> Result<Identity<'a>, Error> {
    let Legacy { namespace, name, uid, secret } = claims;
    witness.sees("sub", || Facts::new(subject, "the service account of the other claims"));
    for (claim, value) in [
        ("sub", subject),
        ("namespace", namespace),
        ("secretName", secret),
        ("serviceAccountName", name),
        ("serviceAccountUID", uid),
    ] {
        if value.is_empty() {
            return Err(LegacyError::MissingClaim(claim).into());
        }
    }
    let is_valid = is_label(namespace) && is_subdomain(name);
    if !is_valid || subject != format!("system:serviceaccount:{namespace}:{name}") {
        return Err(LegacyError::OtherSubject.into());
    }
    if world.settings.service_account_lookup {
        witness.sees("secret", || {
            Facts::new(format!("{namespace}/{secret}"), "is there, and holds this token")
        });
        check_secret(world, namespace, secret, token)?;
        witness.sees("service account", || {
            let found = format!("{namespace}/{name} of uid {uid}");
            Facts::new(found, "is there, is the same, and is not going")
        });
        check_account(world, namespace, name, uid)?;
    }
    Ok(Identity { namespace, name, uid })
}

// Source: apiserver `pkg/authentication/serviceaccount/util.go`, `SplitUsername`.
fn is_label(name: &str) -> bool {
    name.len() <= 63 && is_part(name)
}

fn is_subdomain(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_part)
}

fn is_part(part: &str) -> bool {
    let ends = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let bytes = part.as_bytes();
    let known = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    ends(bytes.first()) && ends(bytes.last()) && bytes.iter().all(known)
}

fn check_secret(world: &World, namespace: &str, name: &str, token: &str) -> Result<(), Error> {
    let secret = world.objects.get(Kind::Secret, namespace, name);
    let secret = secret.filter(|secret| secret.deletion_timestamp.is_none());
    let secret = secret.ok_or(LegacyError::Invalidated)?;
    if secret.token == token { Ok(()) } else { Err(LegacyError::OtherToken.into()) }
}

fn check_account(world: &World, namespace: &str, name: &str, uid: &str) -> Result<(), Error> {
    let account = world.objects.get(Kind::ServiceAccount, namespace, name);
    let account = account.ok_or_else(|| Error::ServiceAccountNotFound(name.to_owned()))?;
    if account.deletion_timestamp.is_some() {
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        return Err(LegacyError::ServiceAccountDeleted { namespace, name }.into());
    }
    if account.uid != uid {
        let (found, claimed) = (account.uid.clone(), uid.to_owned());
        return Err(LegacyError::OtherUid { found, claimed }.into());
    }
    Ok(())
}

impl From<LegacyError> for Error {
    fn from(error: LegacyError) -> Self {
        Self::Legacy(error)
    }
}
