"""kubernetes, the official library."""

import base64
import json
import tempfile
import threading
import urllib.request

import jwt
import yaml
from kubernetes import client, config, dynamic, utils, watch
from kubernetes.client.exceptions import ApiException

from checks import EMULATOR, Checks, contains, equal

CHECKS = Checks("python")
check = CHECKS.check

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "pod"},
    "spec": {"serviceAccountName": "builder", "containers": [{"name": "main", "image": "pause"}]},
}


class Session:
    """A client, and a namespace of its own."""

    def __init__(self):
        config.load_kube_config()
        self.api = client.CoreV1Api()
        self.reviews = client.AuthenticationV1Api()
        self.rights = client.AuthorizationV1Api()
        self.rbac = client.RbacAuthorizationV1Api()
        meta = client.V1ObjectMeta(generate_name="python-")
        self.namespace = self.api.create_namespace(client.V1Namespace(metadata=meta)).metadata.name
        for name in ["default", "builder"]:
            self.account(name)

    def account(self, name):
        try:
            return self.api.create_namespaced_service_account(self.namespace, named(client.V1ServiceAccount, name))
        except ApiException as error:
            equal(error.status, 409)

    def request(self, account="builder", **spec):
        spec.setdefault("audiences", [])
        body = client.AuthenticationV1TokenRequest(spec=client.V1TokenRequestSpec(**spec))
        return self.api.create_namespaced_service_account_token(account, self.namespace, body)

    def token(self, **spec):
        return self.request(**spec).status.token

    def review(self, token, audiences=None):
        spec = client.V1TokenReviewSpec(token=token, audiences=audiences)
        return self.reviews.create_token_review(client.V1TokenReview(spec=spec)).status

    def map(self, name, data=None):
        body = named(client.V1ConfigMap, name)
        body.data = data or {"a": "1"}
        return self.api.create_namespaced_config_map(self.namespace, body)

    def bearing(self, token):
        """The API for one with that bearer alone."""
        settings = client.Configuration.get_default_copy()
        settings.refresh_api_key_hook = None
        settings.api_key = {"BearerToken": f"Bearer {token}"}
        return client.ApiClient(settings)


def named(kind, name):
    return kind(metadata=client.V1ObjectMeta(name=name))


def claims(token):
    return jwt.decode(token, options={"verify_signature": False})


def fails(status, reason, part, function, *arguments, **more):
    """Wants an ApiException with that status, and a body that is a Status."""
    try:
        function(*arguments, **more)
    except ApiException as error:
        body = json.loads(error.body)
        equal(error.status, status)
        equal((body["kind"], body["reason"]), ("Status", reason))
        contains(body["message"], part)
        return body
    raise AssertionError(f"succeeded, wanted {status}")


@check("a token by default")
def token_by_default(s):
    got = s.request()
    equal(got.spec.expiration_seconds, 3600)
    equal(got.metadata.name, "builder")
    equal(got.spec.audiences, claims(got.status.token)["aud"])
    equal(int(got.status.expiration_timestamp.timestamp()), claims(got.status.token)["exp"])


@check("a token of a dict")
def token_of_dict(s):
    body = {"spec": {"audiences": ["b", "a"], "expirationSeconds": 700}}
    got = s.api.create_namespaced_service_account_token("builder", s.namespace, body)
    equal(claims(got.status.token)["aud"], ["b", "a"])
    equal(claims(got.status.token)["exp"] - claims(got.status.token)["iat"], 700)


@check("lifetimes that are not allowed")
def bad_lifetimes(s):
    for seconds in [0, 599, 2**32 + 1]:
        body = fails(422, "Invalid", "may not specify a duration", s.request, expiration_seconds=seconds)
        equal(body["details"]["causes"][0]["field"], "spec.expirationSeconds")


@check("a service account that is missing")
def missing_account(s):
    body = fails(404, "NotFound", 'serviceaccounts "nobody" not found', s.request, "nobody")
    equal(body["details"], {"name": "nobody", "kind": "serviceaccounts"})


