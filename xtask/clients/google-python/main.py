"""Google's Python library on the emulator, over each of its transports.

Prints a line for each check: its outcome, the transport, its name and what was wrong.
"""

import sys

from google.api_core import exceptions
from google.cloud import gke_multicloud_v1 as gke
from google.longrunning import operations_pb2

import emulator
import transports
from checks import CHECKS, JWT, PARENT, check, fails, violation, wants


class Session:
    """One transport, and a cluster that its checks share."""

    def __init__(self, transport):
        self.transport = transport
        self.api = transport(emulator.READY["google_access_token"])
        self.id = transport.name
        self.name = f"{PARENT}/attachedClusters/{self.id}"

    def blueprint(self, **more):
        issuer, keys = emulator.issuer()
        return gke.AttachedCluster(
            oidc_config=gke.AttachedOidcConfig(issuer_url=issuer, jwks=keys),
            platform_version="1.33.0-gke.1",
            distribution="generic",
            fleet=gke.Fleet(project="projects/1234"),
            **more,
        )

    def create(self, id, **more):
        request = gke.CreateAttachedClusterRequest(
            parent=PARENT, attached_cluster_id=id, attached_cluster=self.blueprint(), **more
        )
        return self.api.call("create_attached_cluster", request)

    def get(self, name=None):
        return self.api.call("get_attached_cluster", name=name or self.name)

    def delete(self, name, **more):
        return self.api.call("delete_attached_cluster", gke.DeleteAttachedClusterRequest(name=name, **more))

    def update(self, paths, **fields):
        cluster = gke.AttachedCluster(name=self.name, **fields)
        return self.api.call("update_attached_cluster", attached_cluster=cluster, update_mask={"paths": paths})

    def exchange(self, api=None, **fields):
        usual = {"attached_cluster": self.name, "subject_token_type": JWT, "version": "v1"}
        usual["subject_token"] = emulator.subject_token()
        request = gke.GenerateAttachedClusterAgentTokenRequest({**usual, **fields})
        return (api or self.api).call("generate_attached_cluster_agent_token", request)


@check("server config")
def _(s):
    config = s.api.call("get_attached_server_config", name=f"{PARENT}/attachedServerConfig")
    wants(config.name, f"{PARENT}/attachedServerConfig")
    assert all("-gke." in version.version for version in config.valid_versions), config
    assert any(version.enabled for version in config.valid_versions), config


@check("install manifest")
def _(s):
    request = gke.GenerateAttachedClusterInstallManifestRequest(
        parent=PARENT,
        attached_cluster_id="new",
        platform_version="1.33.0-gke.1",
        proxy_config=gke.AttachedProxyConfig(
            kubernetes_secret=gke.KubernetesSecret(name="proxy", namespace="default")
        ),
    )
    answer = s.api.call("generate_attached_cluster_install_manifest", request)
    assert "kind: Namespace" in answer.manifest, answer


@check("validate only")
def _(s):
    s.create("unmade", validate_only=True)
    fails(exceptions.NotFound, lambda: s.get(f"{PARENT}/attachedClusters/unmade"))


@check("create, waited for")
def _(s):
    operation = s.create(s.id)
    wants(operation.metadata.verb, "create")
    wants(operation.metadata.target, s.name)
    cluster = s.api.done(operation)
    wants(cluster.name, s.name)
    wants(cluster.state, gke.AttachedCluster.State.RUNNING)
    assert operation.metadata.end_time >= operation.metadata.create_time, operation.metadata


@check("get, with defaults")
def _(s):
    cluster = s.get()
    wants(cluster.binary_authorization.evaluation_mode, gke.BinaryAuthorization.EvaluationMode.DISABLED)
    assert "managed_prometheus_config" in cluster.monitoring_config, cluster
    assert cluster.fleet.membership.endswith(f"/memberships/{s.id}"), cluster.fleet
    assert cluster.uid and cluster.etag and cluster.create_time, cluster
    wants(cluster.oidc_config.jwks, emulator.issuer()[1])


