//! What relying parties read of a cluster's issuer: its discovery document and its keys. The
//! clusters that Google would run have the emulator's own keys here.

use {
    super::{Kind, find, write::issuer},
    crate::{
        google::{
            service::{Context, Stop},
            wire,
        },
        world::keys::{Numbers, VerifyingKey},
    },
    base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD},
    prost_reflect::{DynamicMessage, Value},
};

/// Get…OpenIdConfig.
pub(in crate::google) fn configuration(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let kind = Kind::of(context);
    let cluster = find(context.world, kind, kind.field, wire::text(request, kind.field))?;
    let issuer = issuer(&cluster.name);
    let keys = context.world.keys.get();
    let mut algorithms: Vec<&str> = keys.published().map(|key| key.algorithm.name()).collect();
    algorithms.sort_unstable();
    algorithms.dedup();
    let mut answer = context.output();
    wire::set_text(&mut answer, "issuer", &issuer);
    wire::set_text(&mut answer, "jwks_uri", &format!("{issuer}/jwks"));
    set_texts(&mut answer, "response_types_supported", &["id_token"]);
    set_texts(&mut answer, "subject_types_supported", &["public"]);
    set_texts(&mut answer, "id_token_signing_alg_values_supported", &algorithms);
    set_texts(&mut answer, "claims_supported", &["iss", "sub", "kubernetes.io"]);
    let grant_types = ["urn:kubernetes:grant_type:programmatic_authorization"];
    set_texts(&mut answer, "grant_types", &grant_types);
    Ok(answer)
}

/// Get…JsonWebKeys.
pub(in crate::google) fn keys(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let kind = Kind::of(context);
    find(context.world, kind, kind.field, wire::text(request, kind.field))?;
    let mut answer = context.output();
    let keys = context.world.keys.get();
    let keys = keys.published().map(|key| jwk(context, key));
    wire::set_messages(&mut answer, "keys", keys);
    Ok(answer)
}

fn jwk(context: &Context<'_>, key: &VerifyingKey) -> DynamicMessage {
    let mut jwk = context.message("Jwk");
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    wire::set_text(&mut jwk, "alg", key.algorithm.name());
    wire::set_text(&mut jwk, "use", "sig");
    wire::set_text(&mut jwk, "kid", &key.kid);
    match &key.numbers {
        Numbers::Rsa { n, e } => {
            wire::set_text(&mut jwk, "kty", "RSA");
            wire::set_text(&mut jwk, "n", &encode(n));
            wire::set_text(&mut jwk, "e", &encode(e));
        }
        Numbers::Ec { curve, x, y } => {
            wire::set_text(&mut jwk, "kty", "EC");
            wire::set_text(&mut jwk, "crv", curve);
            wire::set_text(&mut jwk, "x", &encode(x));
            wire::set_text(&mut jwk, "y", &encode(y));
        }
    }
    jwk
}

fn set_texts(message: &mut DynamicMessage, field: &str, texts: &[&str]) {
    let texts = texts.iter().map(|text| Value::String((*text).to_owned()));
    message.set_field_by_name(field, Value::List(texts.collect()));
}
