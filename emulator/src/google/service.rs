//! The methods: one function each, the same over REST and over gRPC.

use {
    super::{
        agent_token, attached_clusters, install_manifest,
        names::Project,
        operations,
        schema::{Method, Schema},
        server_config,
        status::{Code, Status},
        wire,
    },
    crate::{
        api::{Fetch, Fetched},
        world::World,
    },
    prost_reflect::DynamicMessage,
    std::borrow::Cow,
};

/// A method's work.
pub(crate) type Handler = fn(&Context<'_>, &DynamicMessage) -> Result<DynamicMessage, Stop>;

/// What a method works with.
pub(crate) struct Context<'a> {
    pub(crate) world: &'a World,
    pub(crate) schema: &'a Schema,
    pub(crate) method: &'a Method,
    pub(crate) fetched: &'a Fetched,
    /// The project that the request is about.
    pub(crate) project: Project,
}

/// Has a method answer a message, of which the names are as its client wrote them.
pub(crate) fn call(
    (world, schema): (&World, &Schema),
    method: &Method,
    fetched: &Fetched,
    mut message: DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let name = wire::text_at(&message, &method.resource_field).to_owned();
    let project = Project::of(&name);
    wire::set_text_at(&mut message, &method.resource_field, &project.known(&name));
    (method.handler)(&Context { world, schema, method, fetched, project }, &message)
}

/// Why a method has no answer.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It ends with an error.
    Status(Status),
    /// It needs a document first.
    Fetch(Fetch),
}

impl From<Status> for Stop {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl Context<'_> {
    /// An empty answer of the method's own type.
    pub(crate) fn output(&self) -> DynamicMessage {
        DynamicMessage::new(self.method.output.clone())
    }

    /// A name as the request would write it.
    pub(crate) fn written<'a>(&self, name: &'a str) -> Cow<'a, str> {
        self.project.written(name)
    }

    /// An empty message of a type of this API.
    pub(crate) fn message(&self, name: &str) -> DynamicMessage {
        self.schema.message(&format!("google.cloud.gkemulticloud.v1.{name}"))
    }
}

/// What a method does, by its full name.
pub(crate) fn handler(name: &str) -> Handler {
    let name = name.strip_prefix("google.cloud.gkemulticloud.v1.").unwrap_or(name);
    match name {
        "AttachedClusters.CreateAttachedCluster" => attached_clusters::create,
        "AttachedClusters.UpdateAttachedCluster" => attached_clusters::update,
        "AttachedClusters.ImportAttachedCluster" => attached_clusters::import,
        "AttachedClusters.GetAttachedCluster" => attached_clusters::get,
        "AttachedClusters.ListAttachedClusters" => attached_clusters::list,
        "AttachedClusters.DeleteAttachedCluster" => attached_clusters::delete,
        "AttachedClusters.GetAttachedServerConfig" => server_config::get,
        "AttachedClusters.GenerateAttachedClusterInstallManifest" => install_manifest::generate,
        "AttachedClusters.GenerateAttachedClusterAgentToken" => agent_token::generate,
        "google.longrunning.Operations.GetOperation" => operations::get,
        "google.longrunning.Operations.ListOperations" => operations::list,
        "google.longrunning.Operations.DeleteOperation" => operations::delete,
        "google.longrunning.Operations.CancelOperation" => operations::cancel,
        _ => unimplemented,
    }
}

fn unimplemented(_: &Context<'_>, _: &DynamicMessage) -> Result<DynamicMessage, Stop> {
    let message = "Operation is not implemented, or supported, or enabled.";
    Err(Status::new(Code::Unimplemented, message).into())
}
