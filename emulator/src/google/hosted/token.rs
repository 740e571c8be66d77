//! Tokens for clusters on AWS and Azure: an agent's for a token of its cluster, and a user's.

use {
    super::{Kind, find, write::issuer},
    crate::{
        google::{
            agent_token::{self, Fields},
            auth::CLOUD_PLATFORM,
            names::project_number,
            service::{Context, Stop},
            wire,
        },
        tokens::exchange::{Issuer, IssuerKeys, Rejection},
    },
    prost_reflect::DynamicMessage,
};

/// Generate…ClusterAgentToken. The subject token may be of the cluster's own issuer or of the
/// emulator's, whose keys are the same.
pub(in crate::google) fn agent_token(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let kind = Kind::of(context);
    let fields = Fields::read(request)?;
    let cluster = find(context.world, kind, kind.field, wire::text(request, kind.field))?;
    agent_token::check_state(cluster.state)?;
    let own = issuer(&cluster.name);
    let keys = context.world.keys.get();
    let keys = IssuerKeys::Own(&keys);
    let issuers = std::iter::once(&own).chain(&context.world.settings.issuers);
    let mut verdicts = issuers.map(|url| fields.verify(context, Issuer { url, keys }));
    let verdict = verdicts.find(|verdict| *verdict != Err(Rejection::Issuer));
    verdict.unwrap_or(Err(Rejection::Issuer)).map_err(|why| fields.rejected(&why))?;
    // The machines of a node pool and of the control plane act for themselves.
    let part =
        if wire::text(request, "node_pool_id").is_empty() { "cpmachine" } else { "npmachine" };
    let agent = agent_token::service_agent(&number_of(&cluster.name), part);
    let minted = agent_token::mint(context, &context.written(&cluster.name), agent, fields.scopes);
    Ok(agent_token::answer(context, minted))
}

/// Generate…AccessToken.
pub(in crate::google) fn access_token(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let kind = Kind::of(context);
    let cluster = find(context.world, kind, kind.field, wire::text(request, kind.field))?;
    agent_token::check_state(cluster.state)?;
    let agent = agent_token::service_agent(&number_of(&cluster.name), "");
    let minted = agent_token::mint(context, &context.written(&cluster.name), agent, CLOUD_PLATFORM);
    let mut answer = context.output();
    wire::set_text(&mut answer, "access_token", &minted.text);
    wire::set_time(&mut answer, "expiration_time", minted.expires);
    Ok(answer)
}

fn number_of(name: &str) -> String {
    project_number(name.split('/').nth(1).unwrap_or_default())
}
