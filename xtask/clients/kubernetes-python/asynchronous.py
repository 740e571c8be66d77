"""kubernetes_asyncio."""

import asyncio

from kubernetes_asyncio import client, config, watch
from kubernetes_asyncio.client.exceptions import ApiException

from checks import Checks, contains, equal

CHECKS = Checks("python async")
check = CHECKS.check


def asynchronous(function):
    """A check that awaits, with a client of its own."""

    def run(s):
        async def inner():
            await config.load_kube_config()
            async with client.ApiClient() as api:
                await function(s, client.CoreV1Api(api), api)

        asyncio.run(inner())

    return run


class Session:
    """A namespace."""

    namespace = ""


@check("an account and its token")
@asynchronous
async def token(s, core, api):
    meta = client.V1ObjectMeta(generate_name="python-")
    s.namespace = (await core.create_namespace(client.V1Namespace(metadata=meta))).metadata.name
    account = client.V1ServiceAccount(metadata=client.V1ObjectMeta(name="builder"))
    await core.create_namespaced_service_account(s.namespace, account)
    body = {"spec": {"audiences": ["vault"], "expirationSeconds": 600}}
    got = await core.create_namespaced_service_account_token("builder", s.namespace, body)
    equal(got.spec.audiences, ["vault"])
    equal(got.spec.expiration_seconds, 600)
    s.token = got.status.token


@check("review of a token")
@asynchronous
async def review(s, core, api):
    body = {"spec": {"token": s.token, "audiences": ["vault"]}}
    got = await client.AuthenticationV1Api(api).create_token_review(body)
    equal(got.status.authenticated, True)
    equal(got.status.audiences, ["vault"])


@check("an error")
@asynchronous
async def error(s, core, api):
    try:
        await core.create_namespaced_service_account_token("nobody", s.namespace, {})
    except ApiException as error:
        equal(error.status, 404)
        contains(error.body, 'serviceaccounts \\"nobody\\" not found')
    else:
        raise AssertionError("succeeded")


@check("a watch")
@asynchronous
async def watching(s, core, api):
    version = (await core.list_namespaced_config_map(s.namespace)).metadata.resource_version
    body = {"metadata": {"name": "watched"}}
    await core.create_namespaced_config_map(s.namespace, body)
    await core.patch_namespaced_config_map("watched", s.namespace, {"data": {"a": "1"}})
    await core.delete_namespaced_config_map("watched", s.namespace)
    seen = []
    async with watch.Watch() as stream:
        query = {"resource_version": version, "timeout_seconds": 10}
        async for event in stream.stream(core.list_namespaced_config_map, s.namespace, **query):
            if event["object"].metadata.name == "watched":
                seen.append(event["type"])
            if event["type"] == "DELETED":
                break
    equal(seen, ["ADDED", "MODIFIED", "DELETED"])


@check("the namespace is deleted")
@asynchronous
async def delete_namespace(s, core, api):
    await core.delete_namespace(s.namespace)


def run():
    """Runs the checks, and counts those that fail."""
    return CHECKS.run(Session())
