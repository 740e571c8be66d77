"""PyJWT verifies a token by the keys of its issuer, found from the issuer's URL alone."""

import json
import os
import ssl
import sys
import urllib.request

import jwt

TOOL = "PyJWT"
READY = json.load(open(os.environ["READY_FILE"]))
TRUST = ssl.create_default_context(cafile=READY["ca_file"])


def get(url):
    with urllib.request.urlopen(url, context=TRUST) as answer:
        return json.load(answer)


def token(audience):
    request = urllib.request.Request(
        READY["url"] + "/api/v1/namespaces/default/serviceaccounts/default/token",
        data=json.dumps({"spec": {"audiences": [audience]}}).encode(),
        headers={"Content-Type": "application/json", "Authorization": "Bearer " + READY["token"]},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["status"]["token"]


def verify(given, audience):
    issuer = READY["https_url"]
    discovered = get(issuer + "/.well-known/openid-configuration")
    assert discovered["issuer"] == issuer, discovered
    keys = jwt.PyJWKClient(discovered["jwks_uri"], ssl_context=TRUST)
    key = keys.get_signing_key_from_jwt(given)
    return jwt.decode(given, key.key, algorithms=["RS256"], audience=audience, issuer=issuer)


def verified():
    claims = verify(token("vault"), "vault")
    assert claims["sub"] == "system:serviceaccount:default:default", claims


def other_audience():
    try:
        verify(token("vault"), "other")
    except jwt.InvalidAudienceError:
        return
    raise AssertionError("it was accepted")


failed = False
for name, check in [
    ("the issuer is discovered and its token verified", verified),
    ("a token for another audience is refused", other_audience),
]:
    try:
        check()
        print("ok", TOOL, name, sep="\t")
    except Exception as error:
        failed = True
        print("failed", TOOL, name, repr(error), sep="\t")
sys.exit(failed)
