"""The emulator that the checks talk to: its ready file, its clock, and its Kubernetes side."""

import base64
import json
import os
import urllib.request

with open(os.environ["READY_FILE"], encoding="utf-8") as file:
    READY = json.load(file)

URL = READY["url"]
HOST = URL.removeprefix("http://")

# Bearers of the file that the emulator was started with.
WITHOUT_SCOPE = "ya29.without-scope"


def ask(path, body=None):
    """The JSON that the emulator answers, asked with its Kubernetes bearer."""
    headers = {"Authorization": f"Bearer {READY['token']}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data, headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def issuer():
    """The issuer of the cluster's tokens, and its keys."""
    return ask("/.well-known/openid-configuration")["issuer"], json.dumps(ask("/openid/v1/jwks")).encode()


def subject_token(account="default", **spec):
    """A token of a service account."""
    path = f"/api/v1/namespaces/default/serviceaccounts/{account}/token"
    return ask(path, {"spec": spec})["status"]["token"]


def clock(**change):
    """Moves or stops the clock."""
    ask("/_emulator/v1/clock", change)


def tampered(token):
    """The same token with a signature that is not its own."""
    head, claims, signature = token.split(".")
    broken = bytearray(base64.urlsafe_b64decode(signature + "=="))
    broken[0] ^= 1
    return ".".join([head, claims, base64.urlsafe_b64encode(broken).decode().rstrip("=")])
