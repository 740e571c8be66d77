//! `gcloud container aws` and `gcloud container azure`, as far as their tokens need clusters.

use super::{Flow, Session, expect};

pub(super) const FLOWS: &[Flow<Session>] = &[
    Flow { name: "aws get-server-config", run: |s| s.says("aws get-server-config", &[], "gke") },
    Flow { name: "aws clusters create", run: create_on_aws },
    Flow { name: "aws node-pools create", run: create_node_pool },
    Flow { name: "aws clusters print-access-token", run: |s| access_token(s, "aws") },
    Flow { name: "aws operations list", run: |s| s.says("aws operations list", &[], "create") },
    Flow { name: "aws clusters delete", run: delete_on_aws },
    Flow {
        name: "azure get-server-config",
        run: |s| s.says("azure get-server-config", &[], "gke"),
    },
    Flow { name: "azure clusters create", run: create_on_azure },
    Flow { name: "azure clusters print-access-token", run: |s| access_token(s, "azure") },
    Flow {
        name: "azure clusters delete",
        run: |s| s.says("azure clusters delete hosted", &[], "Deleted"),
    },
];

/// Flags that clusters on both clouds have.
const COMMON: &str = "--cluster-version 1.33.0-gke.100 --fleet-project 1234 \
    --pod-address-cidr-blocks 10.2.0.0/16 --service-address-cidr-blocks 10.1.0.0/16";

const AWS: &str = "--aws-region us-west-2 --vpc-id vpc-1 --subnet-ids subnet-1 \
    --role-arn arn:aws:iam::1:role/r --iam-instance-profile profile \
    --database-encryption-kms-key-arn arn:aws:kms:us-west-2:1:key/k \
    --config-encryption-kms-key-arn arn:aws:kms:us-west-2:1:key/k";

const NODE_POOL: &str = "--cluster hosted --node-version 1.33.0-gke.100 --subnet-id subnet-1 \
    --max-pods-per-node 110 --min-nodes 1 --max-nodes 3 --iam-instance-profile profile \
    --config-encryption-kms-key-arn arn:aws:kms:us-west-2:1:key/k";

const AZURE: &str = "--azure-region westus2 --client client --ssh-public-key key \
    --resource-group-id /subscriptions/s/resourceGroups/g --vnet-id /v --subnet-id /s";

fn words(flags: &'static str) -> Vec<&'static str> {
    flags.split_whitespace().collect()
}

fn create_on_aws(s: &Session) -> Result<(), String> {
    let flags = [words(COMMON), words(AWS)].concat();
    s.says("aws clusters create hosted", &flags, "RUNNING")
}

fn create_node_pool(s: &Session) -> Result<(), String> {
    s.says("aws node-pools create pool", &words(NODE_POOL), "RUNNING")
}

fn create_on_azure(s: &Session) -> Result<(), String> {
    let who = ["--tenant-id", "tenant", "--application-id", "application"];
    s.says("azure clients create client", &who, "Created")?;
    let flags = [words(COMMON), words(AZURE)].concat();
    s.says("azure clusters create hosted", &flags, "RUNNING")
}

fn access_token(s: &Session, cloud: &str) -> Result<(), String> {
    let said = s.run(&format!("{cloud} clusters print-access-token hosted"), &[])?;
    expect(&said, "accessToken: ya29.")?;
    expect(&said, "expirationTime")
}

fn delete_on_aws(s: &Session) -> Result<(), String> {
    s.fails("aws clusters delete hosted", &[], "FAILED_PRECONDITION")?;
    s.says("aws node-pools delete pool", &["--cluster", "hosted"], "Deleted")?;
    s.says("aws clusters delete hosted", &[], "Deleted")
}
