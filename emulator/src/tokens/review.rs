//! Reviewing a service account's token: whose it is, who it is for, whether it still holds.
//!
//! The order of the checks is kube-apiserver's (`pkg/serviceaccount/jwt.go`, `claims.go`): issuer,
//! form, key, signature, claims, audience, times, service account, bound objects.

use {
    crate::{
        tokens::{
            decode::{Issued, Legacy, Private, Public, Reference},
            legacy::{self, LegacyError},
            members::Undecodable,
            parse::Parsed,
            witness::{Facts, Nobody, Witness},
        },
        world::{
            World,
            authentications::Authenticated,
            callers::Caller,
            keys::VerifyingKey,
            objects::{Kind, Object},
        },
    },
    jiff::{SignedDuration, Timestamp, Unit},
    serde_json::Value,
    std::{
        collections::{BTreeMap, HashSet},
        sync::Arc,
    },
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
    /// What its header demands cannot be read.
    BadHeader(Undecodable),
    /// A claim is of the wrong type, or comes twice.
    BadClaim(Undecodable),
    /// The issuer that was found at first is not the one that it claims.
    OtherIssuer(String),
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
    /// It names a service account, and no namespace.
    NoNamespace,
    /// What it names can be the name of nothing.
    BadName {
        /// What it is to be the name of, in Kubernetes' words.
        what: &'static str,
        /// The name.
        name: String,
    },
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
    /// It is bound to a webhook configuration, which this server does not do.
    BoundToWebhook,
    /// It lives in a Secret, and that is what is wrong.
    Legacy(LegacyError),
    /// Two things are wrong: what each of two keys, or of two kinds of tokens, has against it.
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
    watched(world, token, wanted, &mut Nobody)
}

/// The same, while somebody watches.
pub fn watched(
    world: &World,
    token: &str,
    wanted: &[String],
    witness: &mut impl Witness,
) -> Result<Authenticated, Error> {
    let issuers = &world.settings.issuers;
    witness.sees("form", || Facts::new(token.split('.').count(), "three parts of a signed JWT"));
    let parsed = Parsed::read(token).ok_or(Error::NotOurs)?;
    witness.sees("issuer", || Facts::new(parsed.issuer.as_str(), accepted(issuers)));
    let is_legacy = parsed.issuer == legacy::ISSUER;
    let is_ours = issuers.contains(&parsed.issuer);
    match (is_legacy, is_ours) {
        (false, false) => Err(Error::NotOurs),
        (false, true) => review_issued(world, &parsed, wanted, witness),
        (true, false) => review_legacy(world, token, &parsed, wanted, witness),
        // The name of the old issuer may be given to the new one, too: both are asked.
        (true, true) => review_legacy(world, token, &parsed, wanted, witness).or_else(|first| {
            witness.begins_anew();
            review_issued(world, &parsed, wanted, witness)
                .map_err(|second| Error::Both(Box::new(first), Box::new(second)))
        }),
    }
}

/// The issuers whose tokens count here.
fn accepted(issuers: &[String]) -> Vec<&str> {
    let legacy = Some(legacy::ISSUER).filter(|legacy| issuers.iter().all(|it| it != legacy));
    issuers.iter().map(String::as_str).chain(legacy).collect()
}

fn review_legacy(
    world: &World,
    token: &str,
    parsed: &Parsed<'_>,
    wanted: &[String],
    witness: &mut impl Witness,
) -> Result<Authenticated, Error> {
    let issuers = [legacy::ISSUER.to_owned()];
    let (public, claims, audiences) = read::<Legacy>(world, parsed, &issuers, wanted, witness)?;
    let account = legacy::check(world, token, &public.subject, &claims, witness)?;
    let caller = caller(account, "", &Issued::default());
    Ok(Authenticated { caller: caller.into(), audiences })
}

fn review_issued(
    world: &World,
    parsed: &Parsed<'_>,
    wanted: &[String],
    witness: &mut impl Witness,
) -> Result<Authenticated, Error> {
    let issuers = &world.settings.issuers;
    let (public, claims, audiences) = read::<Issued>(world, parsed, issuers, wanted, witness)?;
    check_times(world.clock.now(), &public, witness)?;
    let account = check_objects(world, &claims, witness)?;
    let account =
        Identity { namespace: &account.namespace, name: &account.name, uid: &account.uid };
    let caller = caller(account, &public.id, &claims);
    Ok(Authenticated { caller: caller.into(), audiences })
}

