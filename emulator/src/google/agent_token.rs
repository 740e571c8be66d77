//! GenerateAttachedClusterAgentToken: a token of a cluster's own issuer for one of Google's.

use {
    super::{
        attached_clusters,
        auth::CLOUD_PLATFORM,
        issuer,
        rejection::rejected,
        service::{Context, Stop},
        status::{Code, Status},
        wire,
    },
    crate::{
        tokens::exchange::{self, Issuer},
        world::{
            access_tokens::{AccessToken, Grant},
            clusters::{AttachedCluster, State},
        },
    },
    jiff::Timestamp,
    prost_reflect::{DynamicMessage, Value},
};

const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";

/// How long an access token lives, in seconds. An answer says a second less, as Google's do.
const LIFETIME: i64 = 3600;

/// GenerateAttachedClusterAgentToken.
pub(super) fn generate(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let (token, scopes) = check_fields(request)?;
    let name = wire::text(request, "attached_cluster");
    let cluster = attached_clusters::find(context.world, "attached_cluster", name)?;
    if matches!(cluster.state, State::Stopping | State::Error) {
        let message = "The cluster is being deleted or in error, and gets no tokens.";
        return Err(Status::new(Code::FailedPrecondition, message).into());
    }
    let now = context.world.clock.now();
    let keys = issuer::keys(context, &cluster.oidc)?;
    let issuer = Issuer { url: &cluster.oidc.issuer_url, keys: keys.borrow() };
    let audience = Some(wire::text(request, "audience")).filter(|audience| !audience.is_empty());
    exchange::verify(token, issuer, audience, now).map_err(|why| rejected(&why, audience))?;
    let minted = access_token(&cluster, scopes, now);
    let text = context.world.access_tokens.mint(&context.world.entropy, now, minted);
    let mut answer = context.output();
    answer.set_field_by_name("access_token", Value::String(text));
    answer.set_field_by_name("expires_in", Value::I32(LIFETIME as i32 - 1));
    wire::set_text(&mut answer, "token_type", "Bearer");
    Ok(answer)
}

/// Checks what does not depend on the cluster. Gives the subject token and the scopes.
fn check_fields(request: &DynamicMessage) -> Result<(&str, &str), Status> {
    let token = attached_clusters::required_text(request, "subject_token")?;
    let token_type = attached_clusters::required_text(request, "subject_token_type")?;
    attached_clusters::required_text(request, "version")?;
    if ![JWT, ID_TOKEN].contains(&token_type) {
        let sentence =
            format!("Invalid subject token type. The supported ones are {JWT} and {ID_TOKEN}");
        return Err(Status::bad_field("subject_token_type", &sentence));
    }
    check_constant(request, "grant_type", TOKEN_EXCHANGE, "Invalid grant type")?;
    check_constant(request, "requested_token_type", ACCESS_TOKEN, "Invalid requested token type")?;
    check_options(wire::text(request, "options"))?;
    let scopes = wire::text(request, "scope");
    let is_scope = |scope: &str| {
        let rest = scope.strip_prefix("https://www.googleapis.com/auth/");
        rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(','))
            || matches!(scope, "openid" | "email" | "profile")
    };
    if !scopes.split(' ').filter(|scope| !scope.is_empty()).all(is_scope) {
        return Err(Status::bad_field(
            "scope",
            "Invalid scope. Scopes are URLs, separated by spaces",
        ));
    }
    Ok((token, if scopes.trim().is_empty() { CLOUD_PLATFORM } else { scopes }))
}

/// An optional field for which there is only one value.
fn check_constant(
    request: &DynamicMessage,
    field: &str,
    only: &str,
    sentence: &str,
) -> Result<(), Status> {
    match wire::text(request, field) {
        "" => Ok(()),
        value if value == only => Ok(()),
        _ => Err(Status::bad_field(field, &format!("{sentence}. The supported one is {only}"))),
    }
}

/// Options are a JSON object in a string; google-auth percent-encodes it once more.
fn check_options(options: &str) -> Result<(), Status> {
    let is_object = |text: &str| {
        serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok()
    };
    let encoded = options.starts_with("%7B") || options.starts_with("%7b");
    if options.is_empty() || encoded || is_object(options) {
        return Ok(());
    }
    Err(Status::bad_field("options", "Invalid options. Expected a string that holds a JSON object"))
}

fn access_token(cluster: &AttachedCluster, scopes: &str, now: Timestamp) -> AccessToken {
    let expires = Timestamp::from_second(now.as_second() + LIFETIME).unwrap_or(Timestamp::MAX);
    let scopes = scopes.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned);
    AccessToken {
        grant: Grant {
            principal: principal(cluster),
            scopes: scopes.collect(),
            expires: Some(expires),
        },
        cluster: Some(cluster.name.clone()),
    }
}

/// The service agent that acts for the agents in a cluster.
fn principal(cluster: &AttachedCluster) -> String {
    let project = cluster.name.split('/').nth(1).unwrap_or_default();
    let is_number = project.bytes().all(|byte| byte.is_ascii_digit());
    let fleet = cluster.fleet.project.strip_prefix("projects/").unwrap_or_default();
    let number = if is_number { project } else { fleet };
    format!("service-{number}@gcp-sa-gkemulticloudcontainer.iam.gserviceaccount.com")
}
