//! Reviewing a service account's token: whose it is, who it is for, whether it still holds.
//!
//! The order of the checks is kube-apiserver's (`pkg/serviceaccount/jwt.go`, `claims.go`): issuer,
//! form, key, signature, audience, times, service account, bound objects.

use {
    crate::{
        tokens::{
            legacy::{self, LegacyError},
            parse::{Claims, Parsed, Reference},
        },
        world::{
            World,
            authentications::Authenticated,
            callers::Caller,
            keys::VerifyingKey,
            objects::{Kind, Object},
        },
    },
    jiff::{SignedDuration, Timestamp},
    std::collections::BTreeMap,
};

/// How far clocks may be apart, and how long a deleted object still counts.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// Why a token does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// It is no token of ours: malformed, or of another issuer.
    NotOurs,
    /// Its `kid` names no key of ours.
    NoKeyFound,
    /// Its signature is not by the key.
    BadSignature,
    /// A claim is of the wrong type; what was expected of it.
    BadClaim(&'static str),
    /// It is for others.
    WrongAudience {
        /// Whom it is for.
        token: Vec<String>,
        /// Who asks.
        wanted: Vec<String>,
    },
    /// It is not valid yet.
    NotValidYet,
    /// It has expired.
    Expired,
    /// It says that it was issued in the future.
    IssuedInTheFuture,
    /// It names no service account.
    Nameless,
    /// Its service account is not there.
    ServiceAccountNotFound(String),
    /// An object of that name is there, but not the one that the token knows.
    OtherUid {
        /// What it is.
        kind: Kind,
        /// The identity of the object that is there.
        found: String,
        /// The one in the token.
        claimed: String,
    },
    /// Its service account is being deleted for longer than the leeway.
    ServiceAccountDeleted {
        /// The service account's namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// The object that it is bound to is gone.
    BoundObjectGone,
    /// It lives in a Secret, and that is what is wrong.
    Legacy(LegacyError),
    /// It holds neither as one that lives in a Secret nor as one that was issued.
    Both(Box<Error>, Box<Error>),
}

/// A service account, as a caller is named after it.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    /// Its namespace.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its identity.
    pub uid: &'a str,
}

/// Reviews a token for the audiences wanted; none wanted means those of the API server.
pub fn review(world: &World, token: &str, wanted: &[String]) -> Result<Authenticated, Error> {
    let parsed = Parsed::read(token).ok_or(Error::NotOurs)?;
    let is_legacy = parsed.issuer == legacy::ISSUER;
    let is_ours = world.settings.issuers.contains(&parsed.issuer);
    match (is_legacy, is_ours) {
        (false, false) => Err(Error::NotOurs),
        (false, true) => review_issued(world, &parsed, wanted),
        (true, false) => review_legacy(world, token, &parsed, wanted),
        // The name of the old issuer may be given to the new one, too: both are asked.
        (true, true) => review_legacy(world, token, &parsed, wanted).or_else(|first| {
            review_issued(world, &parsed, wanted)
                .map_err(|second| Error::Both(Box::new(first), Box::new(second)))
        }),
    }
}

fn review_legacy(
    world: &World,
    token: &str,
    parsed: &Parsed<'_>,
    wanted: &[String],
) -> Result<Authenticated, Error> {
    let (_, audiences) = read(world, parsed, wanted)?;
    let account = legacy::check(world, token, parsed)?;
    let caller = caller(account, "", &Bound { pod: None, secret: None, node: None });
    Ok(Authenticated { caller, audiences })
}

fn review_issued(
    world: &World,
    parsed: &Parsed<'_>,
    wanted: &[String],
) -> Result<Authenticated, Error> {
    let (claims, audiences) = read(world, parsed, wanted)?;
    check_times(world.clock.now(), claims.not_before, claims.expiry, claims.issued_at)?;
    let known = Bound { pod: claims.pod, secret: claims.secret, node: claims.node };
    let account = check_objects(world, &claims.namespace, &claims.service_account, &known)?;
    let account =
        Identity { namespace: &account.namespace, name: &account.name, uid: &account.uid };
    let caller = caller(account, &claims.id, &known);
    Ok(Authenticated { caller, audiences })
}

/// The claims of a token that a key of ours signed, and which of the audiences wanted it is for.
fn read(
    world: &World,
    parsed: &Parsed<'_>,
    wanted: &[String],
) -> Result<(Claims, Vec<String>), Error> {
    verify(&world.keys.get().verifying, parsed)?;
    let claims = parsed.claims().map_err(Error::BadClaim)?;
    let own = &world.settings.api_audiences;
    let token_audiences = if claims.audiences.is_empty() { own } else { &claims.audiences };
    let audiences = matching(token_audiences, if wanted.is_empty() { own } else { wanted })?;
    Ok((claims, audiences))
}

fn verify(keys: &[VerifyingKey], parsed: &Parsed<'_>) -> Result<(), Error> {
    let mut found = keys.iter().filter(|key| parsed.kid.is_empty() || key.kid == parsed.kid);
    let first = found.next().ok_or(Error::NoKeyFound)?;
    let verifies = |key: &VerifyingKey| {
        key.algorithm.name() == parsed.algorithm
            && !parsed.critical
            && key.verifies(parsed.message.as_bytes(), &parsed.signature)
    };
    if verifies(first) || found.any(verifies) { Ok(()) } else { Err(Error::BadSignature) }
}

fn matching(token: &[String], wanted: &[String]) -> Result<Vec<String>, Error> {
    let both: Vec<_> = wanted.iter().filter(|wanted| token.contains(wanted)).cloned().collect();
    if both.is_empty() {
        return Err(Error::WrongAudience { token: token.to_vec(), wanted: wanted.to_vec() });
    }
    Ok(both)
}