/// The claims of a token that a key of ours signed, and which of the audiences wanted it is for.
fn read<T: Private>(
    world: &World,
    parsed: &Parsed<'_>,
    issuers: &[String],
    wanted: &[String],
    witness: &mut impl Witness,
) -> Result<(Public, T, Vec<String>), Error> {
    let (public, private) = verify(&world.keys.get().verifying, parsed, witness)?;
    if !issuers.contains(&public.issuer) {
        return Err(Error::OtherIssuer(public.issuer));
    }
    let own = &world.settings.api_audiences;
    let token_audiences = if public.audiences.is_empty() { own } else { &public.audiences };
    let wanted = if wanted.is_empty() { own } else { wanted };
    witness.sees("audience", || Facts::new(token_audiences.as_slice(), wanted));
    let audiences = matching(token_audiences, wanted)?;
    Ok((public, private, audiences))
}

/// The claims, as the first key sees them that can. What each key has against the token is told.
fn verify<T: Private>(
    keys: &[VerifyingKey],
    parsed: &Parsed<'_>,
    witness: &mut impl Witness,
) -> Result<(Public, T), Error> {
    let mut found = keys.iter().filter(|key| parsed.kid.is_empty() || key.kid == parsed.kid);
    witness.sees("key", || {
        let kids = keys.iter().map(|key| key.kid.as_str()).collect::<Vec<_>>();
        Facts::new(parsed.kid.as_str(), kids)
    });
    let first = found.next().ok_or(Error::NoKeyFound)?;
    let mut errors = Vec::new();
    for (place, key) in std::iter::once(first).chain(found).enumerate() {
        if place > 0 {
            witness.begins_anew();
        }
        match verify_with(key, parsed, witness) {
            Err(error) if errors.contains(&error) => {}
            Err(error) => errors.push(error),
            claims => return claims,
        }
    }
    let both = |first, second| Error::Both(Box::new(first), Box::new(second));
    Err(errors.into_iter().reduce(both).unwrap_or(Error::BadSignature))
}

fn verify_with<T: Private>(
    key: &VerifyingKey,
    parsed: &Parsed<'_>,
    witness: &mut impl Witness,
) -> Result<(Public, T), Error> {
    witness.sees("extensions", || Facts::new(parsed.critical == Ok(true), false));
    if parsed.critical.clone().map_err(Error::BadHeader)? {
        return Err(Error::BadSignature);
    }
    witness.sees("signature", || {
        let wanted = format!("a signature that {} verifies", key.kid);
        Facts::new(parsed.algorithm.as_str(), wanted)
    });
    if !key.verifies_as(&parsed.algorithm, parsed.message.as_bytes(), &parsed.signature) {
        return Err(Error::BadSignature);
    }
    witness.sees("claims", || Facts::new(Value::Null, "claims of the right types, each once"));
    parsed.claims().map_err(Error::BadClaim)
}

fn matching(token: &[String], wanted: &[String]) -> Result<Vec<String>, Error> {
    let held: HashSet<_> = token.iter().collect();
    let both: Vec<_> = wanted.iter().filter(|wanted| held.contains(wanted)).cloned().collect();
    if both.is_empty() {
        return Err(Error::WrongAudience { token: token.to_vec(), wanted: wanted.to_vec() });
    }
    Ok(both)
}

