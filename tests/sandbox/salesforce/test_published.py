"""The requests that Salesforce publishes as examples: each is answered as documented, or refused as an org would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.core.http import Json
from sandbox.salesforce.ids import salesforce_id

ACC, CONTACT, USER = salesforce_id("Account", 1), salesforce_id("Contact", 1), salesforce_id("User", 1)
SYNC, BACK = "sync@partner.example", "http://127.0.0.1:9/back"
APP = {"client_id": "sync-app", "client_secret": "sync-secret"}
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": ""}
SOAP = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:u="urn:partner.soap.sforce.com"><e:Body>'
    f"<u:login><u:username>{SYNC}</u:username><u:password>secret</u:password></u:login></e:Body></e:Envelope>"
)
TREE = {"records": [{"attributes": {"type": "Account", "referenceId": "r"}, "Name": "x"}]}
LIMITS = {"method": "GET", "url": "/services/data/v66.0/limits", "referenceId": "a"}

BODIES: dict[str, Json] = {
    "Create job": {"operation": "insert", "object": "Account"},
    "Close or Abort a Job": {"state": "Aborted"},
    "Batch": {"batchRequests": [{"method": "GET", "url": "v66.0/limits"}]},
    "Composite": {"compositeRequest": [LIMITS]},
    "Composite Graph": {"graphs": [{"graphId": "g", "compositeRequest": [LIMITS]}]},
    "SObject Tree": TREE,
    "SObject Collections Create": {"records": [{"attributes": {"type": "Account"}, "Name": "x"}]},
    "SObject Collections Update": {"records": [{"attributes": {"type": "Account"}, "id": ACC, "Name": "x"}]},
    "SObject Create": {"Name": "x"},
    "SObject Rows Update": {"Name": "x"},
    "Process Approvals Submit": {"requests": [{"actionType": "Submit", "contextId": ACC}]},
}
"""Bodies that the published requests leave to the reader."""

REFUSED = {
    # no such flow or registration
    "Asset Token Flow": 400,
    "OpenID Connect Dynamic Client Registration Endpoint": 404,
    # no approval process, knowledge, chat, scheduling, Lightning metrics, platform events or products in the org
    "Process Approvals Submit": 400,
    "SObject ApprovalLayouts": 404,
    "SObject Named Layouts": 404,
    "Articles Details": 404,
    "Articles List": 404,
    "Consent": 404,
    "Data Category Detail": 404,
    "Embedded Service Configuration Describe": 404,
    "Retrieve Knowledge Language Settings": 404,
    "Search Suggested Article Title Matches": 400,
    "Search Suggested Queries": 404,
    "SObject Suggested Articles": 404,
    "Get Appointment Candidates": 404,
    "Get Appointment Slots": 404,
    "Scheduling": 404,
    "Lightning Exit by Page Metrics": 404,
    "Lightning Toggle Metrics": 404,
    "Lightning Usage by App Type": 404,
    "Lightning Usage by Browser": 404,
    "Lightning Usage by FlexiPage": 404,
    "Lightning Usage by Page": 404,
    "Platform Event Schema by Event Name": 404,
    "Platform Event Schema by Schema ID": 404,
    "Product Schedules": 404,
    "SObject PlatformAction": 404,
    "SObject Self Service User Password": 404,
    # nothing of the kind on the object
    "SObject Blob Retrieve": 404,
    "SObject Rich Text Image Retrieve": 404,
    # published with an address that no org has (describe twice)
    "SObject CompactLayouts": 404,
    # not the REST API
    "Get Active Theme": 404,
}
"""What this org refuses, and how; everything else is answered."""


def published(api_evidence: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((api_evidence / "salesforce/postman_requests.json").read_text())
    return found


class Asker:
    """Fills in what the published requests leave open, and sends them."""

    def __init__(self, org: Any) -> None:
        self.org = org
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        pem = self.key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()
        state = org.service.dump_state()
        state["org"]["clients"] = [{**APP, "run_as": SYNC, "public_key": pem}]
        state["org"]["users"].append({"username": SYNC, "password": "secret"})
        state["org"]["record_types"] = [{"object": "Account", "developer_name": "Partner"}]
        state["switches"] |= {"soap_login": True, "password_grant": True}
        self.before = state
        org.service.load_state(state)

    def ask(self, request: dict[str, Any]) -> tuple[int, Any]:
        org, name = self.org, request["name"]
        org.service.load_state(self.before)
        job = org.ask("POST", "jobs/ingest", {"operation": "insert", "object": "Account"})[1]["id"]
        if name == "Delete Job":
            org.ask("PATCH", f"jobs/ingest/{job}", {"state": "Aborted"})
        url, raw, headers = self.url(request, job), None, {}
        if url.startswith("/services/oauth2") and request["method"] == "POST":
            raw, headers = urlencode(self.form(name)).encode(), dict(FORM)
        if name == "SOAP Login":
            raw, headers = SOAP.encode(), {"Content-Type": "text/xml", "Authorization": ""}
        if name == "Upload Job Data":
            raw, headers = b"Name\nx\n", {"Content-Type": "text/csv"}
        if name == "Versions":
            headers["Authorization"] = ""
        answer: tuple[int, Any] = org.ask(request["method"], url, BODIES.get(name), raw=raw, headers=headers)
        return answer

    def url(self, request: dict[str, Any], job: str) -> str:
        key, related = request["name"] == "SObject Rows by External ID", "<RELATIONSHIP" in request["url"]
        views = self.org.ask("GET", "sobjects/Account/listviews")[1]["listviews"]
        (kind,) = [each.id for each in self.org.service.room.state.org.record_types]
        url: str = request["url"]
        for mark, value in {
            "{{_endpoint}}": "",
            "{{url}}": "",
            "{{site}}": "",
            "{{version}}": "62.0",
            "{{_orgId}}": self.org.service.room.state.org.id,
            "{{_userId}}": USER,
            "{{_jobId}}": job,
            "{{clientId}}": "sync-app",
            "{{redirectUrl}}": quote(BACK, safe=""),
            "&login_hint&": f"&login_hint={SYNC}&",
            "<SOBJECT_API_NAME>": "Engagement__c" if key else "Contact" if related else "Account",
            "<RECORD_ID>": CONTACT if related else ACC,
            "<RELATIONSHIP_FIELD_NAME>": "Account",
            "<FIELD_NAME>": "Key__c",
            "<FIELD_VALUE>": "ENG-1",
            "<LIST_VIEW_ID>": views[0]["id"],
            "<QUERY_LOCATOR>": views[0]["id"],
            "<RECORD_TYPE_ID>": kind,
            "User/<ID>": f"User/{USER}",
            "start=&end=": "start=2026-11-24T09:00:00Z&end=2026-11-24T10:00:00Z",
            "?ids&fields": f"?ids={ACC}&fields=Name",
            "?ids&allOrNone": f"?ids={salesforce_id('Account', 2)}",
            "/search?q": f"/search?q={quote('FIND {fictive}')}",
            "/parameterizedSearch/?q": "/parameterizedSearch/?q=fictive",
            "suggestions?q&sobject": "suggestions?q=fic&sobject=Account",
            "layout/?q": "layout/?q=Account",
            "composite/sobjects/Account?ids=0015g0000000002": "composite/sobjects?ids=0015g0000000002",
        }.items():
            url = url.replace(mark, value)
        return url.removesuffix("/Account") if request["name"] == "SObject Collections Update" else url

    def form(self, name: str) -> dict[str, str]:
        if name == "JWT Bearer Token Flow":
            claims = {"iss": "sync-app", "sub": SYNC, "aud": "https://login.salesforce.com"}
            claims["exp"] = str(int(self.org.service.clock.seconds()) + 100)
            signed = jwt.encode(claims, self.key, algorithm="RS256")
            return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed}
        forms = {
            "OAuth Username Password": {**APP, "grant_type": "password", "username": SYNC, "password": "secret"},
            "Asset Token Flow": {**APP, "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange"},
            "Revoke Token": {"token": "narrow-token"},
            "OpenID Connect Token Introspection Endpoint": {**APP, "token": "narrow-token"},
        }
        if name in forms:
            return forms[name]
        asked = {"response_type": "code", "client_id": "sync-app", "redirect_uri": BACK}
        self.org.ask("GET", f"/services/oauth2/authorize?{urlencode(asked)}")
        (code,) = parse_qs(urlsplit(self.org.last.headers["Location"]).query)["code"]
        given = {**APP, "grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
        if name != "Refresh Token":
            return given
        body = self.org.ask("POST", "/services/oauth2/token", raw=urlencode(given).encode(), headers=FORM)[1]
        return {**APP, "grant_type": "refresh_token", "refresh_token": body["refresh_token"]}


def test_every_published_request_is_answered_or_refused_as_salesforce_would(org: Any, api_evidence: Path) -> None:
    asker, requests = Asker(org), published(api_evidence)
    assert len(requests) == 106
    refused = set()
    for request in requests:
        name = request["name"]
        status, body = asker.ask(request)
        label = (name, status, body)
        if name not in REFUSED:
            assert 200 <= status < 400, label
            continue
        refused.add(name)
        assert status == REFUSED[name], label
        if "/oauth2/token" in request["url"]:
            assert set(body) == {"error", "error_description"}, label
        else:
            assert set(body[0]) >= {"message", "errorCode"}, label
    assert refused == set(REFUSED)
    page = " ".join((Path(__file__).parents[3] / "docs/sandbox/salesforce.md").read_text(encoding="utf-8").split())
    assert f"of which {106 - len(refused)} are answered and {len(refused)} refused" in page


@pytest.mark.parametrize("name", ["Get Job Info", "Limit", "SObject Create", "Search", "Tabs"])
def test_published_requests_need_a_token(org: Any, api_evidence: Path, name: str) -> None:
    asker = Asker(org)
    (request,) = [each for each in published(api_evidence) if each["name"] == name]
    url = asker.url(request, salesforce_id("AsyncApexJob", 1))
    org.token = "wrong"
    assert org.ask(request["method"], url, BODIES.get(name))[0] == 401
