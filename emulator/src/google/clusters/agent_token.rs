//! GenerateAttachedClusterAgentToken: a token of a cluster's own issuer for one of Google's.

use {
    super::{issuer, read, rejection::rejected, validate},
    crate::{
        api::Fetched,
        google::{
            auth::CLOUD_PLATFORM,
            service::{Context, Stop},
            status::{Code, Status},
            wire,
        },
        tokens::{
            exchange::{self, Issuer, Rejection},
            witness::{Facts, Nobody, Witness},
        },
        world::{
            World,
            access_tokens::{AccessToken, Grant},
            attached_cluster::{AttachedCluster, State},
        },
    },
    jiff::Timestamp,
    prost_reflect::{DynamicMessage, Value},
    std::sync::Arc,
};

const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";

/// How long an access token lives, in seconds.
const LIFETIME: i64 = 3600;

/// What an answer says of it: a second less, as Google's do.
const EXPIRES_IN: i32 = 3599;

/// GenerateAttachedClusterAgentToken.
pub(super) fn generate(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let fields = Fields::read(request)?;
    let name = wire::text(request, "attached_cluster");
    let cluster = verify(context.world, context.fetched, name, &fields, &mut Nobody)?;
    let project = cluster.name.split('/').nth(1).unwrap_or_default();
    let agent = service_agent(project);
    let token = mint(context, &context.written(&cluster.name), agent, fields.scopes);
    let mut answer = context.output();
    wire::set_text(&mut answer, "access_token", &token);
    answer.set_field_by_name("expires_in", Value::I32(EXPIRES_IN));
    wire::set_text(&mut answer, "token_type", "Bearer");
    Ok(answer)
}

/// The cluster of that name, whose issuer made the subject token.
pub(super) fn verify(
    world: &World,
    fetched: &Fetched,
    name: &str,
    fields: &Fields<'_>,
    witness: &mut impl Witness,
) -> Result<Arc<AttachedCluster>, Stop> {
    witness.sees("cluster", || Facts::new(name, "an attached cluster"));
    let cluster = read::find(world, "attached_cluster", name)?;
    check_state(cluster.state, witness)?;
    let url = &cluster.oidc.issuer_url;
    let verdict = |witness: &mut _| {
        witness_keys(witness, url);
        let keys = issuer::keys(world, fetched, &cluster.oidc)?;
        let issuer = Issuer { url, keys: keys.borrow() };
        Ok::<_, Stop>(fields.verify(world, issuer, witness))
    };
    let mut verified = verdict(witness)?;
    // Keys that were kept may be out of date.
    if verified == Err(Rejection::UnknownKey) && issuer::forget(world, fetched, &cluster.oidc) {
        witness.begins_anew();
        verified = verdict(witness)?;
    }
    verified.map_err(|why| fields.rejected(&why))?;
    Ok(cluster)
}

fn witness_keys(witness: &mut impl Witness, issuer: &str) {
    witness.sees("keys", || Facts::new(issuer, "an issuer whose keys are there or can be fetched"));
}

/// What a request for an agent's token says, as far as no cluster has a say in it.
pub(super) struct Fields<'a> {
    token: &'a str,
    audience: Option<&'a str>,
    /// The scopes asked for, separated by spaces.
    scopes: &'a str,
}

impl<'a> Fields<'a> {
    /// Those of a request that is right in all else.
    pub(super) fn of(token: &'a str, audience: Option<&'a str>) -> Self {
        Self { token, audience, scopes: "" }
    }

    /// Reads them, and checks them in the order of their numbers.
    fn read(request: &'a DynamicMessage) -> Result<Self, Status> {
        let (token, scopes) = check_fields(request)?;
        let audience =
            Some(wire::text(request, "audience")).filter(|audience| !audience.is_empty());
        Ok(Self { token, audience, scopes })
    }

    /// Whether the subject token is the issuer's.
    fn verify(
        &self,
        world: &World,
        issuer: Issuer<'_>,
        witness: &mut impl Witness,
    ) -> Result<String, Rejection> {
        exchange::verify(self.token, issuer, self.audience, world.clock.now(), witness)
    }

    /// The error for a subject token that is not.
    fn rejected(&self, why: &Rejection) -> Status {
        rejected(why, self.audience)
    }
}

/// A cluster that goes, or is broken, gets no tokens.
fn check_state(state: State, witness: &mut impl Witness) -> Result<(), Status> {
    let wanted = "neither Stopping nor Error";
    witness.sees("state", || Facts::new(format!("{state:?}"), wanted));
    if !matches!(state, State::Stopping | State::Error) {
        return Ok(());
    }
    let message = "The cluster is being deleted or in error, and gets no tokens.";
    Err(Status::new(Code::FailedPrecondition, message))
}

/// Mints an access token for a cluster's agent.
fn mint(context: &Context<'_>, cluster: &str, principal: String, scopes: &str) -> String {
    let now = context.world.clock.now();
    let expires = Timestamp::from_second(now.as_second() + LIFETIME).unwrap_or(Timestamp::MAX);
    let scopes = scopes.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    let grant = Grant { principal, scopes, expires: Some(expires) };
    let token = AccessToken { grant, cluster: Some(cluster.to_owned()) };
    context.world.access_tokens.mint(&context.world.entropy, now, token)
}

/// The service agent of a project that acts for the agents in its clusters.
fn service_agent(project_number: &str) -> String {
    format!("service-{project_number}@gcp-sa-gkemulticloudcontainer.iam.gserviceaccount.com")
}

/// Checks what does not depend on the cluster. Gives the subject token and the scopes.
fn check_fields(request: &DynamicMessage) -> Result<(&str, &str), Status> {
    let token = validate::present(request, "subject_token")?;
    let token_type = validate::present(request, "subject_token_type")?;
    validate::present(request, "version")?;
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
