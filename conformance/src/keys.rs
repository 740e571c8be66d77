//! How a relying party comes by an issuer's keys: from its discovery document to the key set that
//! this names, wherever that is.

use {
    crate::{
        client::{Endpoint, Unreachable},
        target::Side,
        token::RelyingParty,
    },
    http::uri::{Authority, PathAndQuery, Uri},
    jsonwebtoken::jwk::JwkSet,
    serde_json::Value,
    std::time::Duration,
};

/// Where a kube-apiserver has its keys by itself.
const OWN: &str = "/openid/v1/jwks";

/// How long somebody else may take to tell his keys.
const PATIENCE: Duration = Duration::from_secs(5);

/// How the document was answered, and what it leads to.
pub(crate) async fn find(side: &Side) -> (Option<u16>, Option<RelyingParty>) {
    let answer = side.ask("GET", "/.well-known/openid-configuration", None).await.ok();
    let status = answer.as_ref().map(|it| it.status);
    let document = answer.and_then(|it| it.value()).unwrap_or_default();
    (status, party(side, &document).await)
}

async fn party(side: &Side, document: &Value) -> Option<RelyingParty> {
    let issuer = document["issuer"].as_str()?.to_owned();
    let uri = document["jwks_uri"].as_str()?;
    let known = |keys, elsewhere, doubt| RelyingParty {
        issuer: issuer.clone(),
        jwks_uri: uri.to_owned(),
        keys,
        elsewhere,
        doubt,
    };
    let parsed = uri.parse::<Uri>().ok()?;
    let is_own = is_address(side, parsed.authority()?.as_str()).await;
    // A server may name itself by an address that cannot be reached from here.
    let here = key_set(side, path(&parsed)).await;
    if is_own || (here.is_some() && uri.starts_with(&format!("{issuer}/"))) {
        return Some(known(here?, None, None));
    }
    match elsewhere(side, &parsed).await {
        Ok(keys) => Some(known(keys?, Some(uri.to_owned()), None)),
        // What a kube-apiserver has by itself is the same, if its document is right.
        Err(why) => {
            let own = key_set(side, OWN).await;
            Some(known(here.or(own)?, None, Some(why.0)))
        }
    }
}

/// Whether an address is one that the server is known by: the one that it is asked at, or the one
/// that it tells its clients to use.
async fn is_address(side: &Side, authority: &str) -> bool {
    if side.client.endpoint().authority() == authority {
        return true;
    }
    let Ok(answer) = side.ask("GET", "/api", None).await else { return true };
    let told = answer.value().unwrap_or_default();
    match told["serverAddressByClientCIDRs"].as_array() {
        Some(addresses) => addresses.iter().any(|it| it["serverAddress"] == authority),
        // Who is not told cannot know.
        None => true,
    }
}

async fn key_set(side: &Side, path: &str) -> Option<JwkSet> {
    let answer = side.ask("GET", path, None).await.ok()?;
    serde_json::from_slice(&answer.body).ok()
}

/// What another server has, to which we are nobody; none, where it has no keys.
async fn elsewhere(side: &Side, uri: &Uri) -> Result<Option<JwkSet>, Unreachable> {
    let why = |why: &str| Unreachable(format!("{uri}: {why}"));
    let (scheme, authority) = (uri.scheme_str(), uri.authority().map(Authority::as_str));
    let place = format!("{}://{}", scheme.unwrap_or_default(), authority.unwrap_or_default());
    let endpoint = Endpoint::parse(&place).map_err(Unreachable)?;
    // Whoever stands between could put in keys of his own.
    if side.client.endpoint().https && !endpoint.https {
        return Err(why("keys are taken over https alone"));
    }
    let other = Side::new(side.beyond.client(endpoint)?, None);
    let answer = tokio::time::timeout(PATIENCE, other.ask("GET", path(uri), None)).await;
    let late = |_| Err(why(&format!("no answer within {PATIENCE:?}")));
    let answer = answer.unwrap_or_else(late)?;
    Ok(serde_json::from_slice(&answer.body).ok().filter(|_| answer.status == 200))
}

/// What is asked for at the place that a URL names.
fn path(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", PathAndQuery::as_str)
}

#[cfg(test)]
mod tests {
    use {super::*, crate::client::beyond::Beyond};

    #[tokio::test]
    async fn keys_elsewhere_are_taken_over_plain_http_only_beside_plain_http() {
        // Nobody listens at this port.
        let keys: Uri = "http://127.0.0.1:1/keys?of=here".parse().unwrap();
        for (server, refused) in [("https://127.0.0.1:1", true), ("http://127.0.0.1:1", false)] {
            let client = Beyond::default().client(Endpoint::parse(server).unwrap()).unwrap();
            let told = elsewhere(&Side::new(client, None), &keys).await.unwrap_err().0;
            assert_eq!(told.contains("over https alone"), refused, "{told}");
        }
        assert_eq!(path(&keys), "/keys?of=here");
    }
}
