//! Issuing a service account's token: what it may be bound to, how long it lives, what it says.
//!
//! Source: kubernetes `pkg/registry/core/serviceaccount/storage/token.go`, whose order of checks
//! this keeps.

use {
    crate::{
        tokens::claims::{self, Claims, Kubernetes, Reference},
        world::{
            World,
            objects::{Kind, Object},
        },
    },
    jiff::{SignedDuration, Timestamp},
    std::{sync::Arc, time::Duration},
};

/// What kubelets ask for their pods; such a token is extended for clients that do not reload it.
const EXTENDED_AT: i64 = 3607;
/// How long an extended token lives, in seconds: 365 days.
const EXTENDED_TO: i64 = 365 * 24 * 3600;

/// A lifetime that a token may be asked for: 10 minutes to 2^32 seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime(i64);

/// Why a lifetime is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifetimeError {
    /// Under ten minutes.
    TooShort,
    /// Over 2^32 seconds.
    TooLong,
}

impl Lifetime {
    /// The lifetime of that many seconds.
    pub fn parse(seconds: i64) -> Result<Self, LifetimeError> {
        match seconds {
            ..600 => Err(LifetimeError::TooShort),
            600..=0x1_0000_0000 => Ok(Self(seconds)),
            _ => Err(LifetimeError::TooLong),
        }
    }

    /// In seconds.
    pub fn seconds(self) -> i64 {
        self.0
    }
}

/// The object that a token is to be bound to, as asked for.
#[derive(Debug, Clone, Copy)]
pub struct Binding<'a> {
    /// Pod, Secret or Node.
    pub kind: Kind,
    /// Its name.
    pub name: &'a str,
    /// Its identity, or nothing when the object of that name will do.
    pub uid: &'a str,
}

/// What is asked for, validated.
#[derive(Debug)]
pub struct Request<'a> {
    /// Whose token.
    pub service_account: &'a Object,
    /// Who it is for; at least one.
    pub audiences: &'a [String],
    /// How long it is to live.
    pub lifetime: Lifetime,
    /// What it dies with.
    pub binding: Option<Binding<'a>>,
}

/// A token, and what the answer says of it.
#[derive(Debug)]
pub struct Issued {
    /// The token.
    pub token: String,
    /// The lifetime granted, in seconds; shorter than asked when there is a cap.
    pub seconds: i64,
    /// When it was issued; the answer tells this time and no other, so that the two agree to the
    /// second.
    pub issued: Timestamp,
    /// When the answer says that it ends.
    pub expiration: Timestamp,
}

/// Why no token is issued.
#[derive(Debug, PartialEq, Eq)]
pub enum Error {
    /// The object to bind to is not there.
    BoundObjectNotFound(Kind, String),
    /// The pod runs as somebody else than this service account.
    PodOfAnotherServiceAccount(String),
    /// The object of that name has another identity.
    BoundObjectUid {
        /// What it is.
        kind: Kind,
        /// Its name.
        name: String,
        /// The identity asked for.
        uid: String,
    },
}

/// Issues a token.
pub fn issue(world: &World, request: &Request<'_>) -> Result<Issued, Error> {
    let bound = request.binding.map(|binding| bind(world, request, binding)).transpose()?;
    let node = bound.as_deref().and_then(|object| node_of(world, object));
    let seconds = capped(request.lifetime.seconds(), world.settings.max_token_expiration);
    let now = world.clock.now();
    let iat = now.as_second();
    let extended = seconds == EXTENDED_AT && may_extend(world, request);
    let account = request.service_account;
    let claims = Claims {
        aud: request.audiences,
        exp: iat + if extended { EXTENDED_TO } else { seconds },
        iat,
        iss: &world.settings.issuers[0],
        jti: &world.entropy.uuid(),
        kubernetes: Kubernetes {
            namespace: &account.namespace,
            node: node.as_ref().map(NodeOf::reference),
            pod: reference(&bound, Kind::Pod),
            secret: reference(&bound, Kind::Secret),
            serviceaccount: Reference::to(account),
            warnafter: extended.then_some(iat + seconds),
        },
        nbf: iat,
        sub: &format!("system:serviceaccount:{}:{}", account.namespace, account.name),
    };
    let token = claims::sign(&claims, &world.keys.get().signing);
    let expiration = now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(now);
    Ok(Issued { token, seconds, issued: now, expiration })
}

fn bind(world: &World, request: &Request<'_>, binding: Binding<'_>) -> Result<Arc<Object>, Error> {
    let Binding { kind, name, uid } = binding;
    let namespace = if kind == Kind::Node { "" } else { &request.service_account.namespace };
    let object = world
        .objects
        .get(kind, namespace, name)
        .ok_or_else(|| Error::BoundObjectNotFound(kind, name.to_owned()))?;
    if kind == Kind::Pod && object.service_account_name != request.service_account.name {
        return Err(Error::PodOfAnotherServiceAccount(request.service_account.name.clone()));
    }
    if !uid.is_empty() && uid != object.uid {
        let (name, uid) = (name.to_owned(), uid.to_owned());
        return Err(Error::BoundObjectUid { kind, name, uid });
    }
    Ok(object)
}

/// The node that goes into the claims: the one bound to, or the one that the pod runs on.
enum NodeOf<'a> {
    Known(Arc<Object>),
    Bound(&'a Object),
    /// The pod names a node that does not exist.
    Missing(&'a str),
}

impl NodeOf<'_> {
    fn reference(&self) -> Reference<'_> {
        match self {
            Self::Known(node) => Reference::to(node),
            Self::Bound(node) => Reference::to(node),
            Self::Missing(name) => Reference { name, uid: "" },
        }
    }
}

fn node_of<'a>(world: &World, bound: &'a Object) -> Option<NodeOf<'a>> {
    if bound.kind == Kind::Node {
        return Some(NodeOf::Bound(bound));
    }
    if bound.node_name.is_empty() {
        return None;
    }
    let node = world.objects.get(Kind::Node, "", &bound.node_name);
    Some(node.map_or(NodeOf::Missing(&bound.node_name), NodeOf::Known))
}

fn reference(bound: &Option<Arc<Object>>, kind: Kind) -> Option<Reference<'_>> {
    bound.as_deref().filter(|object| object.kind == kind).map(Reference::to)
}

fn capped(seconds: i64, cap: Option<Duration>) -> i64 {
    let cap = cap.and_then(|cap| i64::try_from(cap.as_secs()).ok());
    cap.map_or(seconds, |cap| seconds.min(cap))
}

fn may_extend(world: &World, request: &Request<'_>) -> bool {
    let for_the_api = || {
        let own = &world.settings.api_audiences;
        request.audiences.iter().all(|audience| own.contains(audience))
    };
    let to_a_pod = matches!(request.binding, Some(Binding { kind: Kind::Pod, .. }));
    world.settings.extend_token_expiration && to_a_pod && for_the_api()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_have_bounds() {
        for (seconds, expected) in [
            (0, Err(LifetimeError::TooShort)),
            (-1, Err(LifetimeError::TooShort)),
            (599, Err(LifetimeError::TooShort)),
            (600, Ok(Lifetime(600))),
            (1 << 32, Ok(Lifetime(1 << 32))),
            ((1 << 32) + 1, Err(LifetimeError::TooLong)),
        ] {
            assert_eq!(Lifetime::parse(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn a_cap_shortens_and_never_lengthens() {
        assert_eq!(capped(7800, Some(Duration::from_secs(7200))), 7200);
        assert_eq!(capped(600, Some(Duration::from_secs(7200))), 600);
        assert_eq!(capped(7800, None), 7800);
    }
}