@check("bound to a pod")
def bound_to_pod(s):
    pod = s.api.create_namespaced_pod(s.namespace, POD)
    ref = client.V1BoundObjectReference(kind="Pod", api_version="v1", name="pod", uid=pod.metadata.uid)
    got = s.request(bound_object_ref=ref)
    equal(claims(got.status.token)["kubernetes.io"]["pod"], {"name": "pod", "uid": pod.metadata.uid})
    extra = s.review(got.status.token).user.extra
    equal(extra["authentication.kubernetes.io/pod-name"], ["pod"])
    ref.uid = "another"
    fails(409, "Conflict", "does not match", s.request, bound_object_ref=ref)


@check("review of a token")
def review(s):
    got = s.review(s.token())
    assert got.authenticated
    equal(got.user.username, f"system:serviceaccount:{s.namespace}:builder")
    contains(got.user.groups, f"system:serviceaccounts:{s.namespace}")


@check("review for an audience")
def review_for_audience(s):
    token = s.token(audiences=["vault"])
    equal(s.review(token, ["vault", "x"]).audiences, ["vault"])
    contains(s.review(token).error, "is invalid for the target audiences")
    contains(s.review("a.b.c").error, "invalid bearer token")


@check("who a token is")
def whoami(s):
    api = client.AuthenticationV1Api(s.bearing(s.token()))
    got = api.create_self_subject_review(client.V1SelfSubjectReview())
    equal(got.status.user_info.username, f"system:serviceaccount:{s.namespace}:builder")


@check("a bearer that is unknown")
def unknown_bearer(s):
    fails(401, "Unauthorized", "Unauthorized", client.CoreV1Api(s.bearing("unknown")).list_namespace)


@check("a bearer without the right")
def forbidden(s):
    api = client.CoreV1Api(s.bearing(s.token()))
    body = fails(403, "Forbidden", 'cannot list resource "secrets"', api.list_namespaced_secret, s.namespace)
    equal(body["details"], {"kind": "secrets"})


@check("access reviews")
def access(s):
    attributes = client.V1ResourceAttributes(verb="create", resource="serviceaccounts", subresource="token", namespace=s.namespace)
    own = client.V1SelfSubjectAccessReviewSpec(resource_attributes=attributes)
    assert s.rights.create_self_subject_access_review(client.V1SelfSubjectAccessReview(spec=own)).status.allowed
    others = client.V1SubjectAccessReviewSpec(user="nobody", resource_attributes=attributes)
    got = s.rights.create_subject_access_review(client.V1SubjectAccessReview(spec=others))
    equal(got.status.allowed, False)
    rules = client.V1SelfSubjectRulesReview(spec=client.V1SelfSubjectRulesReviewSpec(namespace=s.namespace))
    assert s.rights.create_self_subject_rules_review(rules).status.resource_rules


@check("a role that gives the right")
def role(s):
    rule = client.V1PolicyRule(api_groups=[""], resources=["serviceaccounts/token"], verbs=["create"])
    body = named(client.V1Role, "tokens")
    body.rules = [rule]
    s.rbac.create_namespaced_role(s.namespace, body)
    ref = client.V1RoleRef(api_group="rbac.authorization.k8s.io", kind="Role", name="tokens")
    subject = client.RbacV1Subject(kind="ServiceAccount", name="builder", namespace=s.namespace)
    binding = client.V1RoleBinding(metadata=client.V1ObjectMeta(name="tokens"), role_ref=ref, subjects=[subject])
    s.rbac.create_namespaced_role_binding(s.namespace, binding)
    api = client.CoreV1Api(s.bearing(s.token()))
    soon(lambda: api.create_namespaced_service_account_token("builder", s.namespace, {}))


def soon(function):
    """Wants something to succeed within a few seconds: a right is not there at once."""
    for turn in range(100):
        try:
            return function()
        except ApiException:
            threading.Event().wait(0.1)
    return function()


@check("an object's life")
def life(s):
    made = s.map("life")
    made.data["a"] = "2"
    got = s.api.replace_namespaced_config_map("life", s.namespace, made)
    fails(409, "Conflict", "the object has been modified", s.api.replace_namespaced_config_map, "life", s.namespace, made)
    equal(got.data, {"a": "2"})
    fails(409, "AlreadyExists", "already exists", s.map, "life")
    s.api.delete_namespaced_config_map("life", s.namespace)
    fails(404, "NotFound", "not found", s.api.read_namespaced_config_map, "life", s.namespace)


