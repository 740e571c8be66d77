//! Tokens for clusters on AWS and Azure: an agent's for a token of its cluster, and a user's.

use {
    super::{Kind, find, write::issuer},
    crate::{
        google::{
            agent_token::{self, Fields},
            auth::CLOUD_PLATFORM,
            names::project_number,
            service::{Context, Stop},
            status::Status,
            wire,
        },
        tokens::{
            exchange::{Issuer, IssuerKeys, Rejection},
            witness::{Facts, Nobody, Witness},
        },
        world::{World, hosted::HostedResource},
    },
    prost_reflect::DynamicMessage,
    std::sync::Arc,
};

/// Generate…ClusterAgentToken. The subject token may be of the cluster's own issuer or of the
/// emulator's, whose keys are the same.
pub(in crate::google) fn agent_token(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let kind = Kind::of(context);
    let fields = Fields::read(request)?;
    let name = wire::text(request, kind.field);
    let cluster = verify(context.world, kind, name, &fields, &mut Nobody)?;
    // The machines of a node pool and of the control plane act for themselves.
    let part =
        if wire::text(request, "node_pool_id").is_empty() { "cpmachine" } else { "npmachine" };
    let agent = agent_token::service_agent(&number_of(&cluster.name), part);
    let minted = agent_token::mint(context, &context.written(&cluster.name), agent, fields.scopes);
    Ok(agent_token::answer(context, minted))
}

/// The cluster of that name, for which the subject token is good.
pub(in crate::google) fn verify(
    world: &World,
    kind: &Kind,
    name: &str,
    fields: &Fields<'_>,
    witness: &mut impl Witness,
) -> Result<Arc<HostedResource>, Status> {
    witness.sees("cluster", || Facts::new(name, format!("one of {}", kind.collection)));
    let cluster = find(world, kind, kind.field, name)?;
    agent_token::check_state(cluster.state, witness)?;
    let own = issuer(&cluster.name);
    let keys = world.keys.get();
    let keys = IssuerKeys::Own(&keys);
    let mut verdict = fields.verify(world, Issuer { url: &own, keys }, witness);
    for url in &world.settings.issuers {
        if verdict != Err(Rejection::Issuer) {
            break;
        }
        witness.begins_anew();
        verdict = fields.verify(world, Issuer { url, keys }, witness);
    }
    verdict.map_err(|why| fields.rejected(&why))?;
    Ok(cluster)
}

/// Generate…AccessToken.
pub(in crate::google) fn access_token(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let kind = Kind::of(context);
    let cluster = find(context.world, kind, kind.field, wire::text(request, kind.field))?;
    agent_token::check_state(cluster.state, &mut Nobody)?;
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