@check("create once more")
def _(s):
    error = fails(exceptions.Conflict, lambda: s.create(s.id))
    assert isinstance(error, (exceptions.AlreadyExists, exceptions.Conflict)), error


@check("list, page by page")
def _(s):
    s.api.done(s.create(f"{s.id}-2"))
    request = gke.ListAttachedClustersRequest(parent=PARENT, page_size=1)
    pages = s.api.pages(s.api.call("list_attached_clusters", request))
    names = [cluster.name for page in pages for cluster in page.attached_clusters]
    assert {s.name, f"{s.name}-2"} <= set(names), names
    assert all(len(page.attached_clusters) == 1 for page in pages), names
    wants(pages[-1].next_page_token, "")


@check("list with a bad token")
def _(s):
    request = gke.ListAttachedClustersRequest(parent=PARENT, page_token="none of yours")
    error = fails(exceptions.BadRequest, lambda: s.api.call("list_attached_clusters", request))
    wants(violation(error), "pageToken")


@check("update by mask")
def _(s):
    operation = s.update(["description", "annotations"], description="mended", annotations={"a": "b"})
    wants(operation.metadata.verb, "update")
    cluster = s.api.done(operation)
    wants((cluster.description, dict(cluster.annotations)), ("mended", {"a": "b"}))
    wants(cluster.platform_version, "1.33.0-gke.1")


@check("update without a mask")
def _(s):
    wants(violation(fails(exceptions.BadRequest, lambda: s.update([]))), "update_mask")


@check("update of what may not change")
def _(s):
    error = fails(exceptions.BadRequest, lambda: s.update(["distribution"], distribution="eks"))
    wants(violation(error), "update_mask")


@check("update with an old etag")
def _(s):
    error = fails(exceptions.Conflict, lambda: s.update(["description"], etag="b2xk"))
    wants(error.code, 409)


@check("agent token")
def _(s):
    answer = s.exchange()
    wants(answer.token_type, "Bearer")
    assert 0 < answer.expires_in <= 3600, answer.expires_in
    as_agent = s.transport(answer.access_token)
    wants(as_agent.call("get_attached_cluster", name=s.name).name, s.name)


@check("agent token in STS's words")
def _(s):
    answer = s.exchange(
        grant_type="urn:ietf:params:oauth:grant-type:token-exchange",
        requested_token_type="urn:ietf:params:oauth:token-type:access_token",
        scope="https://www.googleapis.com/auth/cloud-platform",
        options='{"userProject":"1234"}',
    )
    assert answer.access_token, "no token"


@check("agent token without a subject token")
def _(s):
    for field in ["subject_token", "subject_token_type", "version"]:
        error = fails(exceptions.BadRequest, lambda: s.exchange(**{field: ""}))
        wants(violation(error), field)


@check("agent token for a bad signature")
def _(s):
    token = emulator.tampered(emulator.subject_token())
    error = fails(exceptions.ClientError, lambda: s.exchange(subject_token=token))
    assert token not in str(error), "the token is told"


@check("agent token for another audience")
def _(s):
    token = emulator.subject_token(audiences=["https://other.example"])
    error = fails(exceptions.ClientError, lambda: s.exchange(subject_token=token, audience="https://vault.example"))
    assert token not in str(error), "the token is told"


@check("agent token of a missing cluster")
def _(s):
    missing = f"{PARENT}/attachedClusters/missing"
    fails(exceptions.NotFound, lambda: s.exchange(attached_cluster=missing))


@check("missing cluster")
def _(s):
    error = fails(exceptions.NotFound, lambda: s.get(f"{PARENT}/attachedClusters/missing"))
    wants((error.message.split(": ")[-1], error.code), ("cluster not found", 404))


@check("operations list")
def _(s):
    request = operations_pb2.ListOperationsRequest(name=PARENT)
    names = [operation.name for operation in s.api.call("list_operations", request).operations]
    assert names and all(name.startswith(f"{PARENT}/operations/") for name in names), names
    operation = s.api.call("get_operation", operations_pb2.GetOperationRequest(name=names[0]))
    assert operation.done, operation
    wants(operation.metadata.type_url, "type.googleapis.com/google.cloud.gkemulticloud.v1.OperationMetadata")


