"""Checks of the clusters that Google would run on AWS and on Azure, as far as their tokens go."""

from google.api_core import exceptions
from google.cloud import gke_multicloud_v1 as gke

import emulator
from checks import JWT, PARENT, check, fails, violation, wants


def aws(s):
    return s.transport(emulator.READY["google_access_token"], "AwsClusters")


def azure(s):
    return s.transport(emulator.READY["google_access_token"], "AzureClusters")


def aws_name(s):
    return f"{PARENT}/awsClusters/{s.id}"


def is_bearer(s, token):
    """Whether that opens the API."""
    config = s.transport(token).call("get_attached_server_config", name=f"{PARENT}/attachedServerConfig")
    assert config.valid_versions, config


@check("AWS server config")
def _(s):
    config = aws(s).call("get_aws_server_config", name=f"{PARENT}/awsServerConfig")
    assert any("-gke." in version.version for version in config.valid_versions), config


@check("AWS create, waited for")
def _(s):
    cluster = gke.AwsCluster(
        aws_region="us-west-2",
        networking=gke.AwsClusterNetworking(
            vpc_id="vpc-1",
            pod_address_cidr_blocks=["10.2.0.0/16"],
            service_address_cidr_blocks=["10.1.0.0/16"],
        ),
        control_plane=gke.AwsControlPlane(
            version="1.33.0-gke.100",
            subnet_ids=["subnet-1"],
            iam_instance_profile="profile",
            database_encryption=gke.AwsDatabaseEncryption(kms_key_arn="key"),
            config_encryption=gke.AwsConfigEncryption(kms_key_arn="key"),
            aws_services_authentication=gke.AwsServicesAuthentication(role_arn="role"),
        ),
        authorization=gke.AwsAuthorization(admin_users=[gke.AwsClusterUser(username="someone")]),
        fleet=gke.Fleet(project="projects/1234"),
    )
    request = gke.CreateAwsClusterRequest(parent=PARENT, aws_cluster_id=s.id, aws_cluster=cluster)
    api = aws(s)
    cluster = api.done(api.call("create_aws_cluster", request))
    wants((cluster.name, cluster.state), (aws_name(s), gke.AwsCluster.State.RUNNING))
    assert cluster.workload_identity_config.issuer_uri.endswith(aws_name(s)), cluster


@check("AWS access token")
def _(s):
    answer = aws(s).call("generate_aws_access_token", gke.GenerateAwsAccessTokenRequest(aws_cluster=aws_name(s)))
    assert answer.expiration_time, answer
    is_bearer(s, answer.access_token)


@check("AWS agent token")
def _(s):
    request = gke.GenerateAwsClusterAgentTokenRequest(
        aws_cluster=aws_name(s),
        node_pool_id="pool",
        subject_token=emulator.subject_token(),
        subject_token_type=JWT,
        version="v1",
    )
    answer = aws(s).call("generate_aws_cluster_agent_token", request)
    wants(answer.token_type, "Bearer")
    is_bearer(s, answer.access_token)


@check("AWS agent token without a subject token")
def _(s):
    request = gke.GenerateAwsClusterAgentTokenRequest(aws_cluster=aws_name(s))
    error = fails(exceptions.BadRequest, lambda: aws(s).call("generate_aws_cluster_agent_token", request))
    wants(violation(error), "subject_token")


@check("AWS discovery and keys, without credentials")
def _(s):
    anybody = s.transport(None, "AwsClusters")
    config = anybody.call("get_aws_open_id_config", gke.GetAwsOpenIdConfigRequest(aws_cluster=aws_name(s)))
    wants(config.jwks_uri, f"{config.issuer}/jwks")
    keys = anybody.call("get_aws_json_web_keys", gke.GetAwsJsonWebKeysRequest(aws_cluster=aws_name(s)))
    wants([key.kid for key in keys.keys], [key["kid"] for key in emulator.ask("/openid/v1/jwks")["keys"]])


@check("AWS missing cluster")
def _(s):
    missing = f"{PARENT}/awsClusters/missing"
    fails(exceptions.NotFound, lambda: aws(s).call("get_aws_cluster", name=missing))


@check("AWS delete, waited for")
def _(s):
    api = aws(s)
    api.done(api.call("delete_aws_cluster", name=aws_name(s)))
    fails(exceptions.NotFound, lambda: api.call("get_aws_cluster", name=aws_name(s)))


@check("Azure client, created and deleted")
def _(s):
    api = azure(s)
    client = gke.AzureClient(tenant_id="tenant", application_id="application")
    request = gke.CreateAzureClientRequest(parent=PARENT, azure_client_id=s.id, azure_client=client)
    made = api.done(api.call("create_azure_client", request))
    wants((made.name, made.tenant_id), (f"{PARENT}/azureClients/{s.id}", "tenant"))
    api.done(api.call("delete_azure_client", name=made.name))


@check("Azure access token of a missing cluster")
def _(s):
    request = gke.GenerateAzureAccessTokenRequest(azure_cluster=f"{PARENT}/azureClusters/missing")
    fails(exceptions.NotFound, lambda: azure(s).call("generate_azure_access_token", request))