@check("patches: a dict and a list")
def patches(s):
    s.map("patched")
    patch = s.api.patch_namespaced_config_map
    equal(patch("patched", s.namespace, {"data": {"b": "2", "a": None}}).data, {"b": "2"})
    operations = [{"op": "replace", "path": "/data/b", "value": "3"}]
    equal(patch("patched", s.namespace, operations).data, {"b": "3"})
    bad = [{"op": "test", "path": "/data/b", "value": "4"}]
    fails(422, "Invalid", "the server rejected our request", patch, "patched", s.namespace, bad)


@check("a dry run, and strict fields")
def dry_run(s):
    body = named(client.V1ConfigMap, "dry")
    s.api.create_namespaced_config_map(s.namespace, body, dry_run="All")
    fails(404, "NotFound", "not found", s.api.read_namespaced_config_map, "dry", s.namespace)
    create = s.api.create_namespaced_config_map
    fails(422, "Invalid", "fieldValidation: Unsupported value", create, s.namespace, body, field_validation="Never")


@check("a secret")
def secret(s):
    body = named(client.V1Secret, "secret")
    body.string_data = {"key": "value"}
    got = s.api.create_namespaced_secret(s.namespace, body)
    equal(base64.b64decode(got.data["key"]), b"value")
    equal(got.type, "Opaque")


@check("a list in pieces")
def pieces(s):
    for name in ["p1", "p2", "p3"]:
        body = client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels={"piece": "yes"}))
        s.api.create_namespaced_config_map(s.namespace, body)
    names, token = [], None
    while token != "":
        page = s.api.list_namespaced_config_map(s.namespace, label_selector="piece=yes", limit=2, _continue=token)
        names += [item.metadata.name for item in page.items]
        token = page.metadata._continue or ""
    equal(names, ["p1", "p2", "p3"])
    s.api.delete_collection_namespaced_config_map(s.namespace, label_selector="piece=yes")
    equal(s.api.list_namespaced_config_map(s.namespace, label_selector="piece").items, [])


@check("a watch")
def watching(s):
    version = s.api.list_namespaced_config_map(s.namespace).metadata.resource_version
    s.map("watched")
    s.api.patch_namespaced_config_map("watched", s.namespace, {"data": {"a": "2"}})
    s.api.delete_namespaced_config_map("watched", s.namespace)
    stream = watch.Watch()
    seen = []
    for event in stream.stream(s.api.list_namespaced_config_map, s.namespace, resource_version=version, timeout_seconds=10):
        seen.append((event["type"], event["object"].metadata.name))
        if event["type"] == "DELETED":
            stream.stop()
    equal(seen, [(kind, "watched") for kind in ["ADDED", "MODIFIED", "DELETED"]])


@check("a watch that the server ends, and that goes on")
def watch_ends(s):
    stream, seen = watch.Watch(), []
    for turn in ["first", "second"]:
        s.map(turn)
        for event in stream.stream(s.api.list_namespaced_config_map, s.namespace, timeout_seconds=1):
            seen.append(event["object"].metadata.name)
    contains(seen, "first")
    contains(seen, "second")


@check("a watch with bookmarks")
def bookmarks(s):
    query = {"allow_watch_bookmarks": True, "send_initial_events": True, "resource_version_match": "NotOlderThan"}
    stream = watch.Watch()
    for event in stream.stream(s.api.list_namespaced_service_account, s.namespace, timeout_seconds=10, **query):
        if event["type"] == "BOOKMARK":
            annotations = event["raw_object"]["metadata"]["annotations"]
            equal(annotations, {"k8s.io/initial-events-end": "true"})
            return
    raise AssertionError("no bookmark came")


@check("a watch from what is no version")
def bad_watch(s):
    try:
        list(watch.Watch().stream(s.api.list_namespaced_config_map, s.namespace, resource_version="x", timeout_seconds=1))
    except ApiException as error:
        contains(error.body, "invalid syntax")
    else:
        raise AssertionError("succeeded")


@check("dynamic: a token and an object")
def dynamically(s):
    api = dynamic.DynamicClient(client.ApiClient())
    accounts = api.resources.get(api_version="v1", kind="ServiceAccount")
    got = accounts.get(name="builder", namespace=s.namespace)
    equal(got.metadata.name, "builder")
    token = accounts.subresources["token"].create(name="builder", namespace=s.namespace, body={"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}})
    equal(claims(token.status.token)["sub"], f"system:serviceaccount:{s.namespace}:builder")
    maps = api.resources.get(api_version="v1", kind="ConfigMap")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "dynamic"}, "data": {"a": "1"}}
    maps.create(body=body, namespace=s.namespace)
    patched = maps.patch(name="dynamic", namespace=s.namespace, body={"data": {"a": "2"}}, content_type="application/merge-patch+json")
    equal(patched.data.a, "2")
    equal(len(api.resources.search(kind="TokenReview")), 1)