// A claim that is absent is not checked.
fn check_times(
    now: Timestamp,
    not_before: Option<i64>,
    expiry: Option<i64>,
    issued_at: Option<i64>,
) -> Result<(), Error> {
    let (latest, earliest) = (now.saturating_add(LEEWAY), now.saturating_sub(LEEWAY));
    let latest = latest.unwrap_or(Timestamp::MAX);
    let earliest = earliest.unwrap_or(Timestamp::MIN);
    if not_before.is_some_and(|time| latest < timestamp(time)) {
        return Err(Error::NotValidYet);
    }
    if expiry.is_some_and(|time| earliest > timestamp(time)) {
        return Err(Error::Expired);
    }
    if issued_at.is_some_and(|time| latest < timestamp(time)) {
        return Err(Error::IssuedInTheFuture);
    }
    Ok(())
}

/// The time of a claim; one that no calendar reaches is as far away as there is.
fn timestamp(seconds: i64) -> Timestamp {
    let limit = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(seconds).unwrap_or(limit)
}

struct Bound {
    pod: Option<Reference>,
    secret: Option<Reference>,
    node: Option<Reference>,
}

fn check_objects(
    world: &World,
    namespace: &str,
    service_account: &Reference,
    bound: &Bound,
) -> Result<std::sync::Arc<Object>, Error> {
    if service_account.name.is_empty() {
        return Err(Error::Nameless);
    }
    let name = &service_account.name;
    let account = world
        .objects
        .get(Kind::ServiceAccount, namespace, name)
        .ok_or_else(|| Error::ServiceAccountNotFound(name.clone()))?;
    same(&account, service_account)?;
    if is_deleted(world, &account) {
        let (namespace, name) = (namespace.to_owned(), name.clone());
        return Err(Error::ServiceAccountDeleted { namespace, name });
    }
    // The node of a pod's token only informs; it is checked where the token is bound to it alone.
    let node = bound.node.as_ref().filter(|_| bound.pod.is_none());
    check_bound(world, Kind::Secret, namespace, bound.secret.as_ref())?;
    check_bound(world, Kind::Pod, namespace, bound.pod.as_ref())?;
    check_bound(world, Kind::Node, "", node)?;
    Ok(account)
}

fn check_bound(
    world: &World,
    kind: Kind,
    namespace: &str,
    reference: Option<&Reference>,
) -> Result<(), Error> {
    let Some(reference) = reference else { return Ok(()) };
    let object =
        world.objects.get(kind, namespace, &reference.name).ok_or(Error::BoundObjectGone)?;
    same(&object, reference)?;
    if is_deleted(world, &object) { Err(Error::BoundObjectGone) } else { Ok(()) }
}

fn same(object: &Object, reference: &Reference) -> Result<(), Error> {
    if object.uid == reference.uid {
        return Ok(());
    }
    let (found, claimed) = (object.uid.clone(), reference.uid.clone());
    Err(Error::OtherUid { kind: object.kind, found, claimed })
}

fn is_deleted(world: &World, object: &Object) -> bool {
    let limit = world.clock.now().saturating_sub(LEEWAY).unwrap_or(Timestamp::MIN);
    object.deletion_timestamp.is_some_and(|time| time < limit)
}

fn caller(account: Identity<'_>, id: &str, bound: &Bound) -> Caller {
    let mut extra = BTreeMap::new();
    let mut add = |key: &str, value: &str| {
        if !value.is_empty() {
            extra.insert(format!("authentication.kubernetes.io/{key}"), vec![value.to_owned()]);
        }
    };
    if !id.is_empty() {
        add("credential-id", &format!("JTI={id}"));
    }
    for (reference, name, uid) in
        [(&bound.pod, "pod-name", "pod-uid"), (&bound.node, "node-name", "node-uid")]
    {
        if let Some(reference) = reference {
            add(name, &reference.name);
            add(uid, &reference.uid);
        }
    }
    Caller {
        username: format!("system:serviceaccount:{}:{}", account.namespace, account.name),
        uid: account.uid.to_owned(),
        groups: vec![
            "system:serviceaccounts".to_owned(),
            format!("system:serviceaccounts:{}", account.namespace),
            "system:authenticated".to_owned(),
        ],
        extra,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leeway_is_sixty_seconds_on_either_side() {
        let now = Timestamp::from_second(1_000).unwrap();
        let just_after = now + SignedDuration::from_millis(10);
        for (now, not_before, expiry, issued_at, expected) in [
            (now, None, None, None, Ok(())),
            (now, None, Some(940), None, Ok(())),
            (just_after, None, Some(940), None, Err(Error::Expired)),
            (now, None, Some(0), None, Err(Error::Expired)),
            (now, Some(1_060), None, None, Ok(())),
            (now, Some(1_061), None, None, Err(Error::NotValidYet)),
            (now, None, None, Some(1_061), Err(Error::IssuedInTheFuture)),
            (now, Some(i64::MAX), None, None, Err(Error::NotValidYet)),
        ] {
            assert_eq!(check_times(now, not_before, expiry, issued_at), expected);
        }
    }

    #[test]
    fn audiences_come_in_the_order_wanted() {
        let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            matching(&all(&["a", "b"]), &all(&["b", "c", "a", "b"])),
            Ok(all(&["b", "a", "b"]))
        );
        assert!(matches!(matching(&all(&["a"]), &all(&["c"])), Err(Error::WrongAudience { .. })));
    }
}
