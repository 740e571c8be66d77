"""Checks of what fails on order: what the library tries again, and what it tells of the rest."""

from google.api_core import exceptions

import emulator
from checks import check, fails, wants


def order(code, **more):
    """Lets the next requests for a method fail."""
    emulator.ask("/_emulator/v1/faults", {"code": code, **more})


def asked(s):
    """How often the session's cluster was got, as the emulator's journal has it."""
    entries = emulator.ask("/_emulator/v1/journal")["entries"]
    paths = [entry["path"] for entry in entries if entry["method"] == "GET" or "/v1/" not in entry["path"]]
    return sum(path.endswith(("/GetAttachedCluster", f"/v1/{s.name}")) for path in paths)


@check("tried again by the library")
def _(s):
    before = asked(s)
    order("UNAVAILABLE", method="GetAttachedCluster", times=2)
    wants(s.get().name, s.name)
    wants(asked(s) - before, 3)


@check("not tried again by the library")
def _(s):
    order("INTERNAL", method="GetAttachedCluster")
    before = asked(s)
    fails(exceptions.InternalServerError, s.get)
    wants(asked(s) - before, 1)
    wants(s.get().name, s.name)


@check("a token that is unavailable once")
def _(s):
    order("UNAVAILABLE", method="GenerateAttachedClusterAgentToken")
    assert s.exchange().access_token, "no token"
    wants(emulator.ask("/_emulator/v1/faults"), {"faults": []})


@check("over quota")
def _(s):
    order("RESOURCE_EXHAUSTED", reason="RATE_LIMIT_EXCEEDED", method="GenerateAttachedClusterAgentToken")
    error = fails(exceptions.TooManyRequests, s.exchange)
    wants((error.reason, error.domain), ("RATE_LIMIT_EXCEEDED", "googleapis.com"))
    wants(error.metadata["quota_limit"], "RequestsPerMinutePerProject")
    wants(error.metadata["consumer"], "projects/1234")


@check("without the permission")
def _(s):
    order("PERMISSION_DENIED", reason="IAM_PERMISSION_DENIED", method="GetAttachedCluster")
    error = fails(exceptions.Forbidden, s.get)
    wants((error.reason, error.domain), ("IAM_PERMISSION_DENIED", "iam.googleapis.com"))
    wants(error.metadata["permission"], "gkemulticloud.attachedClusters.get")
    wants(error.metadata["resource"], s.name)


@check("the API is turned off")
def _(s):
    order("PERMISSION_DENIED", reason="SERVICE_DISABLED", method="GetAttachedCluster")
    error = fails(exceptions.Forbidden, s.get)
    wants((error.reason, error.metadata["service"]), ("SERVICE_DISABLED", "gkemulticloud.googleapis.com"))


@check("an operation that fails")
def _(s):
    fail = {"code": "FAILED_PRECONDITION", "message": "no quota is left", "target": f"{s.id}-broken"}
    emulator.ask("/_emulator/v1/operations", {"fail": fail})
    operation = s.create(f"{s.id}-broken")
    # Only the library's blocking operations know the error by its class.
    error = fails(exceptions.GoogleAPICallError, lambda: s.api.done(operation))
    wants((error.errors[0].code, error.message), (9, "no quota is left"))


@check("an operation that takes too long")
def _(s):
    emulator.clock(freeze=True)
    try:
        operation = s.create(f"{s.id}-late")
        fails(TimeoutError, lambda: s.api.done(operation, 0.5))
    finally:
        emulator.clock(reset=True)
