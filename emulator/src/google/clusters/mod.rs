//! Attached clusters and the tokens of their agents: the GKE Multi-Cloud API, as far as it is about
//! clusters that are attached. What is done with clusters and tokens is in `world` and `tokens`.
//!
//! No live endpoint of it could be asked. What its protos and public recordings say holds to the
//! letter; the following is our choice:
//! - a subject token that is not accepted is INVALID_ARGUMENT on `subject_token`, with a sentence
//!   and a `reason` of its own; an issuer whose keys cannot be had is FAILED_PRECONDITION;
//! - an `audience` has to be among the subject token's; without one any will do;
//! - a cluster that is STOPPING or in ERROR gets no tokens, and one that is PROVISIONING does;
//! - an operation that is cancelled ends at once; a cluster that was being made is then in ERROR.

mod agent_token;
mod convert;
mod create;
mod delete;
mod explain;
mod install_manifest;
mod issuer;
mod read;
mod rejection;
mod seed;
mod server_config;
mod update;
mod validate;

pub use {
    explain::{Refusal, explain},
    issuer::issuer_of,
    seed::seed,
};

use {
    super::{
        operations,
        service::{Context, Row, Service},
        wire,
    },
    crate::world::operations::operation::{Operation, Outcome},
    prost_reflect::{DynamicMessage, Value},
    std::sync::OnceLock,
};

/// The API's name.
const NAME: &str = "gkemulticloud.googleapis.com";

/// The API.
pub(super) static SERVICE: Service = Service {
    name: NAME,
    title: "GKE Multi-Cloud API",
    package: "google.cloud.gkemulticloud.v1",
    descriptors: include_bytes!("tables/descriptors.binpb"),
    routes: include_str!("tables/routes.txt"),
    methods: &METHODS,
    permission,
    response,
    metadata,
    noted: &["audience", "scope"],
    schema: OnceLock::new(),
};

const METHODS: [Row; 9] = [
    ("AttachedClusters.CreateAttachedCluster", "google.attachedcluster.create", create::create),
    ("AttachedClusters.UpdateAttachedCluster", "google.attachedcluster.update", update::update),
    ("AttachedClusters.ImportAttachedCluster", "google.attachedcluster.import", create::import),
    ("AttachedClusters.GetAttachedCluster", "google.attachedcluster.get", read::get),
    ("AttachedClusters.ListAttachedClusters", "google.attachedcluster.list", read::list),
    ("AttachedClusters.DeleteAttachedCluster", "google.attachedcluster.delete", delete::delete),
    ("AttachedClusters.GetAttachedServerConfig", "google.serverconfig.get", server_config::get),
    (
        "AttachedClusters.GenerateAttachedClusterInstallManifest",
        "google.installmanifest.generate",
        install_manifest::generate,
    ),
    (
        "AttachedClusters.GenerateAttachedClusterAgentToken",
        "google.agenttoken.generate",
        agent_token::generate,
    ),
];

fn response(context: &Context<'_>, outcome: &Outcome) -> Option<DynamicMessage> {
    match outcome {
        Outcome::Cluster(cluster) => Some(convert::to_message(context, cluster)),
        _ => None,
    }
}

fn metadata(context: &Context<'_>, operation: &Operation) -> DynamicMessage {
    let mut metadata = context.message("OperationMetadata");
    wire::set_time(&mut metadata, "create_time", operation.create_time);
    if operation.outcome.is_some() {
        wire::set_time(&mut metadata, "end_time", operation.end_time);
    }
    wire::set_text(&mut metadata, "target", &context.written(&operation.target));
    wire::set_text(&mut metadata, "verb", operations::verb(operation.verb));
    if let Some(Outcome::Failed(failure)) = &operation.outcome {
        wire::set_text(&mut metadata, "error_detail", &failure.message);
    }
    if operation.requested_cancellation {
        metadata.set_field_by_name("requested_cancellation", Value::Bool(true));
    }
    metadata
}

/// `gkemulticloud.attachedClusters.get`, as the method's name has it.
fn permission(method: &str) -> String {
    let name = method.rsplit('.').next().unwrap_or_default();
    let (verb, noun) = match name.find(|letter: char| letter.is_ascii_uppercase()) {
        Some(0) => name[1..]
            .find(|letter: char| letter.is_ascii_uppercase())
            .map_or((name, ""), |at| name.split_at(at + 1)),
        _ => (name, ""),
    };
    let (verb, noun) = match (verb, noun) {
        ("Generate", "AttachedClusterInstallManifest") => {
            ("generateInstallManifest", "AttachedClusters")
        }
        _ => (verb, noun),
    };
    let plural = if noun.ends_with('s') { "" } else { "s" };
    format!("gkemulticloud.{}{plural}.{}", lower(noun), lower(verb))
}

fn lower(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("AttachedClusters.GetAttachedCluster", "attachedClusters.get")]
    #[case("AttachedClusters.ListAttachedClusters", "attachedClusters.list")]
    #[case(
        "AttachedClusters.GenerateAttachedClusterInstallManifest",
        "attachedClusters.generateInstallManifest"
    )]
    #[case("AttachedClusters.GetAttachedServerConfig", "attachedServerConfigs.get")]
    #[case("Operations.CancelOperation", "operations.cancel")]
    fn a_method_wants_a_permission(#[case] method: &str, #[case] expected: &str) {
        assert_eq!(permission(method), format!("gkemulticloud.{expected}"));
    }
}
