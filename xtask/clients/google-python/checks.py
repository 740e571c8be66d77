"""Checks by their names, and what they are made of."""

from google.rpc import error_details_pb2

PARENT = "projects/1234/locations/us-west1"
JWT = "urn:ietf:params:oauth:token-type:jwt"
CHECKS = []


def check(name):
    """Makes a check of a function."""
    return lambda function: CHECKS.append((name, function))


def wants(actual, expected):
    assert actual == expected, f"wanted {expected!r}, got {actual!r}"


def fails(kind, call):
    """The error of that class that a call ends with."""
    try:
        answer = call()
    except kind as error:
        return error
    raise AssertionError(f"wanted {kind.__name__}, got {answer!r}")


def violation(error):
    """The field that is wrong. Over REST the library leaves it as JSON."""
    for detail in error.details:
        if isinstance(detail, error_details_pb2.BadRequest):
            return detail.field_violations[0].field
        if isinstance(detail, dict) and detail["@type"].endswith("/google.rpc.BadRequest"):
            return detail["fieldViolations"][0]["field"]
    raise AssertionError(f"no BadRequest in {error.details!r}")
