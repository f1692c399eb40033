"""What is not settled is a switch: each way works, and does what it says."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.core.clock import Clock
from sandbox.salesforce.ids import salesforce_id

ACC = [salesforce_id("Account", n) for n in range(4)]
ENG = salesforce_id("Engagement__c", 1)
OLD = {"If-Unmodified-Since": "Tue, 24 Nov 2015 10:00:00 GMT"}


def switch(org: Any, **switches: Any) -> None:
    assert org.ask("POST", "/_sandbox/settings", {"switches": switches})[0] == 200


@pytest.mark.parametrize("on", [True, False])
def test_guards_on_custom_objects(org: Any, *, on: bool) -> None:
    switch(org, guards_on_custom_objects=on)
    status = org.ask("PATCH", f"sobjects/Engagement__c/{ENG}", {"Name": "x"}, headers=OLD)[0]
    assert status == (412 if on else 204)
    assert org.ask("PATCH", f"sobjects/Account/{ACC[1]}", {"Name": "x"}, headers=OLD)[0] == 412


@pytest.mark.parametrize("on", [True, False])
def test_guards_in_composite(org: Any, *, on: bool) -> None:
    switch(org, guards_in_composite=on)
    url = f"/services/data/v66.0/sobjects/Account/{ACC[1]}"
    sub = {"method": "PATCH", "url": url, "referenceId": "a", "body": {"Name": "x"}, "httpHeaders": OLD}
    (answer,) = org.ask("POST", "composite", {"compositeRequest": [sub]})[1]["compositeResponse"]
    assert answer["httpStatusCode"] == (412 if on else 204)


def test_the_code_of_a_412(org: Any) -> None:
    switch(org, precondition_code="PRECONDITION_FAILED")
    status, told = org.ask("PATCH", f"sobjects/Account/{ACC[1]}", {"Name": "x"}, headers=OLD)
    assert (status, told[0]["errorCode"]) == (412, "PRECONDITION_FAILED")


@pytest.mark.parametrize(("status", "version", "expected"), [(204, "66.0", 204), (200, "31.0", 200), (0, "66.0", 200)])
def test_the_status_of_an_upsert_that_updates(org: Any, status: int, version: str, expected: int) -> None:
    switch(org, upsert_status=status)
    path = f"/services/data/v{version}/sobjects/Engagement__c/Key__c/ENG-1"
    assert org.ask("PATCH", path, {"Name": "x"})[0] == expected


@pytest.mark.parametrize("on", [True, False])
def test_an_emptied_lookup_may_move_the_child(org: Any, *, on: bool) -> None:
    switch(org, emptied_lookups_move=on)
    assert org.ask("DELETE", f"sobjects/Account/{ACC[2]}")[0] == 204
    (row,) = org.query("SELECT Third_Party__c, SystemModstamp FROM Deliverable__c")["records"]
    assert row["Third_Party__c"] is None
    assert (row["SystemModstamp"] == "2026-11-24T10:00:00.000+0000") is on


@pytest.mark.parametrize("on", [True, False])
def test_a_merge_may_move_the_children(org: Any, *, on: bool) -> None:
    switch(org, merged_children_move=on)
    body = {"object": "Account", "master": ACC[1], "losers": [ACC[2]]}
    assert org.ask("POST", "/_sandbox/merge", body)[0] == 200
    (row,) = org.query("SELECT Third_Party__c, SystemModstamp FROM Deliverable__c")["records"]
    assert row["Third_Party__c"] == ACC[1]
    assert (row["SystemModstamp"] == "2026-11-24T10:00:00.000+0000") is on


def test_pages_cursors_and_how_long_they_last(org: Any, clock: Clock) -> None:
    switch(org, page_rows=1, cursors=2, cursor_seconds=60)
    soql = "query?q=SELECT+Id+FROM+Account+ORDER+BY+Id"
    first, second, third = (org.ask("GET", soql)[1] for _ in range(3))
    assert (first["totalSize"], first["done"], len(first["records"])) == (2, False, 1)
    assert org.ask("GET", first["nextRecordsUrl"])[1][0]["errorCode"] == "INVALID_QUERY_LOCATOR"
    assert org.ask("GET", second["nextRecordsUrl"])[1]["records"][0]["Id"] == ACC[2]
    clock.advance(61)
    assert org.ask("GET", third["nextRecordsUrl"])[1][0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_queries_in_one_composite(org: Any) -> None:
    subs = [
        {"method": "GET", "url": "/services/data/v66.0/query?q=SELECT+Id+FROM+Account", "referenceId": f"r{n}"}
        for n in range(7)
    ]
    assert org.ask("POST", "composite", {"compositeRequest": subs})[0] == 400
    switch(org, composite_queries=7)
    assert org.ask("POST", "composite", {"compositeRequest": subs})[0] == 200


def test_how_long_deletions_are_remembered(org: Any, clock: Clock) -> None:
    org.ask("DELETE", f"sobjects/Account/{ACC[1]}")
    clock.advance(3 * 86_400)
    span = "start=2026-11-24T09:00:00Z&end=2026-11-24T11:00:00Z"
    assert len(org.ask("GET", f"sobjects/Account/deleted?{span}")[1]["deletedRecords"]) == 1
    switch(org, deletions_days=1)
    assert org.ask("GET", f"sobjects/Account/deleted?{span}")[1][0]["errorCode"] == "INVALID_REPLICATION_DATE"
    late = "start=2026-11-27T09:00:00Z&end=2026-11-27T11:00:00Z"
    told = org.ask("GET", f"sobjects/Account/deleted?{late}")[1]
    assert told["earliestDateAvailable"] == "2026-11-26T10:00:00.000+0000"


def test_the_longest_address(org: Any) -> None:
    switch(org, uri_bytes=100)
    assert org.ask("GET", f"limits?x={'y' * 100}")[0] == 414
    assert org.ask("GET", "limits")[0] == 200


def test_the_use_of_an_application(org: Any) -> None:
    switch(org, per_app_usage=True)
    org.ask("GET", "limits")
    info = org.last.headers["Sforce-Limit-Info"]
    assert info == "api-usage=1/100000; per-app-api-usage=1/100000(appName=Sandbox)"


def test_the_quota_rolls_on_by_the_hour(org: Any, clock: Clock) -> None:
    org.ask("POST", "/_sandbox/settings", {"daily_limit": 3, "calls_used": 2})
    clock.advance(12 * 3_600)
    assert org.ask("GET", "limits")[0] == 200
    assert org.ask("GET", "limits")[1][0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"
    org.service.load_state(org.service.dump_state())
    clock.advance(12 * 3_600)
    assert org.ask("GET", "limits")[0] == 200
    assert org.last.headers["Sforce-Limit-Info"] == "api-usage=2/3"


def test_a_session_lasts_as_long_as_the_org_says(org: Any, clock: Clock) -> None:
    switch(org, session_seconds=60)
    form = b"grant_type=client_credentials&client_id=sync-app&client_secret=sync-secret"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    org.token = org.ask("POST", "/services/oauth2/token", raw=form, headers=headers)[1]["access_token"]
    clock.advance(59)
    assert org.ask("GET", "limits")[0] == 200
    clock.advance(61)
    assert org.ask("GET", "limits")[0] == 401


def test_external_client_apps_know_no_login_hosts(org: Any, clock: Clock) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()
    state = org.service.dump_state()
    state["org"]["clients"] = [{"client_id": "app", "client_secret": "s", "public_key": pem}]
    state["switches"]["external_client_app"] = True
    org.service.load_state(state)

    def told(audience: str) -> Any:
        claims = {"iss": "app", "sub": "sync@partner.example", "aud": audience, "exp": int(clock.seconds()) + 60}
        signed = jwt.encode(claims, key, algorithm="RS256")
        body = f"grant_type={quote('urn:ietf:params:oauth:grant-type:jwt-bearer')}&assertion={signed}"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return org.ask("POST", "/services/oauth2/token", raw=body.encode(), headers=headers)

    assert told("https://test.salesforce.com")[1]["error"] == "app_not_found"
    assert told("https://localhost:8443")[0] == 200
