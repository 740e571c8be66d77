//! The five kinds, and how each is called where.

use crate::google::{names, service::Context, status::Status};

/// A kind of what runs on AWS or Azure.
#[derive(Debug)]
pub(in crate::google) struct Kind {
    /// The message's name, which ends the names of its methods.
    pub(super) message: &'static str,
    /// The field of requests that holds one.
    pub(super) field: &'static str,
    /// The last but one segment of its names.
    pub(super) collection: &'static str,
    /// The same of the cluster that it belongs to; empty for none.
    pub(super) parent: &'static str,
    /// What errors call it.
    pub(super) noun: &'static str,
}

const KINDS: [Kind; 5] = [
    Kind::new("AwsCluster", "aws_cluster", "awsClusters", "", "cluster"),
    Kind::new("AwsNodePool", "aws_node_pool", "awsNodePools", "awsClusters", "node pool"),
    Kind::new("AzureCluster", "azure_cluster", "azureClusters", "", "cluster"),
    Kind::new("AzureNodePool", "azure_node_pool", "azureNodePools", "azureClusters", "node pool"),
    Kind::new("AzureClient", "azure_client", "azureClients", "", "client"),
];

impl Kind {
    const fn new(
        message: &'static str,
        field: &'static str,
        collection: &'static str,
        parent: &'static str,
        noun: &'static str,
    ) -> Self {
        Self { message, field, collection, parent, noun }
    }

    /// The kind that a method is about: `ListAwsNodePools` has AwsNodePool in it.
    pub(super) fn of(context: &Context<'_>) -> &'static Self {
        let method = context.method.name.rsplit('.').next().unwrap_or_default();
        let kind = KINDS.iter().find(|kind| method.contains(kind.message));
        // Methods that are about tokens and keys of a cluster leave the noun out.
        kind.unwrap_or(if method.contains("Aws") { &KINDS[0] } else { &KINDS[2] })
    }

    /// The kind that has a name.
    pub(super) fn of_name(name: &str) -> Option<&'static Self> {
        let collection = name.rsplit('/').nth(1)?;
        KINDS.iter().find(|kind| kind.collection == collection)
    }

    /// Whether a name is one of this kind's.
    pub(super) fn check_name(&self, field: &str, name: &str) -> Result<(), Status> {
        let malformed = || {
            let pattern = format!("projects/*/locations/*/{}/*", self.path());
            let sentence = format!("Invalid resource name. Expected the form {pattern}.");
            Status::bad_field(field, &sentence)
        };
        let (parent, id) = name.rsplit_once('/').ok_or_else(malformed)?;
        let parent = parent.strip_suffix(self.collection).and_then(|rest| rest.strip_suffix('/'));
        let parent = parent.filter(|_| !id.is_empty()).ok_or_else(malformed)?;
        self.check_parent(parent).map_err(|_| malformed())
    }

    /// Whether there may be something of this kind below a name.
    pub(super) fn check_parent(&self, parent: &str) -> Result<(), Status> {
        if self.parent.is_empty() {
            names::parent("parent", parent).map(drop)
        } else {
            names::member("parent", parent, self.parent).map(drop)
        }
    }

    /// Whether it is a cluster.
    pub(super) fn is_cluster(&self) -> bool {
        self.noun == "cluster"
    }

    fn path(&self) -> String {
        match self.parent {
            "" => self.collection.to_owned(),
            parent => format!("{parent}/*/{}", self.collection),
        }
    }
}
