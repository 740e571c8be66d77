//! The keys of a cluster's issuer: handed over with the cluster, the emulator's own, or fetched
//! from where the issuer publishes them.

use {
    super::NAME,
    crate::{
        api::{Document, Fetch, Fetched, Unfetched},
        google::{
            grpc::too_late,
            names::Project,
            service::Stop,
            status::{Code, Detail, Status},
        },
        tokens::exchange::IssuerKeys,
        world::{World, attached_cluster::Oidc, key_set::KeySet, trusted_keys::TrustedKeys},
    },
    bytes::Bytes,
    serde::Deserialize,
    std::sync::Arc,
};

/// Keys, wherever they come from.
pub(super) enum Keys<'a> {
    Own(Arc<KeySet>),
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

/// The issuer of a cluster's tokens.
pub fn issuer_of(world: &World, cluster: &str) -> Option<String> {
    let known = Project::of(cluster).known(cluster).into_owned();
    world.clusters.get(&known).map(|cluster| cluster.oidc.issuer_url.clone())
}

/// The keys of a cluster's issuer, or what has to be fetched for them.
pub(super) fn keys<'a>(world: &World, fetched: &Fetched, oidc: &'a Oidc) -> Result<Keys<'a>, Stop> {
    if !oidc.jwks.is_empty() {
        return if oidc.keys.is_empty() {
            Err(NoKeys::Jwks.status(&oidc.issuer_url).into())
        } else {
            Ok(Keys::Given(&oidc.keys))
        };
    }
    if world.settings.issuers.contains(&oidc.issuer_url) {
        return Ok(Keys::Own(world.keys.get()));
    }
    let url = discovery_url(oidc);
    let document = fetch(world, fetched, &url)?;
    let discovery: Discovery =
        serde_json::from_slice(&document).map_err(|_| NoKeys::Discovery.status(&url))?;
    if discovery.issuer != oidc.issuer_url {
        return Err(NoKeys::OtherIssuer.status(&url).into());
    }
    let keys = fetch(world, fetched, &discovery.jwks_uri)?;
    let keys = TrustedKeys::parse(&keys).ok().filter(|keys| !keys.is_empty());
    keys.map(Keys::Fetched).ok_or_else(|| NoKeys::Jwks.status(&discovery.jwks_uri).into())
}

/// Forgets what was kept of a cluster's issuer: it may have new keys by now. Says whether there
/// was anything.
pub(super) fn forget(world: &World, fetched: &Fetched, oidc: &Oidc) -> bool {
    let (documents, now) = (&world.documents, world.clock.now());
    let is_kept = |url: &str| {
        let is_fresh = fetched.get(url).is_some();
        !is_fresh && documents.get(url, now).is_some()
    };
    let url = discovery_url(oidc);
    let discovery = documents.get(&url, now);
    let discovery = discovery.and_then(|bytes| serde_json::from_slice::<Discovery>(&bytes).ok());
    let urls = discovery.map(|discovery| discovery.jwks_uri).into_iter().chain([url]);
    urls.filter(|url| is_kept(url)).map(|url| documents.forget(&url)).count() > 0
}

fn discovery_url(oidc: &Oidc) -> String {
    let base = oidc.issuer_url.strip_suffix('/').unwrap_or(&oidc.issuer_url);
    format!("{base}/.well-known/openid-configuration")
}

fn fetch(world: &World, fetched: &Fetched, url: &str) -> Result<Bytes, Stop> {
    let World { documents, clock, .. } = world;
    let now = clock.now();
    match fetched.get(url) {
        Some(Ok(Document { body, keep })) => {
            if !keep.is_zero() {
                documents.keep(url, body.clone(), now.saturating_add(*keep).unwrap_or(now));
            }
            Ok(body.clone())
        }
        Some(Err(why)) => Err(NoKeys::Unfetched(why).status(url).into()),
        None => documents.get(url, now).ok_or_else(|| Stop::Fetch(Fetch { url: url.to_owned() })),
    }
}

/// Why there are no keys: the cluster's owner and not the token's is to blame.
enum NoKeys<'a> {
    Unfetched(&'a Unfetched),
    Discovery,
    OtherIssuer,
    Jwks,
}

impl NoKeys<'_> {
    fn status(&self, url: &str) -> Status {
        let (reason, why) = match self {
            Self::Unfetched(Unfetched::TooLate) => return too_late(),
            Self::Unfetched(Unfetched::Url(_)) => {
                ("ISSUER_URL_INVALID", "The URL is none that can be fetched over https.".to_owned())
            }
            Self::Unfetched(Unfetched::Unreachable(_)) => {
                ("ISSUER_UNREACHABLE", "No connection could be made.".to_owned())
            }
            Self::Unfetched(Unfetched::Status(status)) => {
                ("ISSUER_STATUS_UNEXPECTED", format!("It answered with the status {status}."))
            }
            Self::Unfetched(Unfetched::TooLarge) => {
                ("ISSUER_DOCUMENT_TOO_LARGE", "The document is too large.".to_owned())
            }
            Self::Unfetched(Unfetched::TooManyRedirects) => {
                ("ISSUER_REDIRECTS_TOO_OFTEN", "It redirects too often.".to_owned())
            }
            Self::Unfetched(Unfetched::TooSlow) => {
                ("ISSUER_TIMEOUT", "It did not answer in time.".to_owned())
            }
            Self::Discovery => {
                ("ISSUER_DISCOVERY_INVALID", "The document is no OpenID configuration.".to_owned())
            }
            Self::OtherIssuer => {
                ("ISSUER_MISMATCH", "The OpenID configuration is another issuer's.".to_owned())
            }
            Self::Jwks => (
                "ISSUER_JWKS_INVALID",
                "The JWK Set has no key that can verify a signature.".to_owned(),
            ),
        };
        let message = format!("Error connecting to the given credential's issuer. {why}");
        let metadata = vec![("url", url.to_owned())];
        Status::new(Code::FailedPrecondition, message).with(Detail::ErrorInfo {
            reason: reason.into(),
            domain: NAME,
            metadata,
        })
    }
}
