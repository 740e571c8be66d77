//! The keys of a cluster's issuer: handed over with the cluster, the emulator's own, or fetched
//! from where the issuer publishes them.

use {
    super::{
        service::{Context, Stop},
        status::{Code, Status},
    },
    crate::{
        server::message::Fetch,
        tokens::exchange::IssuerKeys,
        world::{clusters::Oidc, keys::KeySet, trusted_keys::TrustedKeys},
    },
    bytes::Bytes,
    serde::Deserialize,
};

/// Keys, wherever they come from.
pub(super) enum Keys<'a> {
    Own(&'a KeySet),
    Given(&'a TrustedKeys),
    Fetched(TrustedKeys),
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl Keys<'_> {
    /// The same, for whoever verifies with them.
    pub(super) fn borrow(&self) -> IssuerKeys<'_> {
        match self {
            Self::Own(keys) => IssuerKeys::Own(keys),
            Self::Given(keys) => IssuerKeys::Published(keys),
            Self::Fetched(keys) => IssuerKeys::Published(keys),
        }
    }
}

/// The keys of a cluster's issuer, or what has to be fetched for them.
pub(super) fn keys<'a>(context: &Context<'a>, oidc: &'a Oidc) -> Result<Keys<'a>, Stop> {
    if !oidc.jwks.is_empty() {
        return if oidc.keys.is_empty() {
            Err(unreachable().into())
        } else {
            Ok(Keys::Given(&oidc.keys))
        };
    }
    if context.world.settings.issuers.contains(&oidc.issuer_url) {
        return Ok(Keys::Own(context.world.keys.get()));
    }
    let base = oidc.issuer_url.strip_suffix('/').unwrap_or(&oidc.issuer_url);
    let discovery = fetch(context, format!("{base}/.well-known/openid-configuration"))?;
    let discovery: Discovery = serde_json::from_slice(discovery).map_err(|_| unreachable())?;
    if discovery.issuer != oidc.issuer_url {
        return Err(unreachable().into());
    }
    let jwks = fetch(context, discovery.jwks_uri)?;
    Ok(Keys::Fetched(TrustedKeys::parse(jwks).map_err(|_| unreachable())?))
}

fn fetch<'a>(context: &Context<'a>, url: String) -> Result<&'a Bytes, Stop> {
    if !url.starts_with("https://") {
        return Err(unreachable().into());
    }
    match context.fetched.get(&url) {
        Some(Ok(document)) => Ok(document),
        Some(Err(_)) => Err(unreachable().into()),
        None => Err(Stop::Fetch(Fetch { url })),
    }
}

fn unreachable() -> Status {
    Status::new(Code::FailedPrecondition, "Error connecting to the given credential's issuer.")
}