@check("operation cancelled")
def _(s):
    emulator.clock(freeze=True)
    try:
        operation = s.create(f"{s.id}-never")
        name = operation.operation.name
        s.api.call("cancel_operation", operations_pb2.CancelOperationRequest(name=name))
        operation = s.api.call("get_operation", operations_pb2.GetOperationRequest(name=name))
        wants((operation.done, operation.error.code), (True, 1))
        metadata = gke.OperationMetadata.deserialize(operation.metadata.value)
        assert metadata.requested_cancellation, metadata
        s.api.call("delete_operation", operations_pb2.DeleteOperationRequest(name=name))
        get = operations_pb2.GetOperationRequest(name=name)
        fails(exceptions.NotFound, lambda: s.api.call("get_operation", get))
    finally:
        emulator.clock(reset=True)


@check("without credentials")
def _(s):
    error = fails(exceptions.Unauthorized, lambda: s.transport(None).call("get_attached_cluster", name=s.name))
    wants((error.reason, error.domain), ("CREDENTIALS_MISSING", "googleapis.com"))
    wants(error.metadata["service"], "gkemulticloud.googleapis.com")
    wants(error.metadata["method"], "google.cloud.gkemulticloud.v1.AttachedClusters.GetAttachedCluster")


@check("with an unknown bearer")
def _(s):
    api = s.transport("ya29.unknown")
    error = fails(exceptions.Unauthorized, lambda: api.call("get_attached_cluster", name=s.name))
    wants(error.reason, "ACCESS_TOKEN_TYPE_UNSUPPORTED")


@check("without the scope")
def _(s):
    api = s.transport(emulator.WITHOUT_SCOPE)
    error = fails(exceptions.Forbidden, lambda: api.call("get_attached_cluster", name=s.name))
    wants(error.reason, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")


@check("with an expired bearer")
def _(s):
    api = s.transport(s.exchange().access_token)
    emulator.clock(advance="61m")
    try:
        error = fails(exceptions.Unauthorized, lambda: api.call("get_attached_cluster", name=s.name))
        wants(error.reason, "ACCESS_TOKEN_EXPIRED")
    finally:
        emulator.clock(reset=True)


import failing  # noqa: E402 (its checks want the cluster, which the next ones take away)


@check("delete with an old etag")
def _(s):
    wants(fails(exceptions.Conflict, lambda: s.delete(s.name, etag="b2xk")).code, 409)


@check("delete, waited for")
def _(s):
    for name in [s.name, f"{s.name}-2"]:
        operation = s.delete(name, etag=s.get(name).etag)
        wants(operation.metadata.verb, "delete")
        s.api.done(operation)
        fails(exceptions.NotFound, lambda: s.get(name))


@check("delete what is missing")
def _(s):
    fails(exceptions.NotFound, lambda: s.delete(s.name))
    operation = s.delete(s.name, allow_missing=True)
    assert operation.operation.done, operation.operation
    s.api.done(operation)


@check("import")
def _(s):
    membership = f"projects/1234/locations/global/memberships/{s.id}-imported"
    request = gke.ImportAttachedClusterRequest(
        parent=PARENT,
        fleet_membership=membership,
        platform_version="1.33.0-gke.1",
        distribution="aks",
    )
    operation = s.api.call("import_attached_cluster", request)
    wants(operation.metadata.verb, "import")
    cluster = s.api.done(operation)
    wants((cluster.fleet.membership, cluster.distribution), (membership, "aks"))
    s.api.done(s.delete(cluster.name))


def main():
    failures = 0
    for transport in transports.ALL:
        session = Session(transport)
        for name, function in CHECKS:
            try:
                function(session)
                print("ok", transport.name, name, sep="\t", flush=True)
            except Exception as error:  # Whatever it is, the next check is to be heard too.
                failures += 1
                why = f"{type(error).__name__}: {error}".replace("\n", " ").replace("\t", " ")
                print("failed", transport.name, name, why, sep="\t", flush=True)
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
