//! Who calls: the credentials of a request, and what becomes of them.
//!
//! Source: kubernetes `staging/src/k8s.io/apiserver/pkg/authentication/request/bearertoken`.

use {
    crate::{
        api::Request,
        kubernetes::{status::Failure, web_socket},
        tokens::{
            review::{self, Error},
            witness::{Facts, Nobody, Witness},
        },
        world::{World, authentications::Authenticated, callers::Caller},
    },
    jiff::Timestamp,
    std::sync::Arc,
};

/// What is said to a client whose token hides behind two spaces.
pub const EXTRA_SPACE: &str = "the provided Authorization header contains extra space before the bearer token, and is ignored";

/// What an Authorization header holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential<'a> {
    /// Nothing that counts as a bearer token.
    None,
    /// A bearer token behind more than one space, which does not count either.
    ExtraSpace,
    /// A bearer token.
    Bearer(&'a str),
}

impl<'a> Credential<'a> {
    /// Reads the value of an Authorization header.
    pub fn read(header: &'a str) -> Self {
        let mut parts = header.trim().splitn(3, ' ');
        let scheme = parts.next().unwrap_or("");
        match (scheme.eq_ignore_ascii_case("bearer"), parts.next(), parts.next()) {
            (true, Some(""), Some(_)) => Self::ExtraSpace,
            (true, Some(token), _) if !token.is_empty() => Self::Bearer(token),
            _ => Self::None,
        }
    }
}

/// The caller of a request, and a warning when its credentials were passed over.
pub fn identify(
    world: &World,
    request: &Request,
) -> (Result<Arc<Caller>, Failure>, Option<&'static str>) {
    let header = request.header_lossy("authorization").unwrap_or_default();
    let credential = Credential::read(&header);
    let warning = (credential == Credential::ExtraSpace).then_some(EXTRA_SPACE);
    let caller = match credential {
        Credential::Bearer(token) => authenticate(world, token, &world.settings.api_audiences)
            .map(|authenticated| authenticated.caller)
            .map_err(|_| Failure::unauthorized()),
        // A browser's WebSocket has no other place for it.
        _ => match web_socket::token(request) {
            Ok(Some(token)) => authenticate(world, &token, &world.settings.api_audiences)
                .map(|authenticated| authenticated.caller)
                .map_err(|_| Failure::unauthorized()),
            Ok(None) if world.settings.anonymous_auth => Ok(Caller::anonymous().into()),
            _ => Err(Failure::unauthorized()),
        },
    };
    (caller, warning)
}

/// Whom a bearer token stands for, as far as it is for these audiences.
pub fn authenticate(
    world: &World,
    token: &str,
    audiences: &[String],
) -> Result<Authenticated, Error> {
    let now = world.clock.now();
    if let Some(authenticated) = known(world, now, token, audiences, &mut Nobody) {
        return Ok(authenticated);
    }
    let authenticated = review::review(world, token, audiences)?;
    let ttl = world.settings.token_cache_ttl;
    world.authentications.remember(now, ttl, token, audiences, &authenticated);
    Ok(authenticated)
}

/// The same while somebody watches, and without remembering it.
pub fn watched(
    world: &World,
    token: &str,
    audiences: &[String],
    witness: &mut impl Witness,
) -> Result<Authenticated, Error> {
    match known(world, world.clock.now(), token, audiences, witness) {
        Some(authenticated) => Ok(authenticated),
        None => review::watched(world, token, audiences, witness),
    }
}

/// Whom a token stands for that need not be looked into.
fn known(
    world: &World,
    now: Timestamp,
    token: &str,
    audiences: &[String],
    witness: &mut impl Witness,
) -> Option<Authenticated> {
    if let Some(authenticated) = static_token(world, token, audiences) {
        witness.sees("static", || Facts::new("a static bearer", "no more than that"));
        return Some(authenticated);
    }
    let authenticated = world.authentications.get(now, token, audiences)?;
    witness.sees("remembered", || Facts::new("authenticated a moment ago", "no more than that"));
    Some(authenticated)
}

// A static token is for the API server alone.
fn static_token(world: &World, token: &str, audiences: &[String]) -> Option<Authenticated> {
    let caller = world.callers.get(token)?;
    let own = &world.settings.api_audiences;
    let audiences: Vec<_> =
        audiences.iter().filter(|audience| own.contains(audience)).cloned().collect();
    if audiences.is_empty() {
        return None;
    }
    Some(Authenticated { caller: Arc::clone(caller), audiences })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_space_leads_to_a_bearer_token() {
        for (header, expected) in [
            ("Bearer abc", Credential::Bearer("abc")),
            ("bEARER abc", Credential::Bearer("abc")),
            ("  Bearer abc  ", Credential::Bearer("abc")),
            ("Bearer abc def", Credential::Bearer("abc")),
            ("Bearer  abc", Credential::ExtraSpace),
            ("Bearer", Credential::None),
            ("Bearer ", Credential::None),
            ("Bearer\tabc", Credential::None),
            ("Basic YTpi", Credential::None),
            ("abc", Credential::None),
            ("", Credential::None),
        ] {
            assert_eq!(Credential::read(header), expected, "{header:?}");
        }
    }
}
