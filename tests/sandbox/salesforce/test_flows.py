"""OAuth's flows for people, SOAP login, and what is said about the org before a login."""

# ruff: noqa: S608 - queries of the tests' own making

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from sandbox.core.clock import Clock
from sandbox.salesforce.ids import salesforce_id

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": ""}
SYNC = "sync@partner.example"
BACK = "http://127.0.0.1:9/back"
APP = {"client_id": "sync-app", "client_secret": "sync-secret"}


@pytest.fixture
def people(org: Any) -> Any:
    state = org.service.dump_state()
    state["org"]["users"].append({"username": SYNC, "password": "a secret", "security_token": "TOKEN"})
    org.service.load_state(state)
    return org


def switch(org: Any, **switches: Any) -> None:
    assert org.ask("POST", "/_sandbox/settings", {"switches": switches})[0] == 200


def token(org: Any, **form: str) -> tuple[int, Any]:
    answer: tuple[int, Any] = org.ask(
        "POST", "/services/oauth2/token", raw=urlencode({**APP, **form}).encode(), headers=FORM
    )
    return answer


def works(org: Any, access_token: str) -> bool:
    org.token = access_token
    return bool(org.ask("GET", "limits")[0] == 200)


def test_the_password_flow_is_a_switch(people: Any) -> None:
    given = {"grant_type": "password", "username": SYNC, "password": "a secretTOKEN"}
    assert token(people, **given) == (
        400,
        {"error": "invalid_grant", "error_description": "authentication failure"},
    )
    switch(people, password_grant=True)
    assert token(people, **given | {"password": "a secret"})[0] == 400
    status, body = token(people, **given)
    assert status == 200
    assert works(people, body["access_token"])


LOGIN = (
    '<?xml version="1.0"?><env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Body>'
    '<n1:login xmlns:n1="urn:partner.soap.sforce.com"><n1:username>{}</n1:username><n1:password>{}</n1:password>'
    "</n1:login></env:Body></env:Envelope>"
)


def soap(org: Any, body: str, version: str = "62.0") -> tuple[int, str]:
    headers = {"Content-Type": "text/xml", "SOAPAction": "login", "Authorization": ""}
    answer: tuple[int, str] = org.ask("POST", f"/services/Soap/u/{version}", raw=body.encode(), headers=headers)
    return answer


def between(text: str, tag: str) -> str:
    return text.split(f"<{tag}>")[1].split(f"</{tag}>")[0]


def test_soap_login_is_a_switch_and_ends_with_api_64(people: Any) -> None:
    body = LOGIN.format(SYNC, "a secretTOKEN")
    assert "INVALID_OPERATION" in soap(people, body)[1]
    switch(people, soap_login=True)
    status, text = soap(people, body)
    assert status == 200
    assert between(text, "serverUrl").startswith("https://localhost:8443/services/Soap/u/62.0/00D")
    session = between(text, "sessionId")
    assert works(people, session)
    assert "INVALID_LOGIN" in soap(people, LOGIN.format(SYNC, "wrong"))[1]
    assert "UNSUPPORTED_API_VERSION" in soap(people, body, "65.0")[1]
    assert soap(people, "no xml")[0] == 500
    logout = f"<e><h><sessionId>{session}</sessionId></h><logout/></e>"
    assert soap(people, logout.replace("<logout/>", "<getServerTimestamp/>"))[0] == 200
    assert SYNC in soap(people, logout.replace("<logout/>", "<getUserInfo/>"))[1]
    assert soap(people, logout)[0] == 200
    assert not works(people, session)
    assert "INVALID_SESSION_ID" in soap(people, logout)[1]


def code(org: Any, **more: str) -> str:
    asked = {"response_type": "code", "client_id": "sync-app", "redirect_uri": BACK, "state": "s 1", **more}
    status, _ = org.ask("GET", f"/services/oauth2/authorize?{urlencode(asked)}", headers={"Authorization": ""})
    assert status == 302
    location = org.last.headers["Location"]
    assert location.startswith(BACK)
    found = parse_qs(urlsplit(location).query)
    assert found["state"] == ["s 1"]
    return found["code"][0]


def test_the_web_server_flow_with_refresh(people: Any) -> None:
    got = code(people)
    form = {"grant_type": "authorization_code", "code": got, "redirect_uri": BACK}
    assert token(people, **form | {"redirect_uri": "http://127.0.0.1/other"})[1]["error"] == "redirect_uri_mismatch"
    form["code"] = code(people)
    status, body = token(people, **form)
    assert status == 200
    assert token(people, **form)[1]["error"] == "invalid_grant"  # a code is good once
    assert works(people, body["access_token"])
    people.service.load_state(people.service.dump_state())
    refresh = {"grant_type": "refresh_token", "refresh_token": body["refresh_token"]}
    status, again = token(people, **refresh)
    assert status == 200
    assert "refresh_token" not in again
    assert works(people, again["access_token"])
    gone = urlencode({"token": body["refresh_token"]}).encode()
    assert people.ask("POST", "/services/oauth2/revoke", raw=gone, headers=FORM)[0] == 200
    assert token(people, **refresh)[1] == {
        "error": "invalid_grant",
        "error_description": "expired access/refresh token",
    }