@check("dynamic: server-side apply")
def apply(s):
    api = dynamic.DynamicClient(client.ApiClient())
    maps = api.resources.get(api_version="v1", kind="ConfigMap")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}, "data": {"a": "1"}}
    got = maps.server_side_apply(body=body, namespace=s.namespace, field_manager="python")
    equal(got.metadata.managedFields[0].operation, "Apply")
    body["data"] = {"a": "2"}
    try:
        maps.server_side_apply(body=body, namespace=s.namespace, field_manager="other")
    except dynamic.exceptions.ConflictError as error:
        contains(error.body, "Apply failed with 1 conflict")
    else:
        raise AssertionError("there is no conflict")


@check("create from YAML")
def from_yaml(s):
    text = yaml.safe_dump_all([POD | {"metadata": {"name": "yaml"}}, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "yaml"}}])
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        made = utils.create_from_yaml(client.ApiClient(), file.name, namespace=s.namespace)
    equal(len(made), 2)


@check("discovery")
def discovery(s):
    contains([group.name for group in client.ApisApi().get_api_versions().groups], "authentication.k8s.io")
    resources = {resource.name: resource.kind for resource in s.api.get_api_resources().resources}
    equal(resources["serviceaccounts/token"], "TokenRequest")
    equal(client.VersionApi().get_code().major, "1")


@check("the keys verify a token")
def verify(s):
    api = client.ApiClient()
    document = client.WellKnownApi(api).get_service_account_issuer_open_id_configuration()
    document = json.loads(document.replace("'", '"')) if isinstance(document, str) else document
    keys = client.OpenidApi(api).get_service_account_issuer_open_id_keyset()
    keys = json.loads(keys.replace("'", '"')) if isinstance(keys, str) else keys
    token = s.token(audiences=["vault"])
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]]
    got = jwt.decode(token, key, algorithms=document["id_token_signing_alg_values_supported"], audience="vault", issuer=document["issuer"])
    equal(got["sub"], f"system:serviceaccount:{s.namespace}:builder")


@check("PyJWKClient fetches the keys")
def jwk_client(s):
    settings = client.Configuration.get_default_copy()
    context = __import__("ssl").create_default_context(cafile=settings.ssl_ca_cert)
    headers = {"Authorization": f"Bearer {s.token()}"}
    url = f"{settings.host}/openid/v1/jwks"
    token = s.token()
    key = jwt.PyJWKClient(url, headers=headers, ssl_context=context).get_signing_key_from_jwt(token)
    jwt.decode(token, key.key, algorithms=["RS256"], audience=claims(token)["aud"])


@check("a token dies with its pod")
def dies(s):
    s.api.create_namespaced_pod(s.namespace, POD | {"metadata": {"name": "dying"}})
    ref = client.V1BoundObjectReference(kind="Pod", api_version="v1", name="dying")
    token = s.token(bound_object_ref=ref)
    deleted = s.api.delete_namespaced_pod("dying", s.namespace, grace_period_seconds=0)
    equal(deleted.metadata.name, "dying")
    until(lambda: not s.review(token).authenticated)


def until(holds):
    for turn in range(150):
        if holds():
            return
        threading.Event().wait(0.1)
    raise AssertionError("not so in time")


@check("the namespace is deleted")
def delete_namespace(s):
    s.api.delete_namespace(s.namespace)


@check("a token expires", on_emulator="the clock of a real server cannot be moved")
def expires(s):
    meta = client.V1ObjectMeta(generate_name="python-")
    s.namespace = s.api.create_namespace(client.V1Namespace(metadata=meta)).metadata.name
    s.account("builder")
    token = s.token()
    urllib.request.urlopen(f"{EMULATOR}/_emulator/v1/clock", data=b'{"advance": "2h"}')
    contains(s.review(token).error, "service account token has expired")


def run():
    """Runs the checks, and counts those that fail."""
    return CHECKS.run(Session())
