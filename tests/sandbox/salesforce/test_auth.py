"""Tokens, sessions and the daily quota."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.core.clock import Clock

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CREDENTIALS = {"grant_type": "client_credentials", "client_id": "sync-app", "client_secret": "sync-secret"}


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public(key: rsa.RSAPrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def token(org: Any, form: dict[str, str]) -> tuple[int, Any]:
    answer: tuple[int, Any] = org.ask("POST", "/services/oauth2/token", raw=urlencode(form).encode(), headers=FORM)
    return answer


def register(org: Any, key: rsa.RSAPrivateKey, **more: Any) -> None:
    state = org.service.dump_state()
    state["org"]["clients"] = [{"client_id": "jwt-app", "client_secret": "s", "public_key": public(key), **more}]
    org.service.load_state(state)


def claims(clock: Clock, **more: Any) -> dict[str, Any]:
    base = {"iss": "jwt-app", "sub": "sync@partner.example", "aud": "https://login.salesforce.com"}
    return {**base, "exp": int(clock.seconds()) + 180, **more}


def test_client_credentials_give_a_token_that_works(org: Any) -> None:
    status, body = token(org, CREDENTIALS)
    assert status == 200
    assert set(body) >= {"access_token", "instance_url", "id", "token_type", "issued_at", "signature"}
    assert "refresh_token" not in body
    assert body["instance_url"] == "https://localhost:8443"
    org.token = body["access_token"]
    status, who = org.ask("GET", body["id"].removeprefix("https://localhost:8443"))
    assert who["username"] == "sync@partner.example"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_id": "other"}, "invalid_client_id"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"grant_type": "password"}, "invalid_grant"),
        ({"grant_type": "device"}, "unsupported_grant_type"),
    ],
)
def test_wrong_credentials(org: Any, change: dict[str, str], error: str) -> None:
    status, body = token(org, {**CREDENTIALS, **change})
    assert (status, body["error"]) == (400, error)
    assert body["error_description"]


@pytest.mark.parametrize(
    "audience", ["https://login.salesforce.com", "https://test.salesforce.com", "https://localhost:8443"]
)
def test_a_signed_assertion_gives_a_token(org: Any, clock: Clock, key: rsa.RSAPrivateKey, audience: str) -> None:
    register(org, key)
    assertion = jwt.encode(claims(clock, aud=audience), key, algorithm="RS256")
    status, body = token(org, {"grant_type": GRANT, "assertion": assertion})
    assert status == 200
    org.token = body["access_token"]
    assert org.ask("GET", "limits")[0] == 200


@pytest.mark.parametrize(
    ("change", "description"),
    [
        ({"aud": "https://elsewhere.example"}, "audience is invalid"),
        ({"exp": 1}, "expired authorization code"),
        ({"exp": 99999999999}, "expired authorization code"),
        ({"sub": "nobody@partner.example"}, "user hasn't approved this consumer"),
        ({"sub": "narrow@partner.example"}, "user hasn't approved this consumer"),
        ({"iss": "other"}, "client identifier invalid"),
    ],
)
def test_an_assertion_with_a_wrong_claim(
    org: Any, clock: Clock, key: rsa.RSAPrivateKey, change: dict[str, Any], description: str
) -> None:
    register(org, key, authorized=["sync@partner.example"])
    assertion = jwt.encode(claims(clock, **change), key, algorithm="RS256")
    status, body = token(org, {"grant_type": GRANT, "assertion": assertion})
    assert (status, body["error_description"]) == (400, description)


def test_an_assertion_signed_by_another_key(org: Any, clock: Clock, key: rsa.RSAPrivateKey) -> None:
    register(org, key)
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for assertion in (jwt.encode(claims(clock), other, algorithm="RS256"), "garbage"):
        status, body = token(org, {"grant_type": GRANT, "assertion": assertion})
        assert (status, body) == (400, {"error": "invalid_grant", "error_description": "invalid assertion"})


def test_an_org_may_know_further_audiences(org: Any, clock: Clock, key: rsa.RSAPrivateKey) -> None:
    register(org, key)
    state = org.service.dump_state()
    assertion = jwt.encode(claims(clock, aud="https://fictive.my.salesforce.com"), key, algorithm="RS256")
    assert token(org, {"grant_type": GRANT, "assertion": assertion})[0] == 400
    state["org"]["audiences"] = ["https://fictive.my.salesforce.com"]
    org.service.load_state(state)
    assert token(org, {"grant_type": GRANT, "assertion": assertion})[0] == 200


def test_a_token_ends_by_idleness_and_not_before(org: Any, clock: Clock) -> None:
    org.token = token(org, CREDENTIALS)[1]["access_token"]
    for _ in range(3):
        clock.advance(7000)
        assert org.ask("GET", "limits")[0] == 200
    clock.advance(7201)
    status, body = org.ask("GET", "limits")
    assert (status, body) == (401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])


def test_a_token_can_be_revoked(org: Any) -> None:
    first, second = (token(org, CREDENTIALS)[1]["access_token"] for _ in range(2))
    assert first != second
    org.ask("POST", "/services/oauth2/revoke", raw=urlencode({"token": first}).encode(), headers=FORM)
    org.token = first
    assert org.ask("GET", "limits")[0] == 401
    org.token = second
    assert org.ask("GET", "limits")[0] == 200
    assert org.ask("POST", "/_sandbox/sessions/revoke", {"username": "sync@partner.example"})[1]["revoked"] >= 1
    assert org.ask("GET", "limits")[0] == 401


def test_other_headers_and_inactive_users(org: Any) -> None:
    status, body = org.ask("GET", "limits", headers={"Authorization": "Basic eDp5"})
    assert (status, body[0]["errorCode"]) == (401, "INVALID_AUTH_HEADER")
    user = org.service.room.state.user("sync@partner.example")
    org.ask(
        "POST",
        "/_sandbox/records",
        [{"op": "update", "object": "User", "id": user["Id"], "values": {"IsActive": False}}],
    )
    assert org.ask("GET", "limits")[0] == 401
    assert token(org, CREDENTIALS)[1]["error"] == "invalid_grant"


def test_every_answer_says_how_much_of_the_quota_is_used(org: Any) -> None:
    org.ask("GET", "limits")
    assert org.last.headers["Sforce-Limit-Info"] == "api-usage=1/100000"
    org.ask("GET", "nothing-here")
    org.ask("GET", "sobjects/Foo")
    assert org.last.headers["Sforce-Limit-Info"] == "api-usage=2/100000"


def test_an_exhausted_quota_refuses_all(org: Any) -> None:
    org.ask("POST", "/_sandbox/settings", {"daily_limit": 2, "calls_used": 1})
    assert org.ask("GET", "limits")[1]["DailyApiRequests"] == {"Max": 2, "Remaining": 0}
    status, body = org.ask("GET", "limits")
    assert (status, body) == (
        403,
        [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}],
    )
    assert "Retry-After" not in org.last.headers
    org.ask("POST", "/_sandbox/settings", {"calls_used": 0})
    assert org.ask("GET", "limits")[0] == 200


def test_introspection_tells_live_from_dead(org: Any) -> None:
    made = token(org, CREDENTIALS)[1]["access_token"]
    asked = {"token": made, "client_id": "sync-app", "client_secret": "sync-secret"}
    body = org.ask("POST", "/services/oauth2/introspect", raw=urlencode(asked).encode(), headers=FORM)[1]
    assert (body["active"], body["username"]) == (True, "sync@partner.example")
    asked["token"] = "other"
    assert org.ask("POST", "/services/oauth2/introspect", raw=urlencode(asked).encode(), headers=FORM)[1] == {
        "active": False
    }


def test_soap_login_is_refused(org: Any) -> None:
    status, body = org.ask("POST", "/services/Soap/u/66.0", raw=b"<x/>", headers={"Content-Type": "text/xml"})
    assert status == 500
    assert "INVALID_OPERATION" in body