def test_a_code_is_bound_to_its_verifier_and_ends(people: Any, clock: Clock) -> None:
    verifier = "v" * 50
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    form = {"grant_type": "authorization_code", "redirect_uri": BACK}
    wrong = token(people, **form, code=code(people, code_challenge=challenge), code_verifier="x")
    assert wrong[1]["error"] == "invalid_grant"
    right = token(people, **form, code=code(people, code_challenge=challenge), code_verifier=verifier)
    assert right[0] == 200
    late = code(people)
    clock.advance(901)
    assert token(people, **form, code=late)[1]["error_description"] == "expired authorization code"


def test_the_user_agent_flow(people: Any) -> None:
    asked = urlencode({"response_type": "token", "client_id": "sync-app", "redirect_uri": BACK})
    assert people.ask("GET", f"/services/oauth2/authorize?{asked}")[0] == 302
    fragment = parse_qs(urlsplit(people.last.headers["Location"]).fragment)
    assert works(people, fragment["access_token"][0])
    assert people.ask("GET", "/services/oauth2/authorize?client_id=other&response_type=code")[0] == 400


def test_tokens_of_one_user_are_limited_by_the_hour(people: Any, clock: Clock) -> None:
    switch(people, logins_per_hour=2)
    given = {"grant_type": "client_credentials"}
    assert [token(people, **given)[0] for _ in range(3)] == [200, 200, 400]
    assert token(people, **given)[1]["error_description"] == "login rate exceeded"
    clock.advance(3_601)
    assert token(people, **given)[0] == 200


def test_what_is_told_without_a_token(org: Any) -> None:
    org.token = ""
    told = org.ask("GET", "/.well-known/openid-configuration")[1]
    assert told["token_endpoint"] == "https://localhost:8443/services/oauth2/token"
    assert org.ask("GET", "/id/keys") == (200, {"keys": []})
    assert org.ask("GET", "/.well-known/auth-configuration")[1]["OrgId"] == org.service.room.state.org.id
    assert len(org.ask("GET", "/services/data")[1]) > 30
    assert org.ask("GET", "/services/data/v66.0")[0] == 401


def call(org: Any, inner: str) -> str:
    """Make a SOAP call in the session of a token that came by REST; login itself stays switched off."""
    body = f"<e><h><sessionId>{org.token}</sessionId></h><b>{inner}</b></e>"
    return soap(org, body, "66.0")[1]


def test_a_merge_by_soap(org: Any) -> None:
    first, second, third = (salesforce_id("Account", n) for n in (1, 2, 3))
    request = (
        f"<merge><request><masterRecord><type>Account</type><Id>{first}</Id><Site>here</Site></masterRecord>"
        f"<recordToMergeIds>{{}}</recordToMergeIds></request></merge>"
    )
    assert "<success>false</success>" in call(org, request.format(third))  # in the bin already
    told = call(org, request.format(second))
    assert between(told, "mergedRecordIds") == second
    row = org.query(f"SELECT IsDeleted, MasterRecordId FROM Account WHERE Id = '{second}'", everything=True)["records"][
        0
    ]
    assert (row["IsDeleted"], row["MasterRecordId"]) == (True, first)
    assert org.ask("GET", f"sobjects/Account/{first}?fields=Site")[1]["Site"] == "here"
    assert org.query("SELECT Third_Party__c FROM Deliverable__c")["records"][0]["Third_Party__c"] == first


def test_undelete_and_an_empty_bin_by_soap(org: Any, make_org: Any) -> None:
    gone = salesforce_id("Account", 3)
    org.ask("POST", "/_sandbox/access", {"username": "narrow@partner.example", "read_only": ["Account"]})
    narrow = make_org(org.service, "narrow-token")
    assert "INSUFFICIENT_ACCESS" in call(narrow, f"<undelete><ids>{gone}</ids></undelete>")
    assert "<success>true</success>" in call(org, f"<undelete><ids>{gone}</ids></undelete>")
    assert org.ask("GET", f"sobjects/Account/{gone}")[0] == 200
    assert "UNDELETE_FAILED" in call(org, f"<undelete><ids>{gone}</ids></undelete>")
    assert "DELETE_FAILED" in call(org, f"<emptyRecycleBin><ids>{gone}</ids></emptyRecycleBin>")
    org.ask("DELETE", f"sobjects/Account/{gone}")
    assert "<success>true</success>" in call(org, f"<emptyRecycleBin><ids>{gone}</ids><ids>x</ids></emptyRecycleBin>")
    assert org.query("SELECT COUNT() FROM Account", everything=True)["totalSize"] == 2
    assert "INVALID_OPERATION" in call(org, "<describeTabs/>")
