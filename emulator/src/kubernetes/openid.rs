//! The token issuer's discovery document and keys.
//!
//! Source: kubernetes `pkg/serviceaccount/openidmetadata.go`, `pkg/routes/openidmetadata.go`.

use {
    crate::{
        kubernetes::exchange::{Exchange, Reply},
        world::{
            World,
            keys::{Numbers, VerifyingKey},
        },
    },
    base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD},
    serde_json::Value,
    std::collections::BTreeSet,
};

/// Where the two documents are.
pub const PATHS: [&str; 2] = ["/.well-known/openid-configuration", "/openid/v1/jwks"];

/// How long a relying party may keep them.
const CACHE_CONTROL: &str = "public, max-age=3600";

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
    let keys = &exchange.world.keys.get().verifying;
    let algorithms: BTreeSet<_> = keys.iter().map(|key| key.algorithm.name()).collect();
    let algorithms: Vec<_> = algorithms.into_iter().map(quoted).collect();
    document(
        "application/json",
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
    document("application/jwk-set+json", key_set(&world.keys.get().verifying))
}

/// Keys as a JWK set, in their order.
pub fn key_set(keys: &[VerifyingKey]) -> String {
    let keys: Vec<_> = keys.iter().map(jwk).collect();
    format!("{{\"keys\":[{}]}}", keys.join(","))
}

/// Host and port by which the server is known outside.
pub fn external_address(exchange: &Exchange<'_>) -> String {
    let local = &exchange.request.local_address;
    let Some(host) = &exchange.world.settings.external_hostname else { return local.clone() };
    if host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
        return host.clone();
    }
    let port = local.rsplit_once(':').map_or("443", |(_, port)| port);
    format!("{host}:{port}")
}

fn jwk(key: &VerifyingKey) -> String {
    let (kid, alg) = (&key.kid, key.algorithm.name());
    let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    match &key.numbers {
        Numbers::Rsa { n, e } => format!(
            r#"{{"use":"sig","kty":"RSA","kid":"{kid}","alg":"{alg}","n":"{}","e":"{}"}}"#,
            text(n),
            text(e)
        ),
        Numbers::Ec { curve, x, y } => format!(
            r#"{{"use":"sig","kty":"EC","kid":"{kid}","crv":"{curve}","alg":"{alg}","x":"{}","y":"{}"}}"#,
            text(x),
            text(y)
        ),
    }
}

fn document(content_type: &'static str, body: String) -> Reply {
    let cache_control = Some(CACHE_CONTROL);
    Reply::Document { status: 200, content_type, body: body.into(), cache_control, nosniff: false }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
