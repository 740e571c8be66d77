//! The tokens that live in Secrets: without an end, without an audience.
//!
//! Source: kubernetes `pkg/serviceaccount/legacy.go`.

use {
    crate::{
        tokens::{
            claims,
            parse::Parsed,
            review::{Error, Identity},
        },
        world::{
            World,
            objects::{Kind, Object},
        },
    },
    serde_json::json,
};

/// The issuer that such tokens name.
pub const ISSUER: &str = "kubernetes/serviceaccount";

const PREFIX: &str = "kubernetes.io/serviceaccount/";

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
    let claims = json!({
        "iss": ISSUER,
        "kubernetes.io/serviceaccount/namespace": account.namespace,
        "kubernetes.io/serviceaccount/secret.name": secret,
        "kubernetes.io/serviceaccount/service-account.name": account.name,
        "kubernetes.io/serviceaccount/service-account.uid": account.uid,
        "sub": format!("system:serviceaccount:{}:{}", account.namespace, account.name),
    });
    claims::sign(&claims, &world.keys.get().signing)
}

/// The service account of a token whose signature has been verified; without a lookup, as its
/// claims name it.
pub fn check<'a>(
    world: &World,
    token: &str,
    parsed: &'a Parsed<'_>,
) -> Result<Identity<'a>, Error> {
    let claim = |name: &'static str| match parsed.text(&format!("{PREFIX}{name}")) {
        "" => Err(LegacyError::MissingClaim(short(name))),
        claim => Ok(claim),
    };
    let subject = match parsed.text("sub") {
        "" => return Err(LegacyError::MissingClaim("sub").into()),
        subject => subject,
    };
    let (namespace, secret) = (claim("namespace")?, claim("secret.name")?);
    let (name, uid) = (claim("service-account.name")?, claim("service-account.uid")?);
    if subject != format!("system:serviceaccount:{namespace}:{name}") {
        return Err(LegacyError::OtherSubject.into());
    }
    if world.settings.service_account_lookup {
        check_secret(world, namespace, secret, token)?;
        check_account(world, namespace, name, uid)?;
    }
    Ok(Identity { namespace, name, uid })
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

// What the error calls a claim.
fn short(name: &str) -> &'static str {
    match name {
        "namespace" => "namespace",
        "secret.name" => "secretName",
        "service-account.name" => "serviceAccountName",
        _ => "serviceAccountUID",
    }
}

impl From<LegacyError> for Error {
    fn from(error: LegacyError) -> Self {
        Self::Legacy(error)
    }
}
