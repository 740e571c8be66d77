//! One of Google's APIs, as this layer sees it: its tables, what its methods do, and the words that
//! are its own. All else, REST, gRPC, errors, pages and operations, is the same for all of them.

use {
    super::{
        names::Project,
        operations,
        schema::{Method, Schema},
        status::{Code, Status},
        wire,
    },
    crate::{
        api::{Fetch, Fetched},
        world::{
            World,
            journal::Summary,
            operations::operation::{Operation, Outcome},
        },
    },
    prost_reflect::DynamicMessage,
    std::{borrow::Cow, sync::OnceLock},
};

/// One of Google's APIs.
pub(crate) struct Service {
    /// Its name: `gkemulticloud.googleapis.com`.
    pub(crate) name: &'static str,
    /// Its title: `GKE Multi-Cloud API`.
    pub(crate) title: &'static str,
    /// The package of its messages: `google.cloud.gkemulticloud.v1`.
    pub(crate) package: &'static str,
    /// A FileDescriptorSet of its messages and services.
    pub(crate) descriptors: &'static [u8],
    /// Its HTTP bindings, one a line: method, HTTP method, path template, body.
    pub(crate) routes: &'static str,
    /// What its methods do; one that is not here is UNIMPLEMENTED.
    pub(crate) methods: &'static [Row],
    /// The permission that a method, by its full name, demands.
    pub(crate) permission: fn(&str) -> String,
    /// What an operation made, as the response that it ends with.
    pub(crate) response: fn(&Context<'_>, &Outcome) -> Option<DynamicMessage>,
    /// What an operation is about, in the API's own metadata.
    pub(crate) metadata: fn(&Context<'_>, &Operation) -> DynamicMessage,
    /// The texts of a request that the journal shows: such as are no credentials.
    pub(crate) noted: &'static [&'static str],
    /// The tables, once they are read.
    pub(crate) schema: OnceLock<Schema>,
}

/// A method: its name below the package (`AttachedClusters.GetAttachedCluster`), its name in the
/// journal, and its work.
pub(crate) type Row = (&'static str, &'static str, Handler);

/// A method's work.
pub(crate) type Handler = fn(&Context<'_>, &DynamicMessage) -> Result<DynamicMessage, Stop>;

/// What a method works with.
pub(crate) struct Context<'a> {
    pub(crate) world: &'a World,
    pub(crate) service: &'static Service,
    pub(crate) method: &'a Method,
    pub(crate) fetched: &'a Fetched,
    /// The project that the request is about.
    pub(crate) project: Project,
}

/// Why a method has no answer.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It ends with an error.
    Status(Status),
    /// It needs a document first.
    Fetch(Fetch),
}

impl Service {
    /// Its tables, which are read when the first request comes, so that a run without any pays
    /// nothing.
    pub(crate) fn schema(&'static self) -> &'static Schema {
        self.schema.get_or_init(|| Schema::read(self))
    }

    /// The method of that full name, which its tables have.
    pub(super) fn row(&self, name: &str) -> (&'static str, Handler) {
        let own = name.strip_prefix(self.package).and_then(|rest| rest.strip_prefix('.'));
        let own = own.and_then(|own| self.methods.iter().find(|(known, ..)| *known == own));
        let row = own.or_else(|| operations::METHODS.iter().find(|(known, ..)| *known == name));
        row.map_or(("", unimplemented), |(_, operation, handler)| (operation, *handler))
    }

    /// Calls a method. Names in the message are as the client wrote them.
    pub(super) fn call(
        &'static self,
        world: &World,
        method: &Method,
        fetched: &Fetched,
        mut message: DynamicMessage,
    ) -> Result<DynamicMessage, Stop> {
        let name = wire::text_at(&message, &method.resource_field).to_owned();
        let project = Project::of(&name);
        wire::set_text_at(&mut message, &method.resource_field, &project.known(&name));
        let context = Context { world, service: self, method, fetched, project };
        (method.handler)(&context, &message)
    }

    /// Adds what a request asks for to its summary.
    pub(super) fn note(&self, method: &Method, message: &DynamicMessage, summary: &mut Summary) {
        let resource = wire::text_at(message, &method.resource_field);
        let noted = self.noted.iter().map(|field| (*field, wire::text(message, field)));
        let details = std::iter::once(("resource", resource)).chain(noted);
        let details = details.filter(|(_, text)| !text.is_empty());
        summary.details.extend(details.map(|(name, text)| (name, text.to_owned())));
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Service").field("name", &self.name).finish_non_exhaustive()
    }
}

impl From<Status> for Stop {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl Context<'_> {
    /// The tables of the API.
    pub(crate) fn schema(&self) -> &'static Schema {
        self.service.schema()
    }

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
        self.schema().message(&format!("{}.{name}", self.service.package))
    }
}

fn unimplemented(_: &Context<'_>, _: &DynamicMessage) -> Result<DynamicMessage, Stop> {
    let message = "Operation is not implemented, or supported, or enabled.";
    Err(Status::new(Code::Unimplemented, message).into())
}