// A claim that is absent is not checked.
fn check_times(now: Timestamp, claims: &Public, witness: &mut impl Witness) -> Result<(), Error> {
    let (now, leeway) = (now.as_nanosecond(), LEEWAY.as_nanos());
    let shown = |claim: Option<i64>| claim.map_or(Value::Null, shown);
    let at = |nanoseconds: i128| {
        let time = Timestamp::from_nanosecond(nanoseconds).and_then(|it| it.round(Unit::Second));
        time.map_or_else(|_| "the end of the calendar".to_owned(), |time| time.to_string())
    };
    witness.sees("nbf", || {
        let wanted = format!("at most {}, the time and 60 seconds", at(now + leeway));
        Facts::new(shown(claims.not_before), wanted)
    });
    if claims.not_before.is_some_and(|time| now + leeway < instant(time)) {
        return Err(Error::NotValidYet);
    }
    witness.sees("exp", || {
        let wanted = format!("at least {}, the time less 60 seconds", at(now - leeway));
        Facts::new(shown(claims.expiry), wanted)
    });
    if claims.expiry.is_some_and(|time| now - leeway > instant(time)) {
        return Err(Error::Expired);
    }
    witness.sees("iat", || {
        let wanted = format!("at most {}, the time and 60 seconds", at(now + leeway));
        Facts::new(shown(claims.issued_at), wanted)
    });
    if claims.issued_at.is_some_and(|time| now + leeway < instant(time)) {
        return Err(Error::IssuedInTheFuture);
    }
    Ok(())
}

/// The time of a claim, in nanoseconds since 1970. Go counts from the year 1, and what is too far
/// away for that comes round to before it.
fn instant(seconds: i64) -> i128 {
    const SINCE_YEAR_ONE: i64 = 62_135_596_800;
    let since = i128::from(seconds.wrapping_add(SINCE_YEAR_ONE)) - i128::from(SINCE_YEAR_ONE);
    since * 1_000_000_000
}

/// The time of a claim as people read it, or its number where no calendar reaches.
fn shown(seconds: i64) -> Value {
    Timestamp::from_second(seconds).map_or(seconds.into(), |time| time.to_string().into())
}

fn check_objects(
    world: &World,
    claims: &Issued,
    witness: &mut impl Witness,
) -> Result<Arc<Object>, Error> {
    let Issued { namespace, service_account, .. } = claims;
    let name = &service_account.name;
    witness.sees("service account", || {
        let found = format!("{namespace}/{name} of uid {}", service_account.uid);
        Facts::new(found, "is there, is the same, and is not gone for more than 60 seconds")
    });
    check_names(namespace, name)?;
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
    let node = claims.node.as_ref().filter(|_| claims.pod.is_none());
    check_bound(world, (Kind::Secret, "secret"), namespace, claims.secret.as_ref(), witness)?;
    check_bound(world, (Kind::Pod, "pod"), namespace, claims.pod.as_ref(), witness)?;
    check_bound(world, (Kind::Node, "node"), "", node, witness)?;
    if claims.webhook {
        witness.sees("webhook", || Facts::new("a webhook configuration", "no such binding"));
        return Err(Error::BoundToWebhook);
    }
    Ok(account)
}

/// What kube-apiserver's own client refuses before it asks for a service account.
/// Source: client-go `rest/request.go`, `NamespaceIfScoped`, `Name`.
fn check_names(namespace: &str, name: &str) -> Result<(), Error> {
    let check = |what: &'static str, name: &str| {
        let bad = matches!(name, "." | "..") || name.contains(['/', '%']);
        if bad { Err(Error::BadName { what, name: name.to_owned() }) } else { Ok(()) }
    };
    check("namespace", namespace)?;
    if name.is_empty() {
        return Err(Error::Nameless);
    }
    check("resource name", name)?;
    if namespace.is_empty() { Err(Error::NoNamespace) } else { Ok(()) }
}

fn check_bound(
    world: &World,
    (kind, rule): (Kind, &'static str),
    namespace: &str,
    reference: Option<&Reference>,
    witness: &mut impl Witness,
) -> Result<(), Error> {
    let Some(reference) = reference else { return Ok(()) };
    witness.sees(rule, || {
        let found = format!("{} of uid {}", reference.name, reference.uid);
        Facts::new(found, "is there, is the same, and is not gone for more than 60 seconds")
    });
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

fn caller(account: Identity<'_>, id: &str, bound: &Issued) -> Caller {
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
            (now, Some(1 << 62), None, None, Err(Error::NotValidYet)),
            (now, Some(i64::MAX), None, None, Ok(())),
            (now, None, Some(i64::MAX), None, Err(Error::Expired)),
            (now, None, Some(i64::MIN), None, Err(Error::Expired)),
        ] {
            let claims = Public { not_before, expiry, issued_at, ..Public::default() };
            assert_eq!(check_times(now, &claims, &mut Nobody), expected);
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
