//! The token issuer's discovery document and keys.
//!
//! Source: kubernetes `pkg/serviceaccount/openidmetadata.go`, `pkg/routes/openidmetadata.go`.

use {
    crate::{
        kubernetes::exchange::{Exchange, Reply},
        world::{
            World,
            key_set::KeySet,
            keys::{Numbers, VerifyingKey},
        },
    },
    base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD},
    serde_json::Value,
    std::{collections::BTreeSet, net::Ipv6Addr},
};

/// Where the two documents are.
pub const PATHS: [&str; 2] = ["/.well-known/openid-configuration", "/openid/v1/jwks"];

/// Whether the documents exist: only an issuer that is a plain https URL can be discovered.
pub fn is_served(world: &World) -> bool {
    let issuer = &world.settings.issuers[0];
    issuer.starts_with("https://") && !issuer.contains(['?', '#'])
}

/// The discovery document.
pub fn configuration(exchange: &Exchange<'_>) -> Reply {
    let settings = &exchange.world.settings;
    let jwks_uri = settings
        .jwks_uri
        .clone()
        .unwrap_or_else(|| format!("https://{}/openid/v1/jwks", external_address(exchange)));
    let keys = exchange.world.keys.get();
    let algorithms: BTreeSet<_> = keys.published().map(|key| key.algorithm.name()).collect();
    let algorithms: Vec<_> = algorithms.into_iter().map(quoted).collect();
    document(
        "application/json",
        &keys,
        format!(
            "{{\"issuer\":{},\"jwks_uri\":{},\"response_types_supported\":[\"id_token\"],\
             \"subject_types_supported\":[\"public\"],\
             \"id_token_signing_alg_values_supported\":[{}]}}",
            quoted(&settings.issuers[0]),
            quoted(&jwks_uri),
            algorithms.join(",")
        ),
    )
}

/// The keys.
pub fn jwks(world: &World) -> Reply {
    let keys = world.keys.get();
    let published: Vec<_> = keys.published().map(jwk).collect();
    document("application/jwk-set+json", &keys, format!("{{\"keys\":[{}]}}", published.join(",")))
}

/// Host and port by which the server is known outside.
pub fn external_address(exchange: &Exchange<'_>) -> String {
    let local = &exchange.request.head.local_address;
    let Some(host) = &exchange.world.settings.external_hostname else { return local.to_string() };
    let port = local.rsplit_once(':').map_or("443", |(_, port)| port);
    if host.parse::<Ipv6Addr>().is_ok() {
        return format!("[{host}]:{port}");
    }
    if host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
        return host.clone();
    }
    format!("{host}:{port}")
}

/// A key as a JWK.
pub fn jwk(key: &VerifyingKey) -> String {
    let (kid, alg) = (&key.kid, key.algorithm.name());
    let kid = quoted(kid);
    let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    match &key.numbers {
        Numbers::Rsa { n, e } => format!(
            r#"{{"use":"sig","kty":"RSA","kid":{kid},"alg":"{alg}","n":"{}","e":"{}"}}"#,
            text(n),
            text(e)
        ),
        Numbers::Ec { curve, x, y } => format!(
            r#"{{"use":"sig","kty":"EC","kid":{kid},"crv":"{curve}","alg":"{alg}","x":"{}","y":"{}"}}"#,
            text(x),
            text(y)
        ),
    }
}

// A relying party may keep either document for as long as the keys stay.
fn document(content_type: &'static str, keys: &KeySet, body: String) -> Reply {
    let cache_control = Some(format!("public, max-age={}", keys.max_age).into());
    Reply::Document { status: 200, content_type, body: body.into(), cache_control, nosniff: false }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
