"""lightkube."""

from lightkube import ApiError, Client
from lightkube.models.authentication_v1 import TokenRequestSpec, TokenReviewSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.authentication_v1 import TokenReview
from lightkube.resources.core_v1 import ConfigMap, Namespace, ServiceAccount, ServiceAccountToken
from lightkube.types import PatchType

from checks import Checks, contains, equal

CHECKS = Checks("lightkube")
check = CHECKS.check


class Session:
    """A client, and a namespace of its own."""

    def __init__(self):
        self.api = Client(field_manager="lightkube")
        made = self.api.create(Namespace(metadata=ObjectMeta(generateName="lightkube-")))
        self.namespace = made.metadata.name
        self.api.create(ServiceAccount(metadata=ObjectMeta(name="builder", namespace=self.namespace)))

    def map(self, name, data):
        return ConfigMap(metadata=ObjectMeta(name=name, namespace=self.namespace), data=data)


@check("a token")
def token(s):
    request = ServiceAccountToken(metadata=ObjectMeta(), spec=TokenRequestSpec(audiences=["vault"], expirationSeconds=600))
    got = s.api.create(request, "builder", namespace=s.namespace)
    equal(got.spec.expirationSeconds, 600)
    review = s.api.create(TokenReview(metadata=ObjectMeta(), spec=TokenReviewSpec(token=got.status.token, audiences=["vault"])))
    equal(review.status.authenticated, True)
    equal(review.status.user.username, f"system:serviceaccount:{s.namespace}:builder")


@check("an error")
def error(s):
    try:
        s.api.get(ConfigMap, "missing", namespace=s.namespace)
    except ApiError as error:
        equal(error.status.code, 404)
        equal(error.status.reason, "NotFound")
    else:
        raise AssertionError("succeeded")


@check("an object's life, and a watch")
def life(s):
    version = ""
    for made in [s.api.create(s.map("life", {"a": "1"}))]:
        version = made.metadata.resourceVersion
    s.api.patch(ConfigMap, "life", {"data": {"b": "2"}}, namespace=s.namespace)
    s.api.patch(ConfigMap, "life", {"data": {"a": None}}, namespace=s.namespace, patch_type=PatchType.MERGE)
    s.api.delete(ConfigMap, "life", namespace=s.namespace)
    seen = []
    for kind, item in s.api.watch(ConfigMap, namespace=s.namespace, resource_version=version, server_timeout=10):
        seen.append((kind, item.data))
        if kind == "DELETED":
            break
    equal(seen[0], ("MODIFIED", {"a": "1", "b": "2"}))
    equal(seen[1], ("MODIFIED", {"b": "2"}))


@check("server-side apply")
def apply(s):
    got = s.api.apply(s.map("applied", {"a": "1"}))
    equal(got.data, {"a": "1"})
    try:
        s.api.apply(s.map("applied", {"a": "2"}), field_manager="other")
    except ApiError as error:
        contains(error.status.message, "Apply failed with 1 conflict")
    else:
        raise AssertionError("there is no conflict")
    equal(s.api.apply(s.map("applied", {"a": "2"}), field_manager="other", force=True).data, {"a": "2"})


@check("a list in pieces")
def pieces(s):
    for name in ["p1", "p2", "p3"]:
        s.api.create(s.map(name, {}))
    names = [item.metadata.name for item in s.api.list(ConfigMap, namespace=s.namespace, chunk_size=2)]
    contains(names, "p3")
    s.api.deletecollection(ConfigMap, namespace=s.namespace)
    s.api.delete(Namespace, s.namespace)


def run():
    """Runs the checks, and counts those that fail."""
    return CHECKS.run(Session())
