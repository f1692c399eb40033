"""The stand-in against outside evidence: the validator's opinion of recorded traffic, and the published requests."""

# ruff: noqa: S608 - queries of the tests' own making

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox.core.http import Json
from sandbox.salesforce.ids import salesforce_id

ENG, NOWHERE = salesforce_id("Engagement__c", 1), salesforce_id("Engagement__c", 999)
ACC = salesforce_id("Account", 1)


def traffic(org: Any) -> None:
    """Ask everything that the validator knows, good and bad, of real and of custom objects."""
    fields = {name: [] for name in ("Account", "Contact", "Opportunity", "Case", "Event", "Lead")}
    for name in fields:
        described = org.ask("GET", f"sobjects/{name}/describe")[1]["fields"]
        fields[name] = [each["name"] for each in described if each["type"] != "address"]
    made = {
        "Account": {
            "Name": "New",
            "Industry": "Banking",
            "AnnualRevenue": 10.5,
            "NumberOfEmployees": 7,
            "Website": "x.example",
        },
        "Contact": {"LastName": "New", "Email": "new@partner.example", "Birthdate": "1990-01-02", "AccountId": ACC},
        "Opportunity": {
            "Name": "Deal",
            "StageName": "Prospecting",
            "CloseDate": "2026-12-24",
            "Amount": 5,
            "AccountId": ACC,
        },
        "Case": {"Subject": "Help", "Priority": "High", "AccountId": ACC},
        "Event": {"Subject": "Call", "DurationInMinutes": 30, "ActivityDateTime": "2026-11-24T10:00:00Z"},
        "Lead": {"LastName": "Lead", "Company": "Fictive", "Status": "Open - Not Contacted"},
        "Engagement__c": {"Name": "E", "Key__c": "E-9", "Syncline_As_Of__c": "2026-11-24T10:00:00Z"},
    }
    for name, values in made.items():
        status, answer = org.ask("POST", f"sobjects/{name}", values)
        assert status == 201, answer
        path = f"sobjects/{name}/{answer['id']}"
        assert org.ask("PATCH", path, {key: values[key] for key in list(values)[:1]})[0] == 204
        org.query(
            f"SELECT {', '.join(fields.get(name, ['Id', 'Name']))} FROM {name} WHERE Id = '{answer['id']}' ORDER BY Id"
        )
        assert org.ask("DELETE", path)[0] == 204
        org.query(f"SELECT Id, IsDeleted, SystemModstamp FROM {name} ORDER BY SystemModstamp, Id", everything=True)
    org.query("SELECT Name, Account.Name, Owner.Name FROM Contact WHERE Account.Name LIKE 'Fic%' ORDER BY Name")
    org.query("SELECT Name, (SELECT LastName FROM Contacts) FROM Account")
    org.query("SELECT COUNT() FROM Account")
    org.query("SELECT Type, COUNT(Id) n FROM Account GROUP BY Type")
    kind = {"attributes": {"type": "Account"}}
    org.ask(
        "POST", "composite/sobjects", {"records": [{**kind, "Name": "a"}, {**kind, "Name": "b", "AnnualRevenue": 1e30}]}
    )
    org.ask("PATCH", "composite/sobjects", {"allOrNone": True, "records": [{**kind, "id": ACC, "Name": "c"}]})
    org.ask(
        "PATCH",
        f"sobjects/Account/{ACC}",
        {"Name": "x"},
        headers={"If-Unmodified-Since": "Tue, 24 Nov 2015 10:00:00 GMT"},
    )
    subs = [
        {"method": "POST", "url": "/services/data/v66.0/sobjects/Account", "referenceId": "a", "body": {"Name": "N"}},
        {
            "method": "PATCH",
            "url": f"/services/data/v66.0/sobjects/Engagement__c/{ENG}",
            "referenceId": "b",
            "body": {"Name": "N"},
        },
        {"method": "GET", "url": "/services/data/v66.0/query?q=SELECT+Id+FROM+Account", "referenceId": "c"},
    ]
    org.ask("POST", "composite", {"compositeRequest": subs})
    risk = {"attributes": {"type": "Syncline_Risk__c"}, "Name": "r"}
    records = [{**risk, "Risk_Key__c": str(n), "Engagement__c": ENG if n else NOWHERE} for n in range(3)]
    org.ask("PATCH", "composite/sobjects/Syncline_Risk__c/Risk_Key__c", {"records": records})
    org.ask("PATCH", "sobjects/Syncline_Risk__c/Risk_Key__c/1", {"Name": "again"})
    org.ask("POST", "jobs/query", {"operation": "query", "query": "SELECT Id FROM Account"})
    org.ask("POST", "jobs/ingest", {"operation": "insert", "object": "Account"})
    for wrong in (
        "SELECT Foo FROM Account",
        "SELECT Id FROM Foo",
        "SELECT",
        "SELECT Id FROM Account WHERE Description = 'x'",
    ):
        org.ask("GET", "query?q=" + wrong.replace(" ", "+"))
    for method, path, body in (
        ("POST", "sobjects/Account", {}),
        ("POST", "sobjects/Foo", {"Name": "x"}),
        ("PATCH", f"sobjects/Account/{ACC}", {"CreatedDate": "2026-01-01T00:00:00Z"}),
        ("PATCH", f"sobjects/Account/{ACC}", {"OwnerId": "short"}),
        ("GET", f"sobjects/Account/{salesforce_id('Account', 3)}", None),
        ("PUT", "limits", {}),
        ("GET", "query/01g000000000000-2000", None),
    ):
        assert org.ask(method, path, body)[0] >= 400
    org.ask("GET", "limits", headers={"Authorization": "Bearer wrong"})
    org.ask("POST", "/_sandbox/settings", {"daily_limit": 1})
    org.ask("GET", "limits")


def judged(org: Any, api_evidence: Path, describes: Path, scratch: Path) -> subprocess.CompletedProcess[str]:
    log = scratch / "log.jsonl"
    log.write_bytes(org.service.log.render(org.service.log.exchanges()))
    return subprocess.run(
        [
            sys.executable,
            str(api_evidence / "validate_salesforce.py"),
            *("--describe", str(describes)),
            *("--codes", str(api_evidence / "salesforce/status_codes.json")),
            *("--log", str(log)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_validator_finds_nothing(org: Any, api_evidence: Path, tmp_path: Path) -> None:
    traffic(org)
    told = judged(org, api_evidence, api_evidence / "salesforce/describe", tmp_path)
    assert told.returncode == 0, told.stdout
    checked, findings = re.search(r"(\d+) exchanges checked, 0 with errors, .*findings: (.*)", told.stdout).groups()
    assert int(checked) > 60
    # Custom objects have no recorded describe to be held against: that is all it may say.
    assert set(re.findall(r"'([EW]:[\w-]+)'", findings)) <= {"W:object-unknown"}


def test_custom_objects_hold_against_their_own_describes(org: Any, api_evidence: Path, tmp_path: Path) -> None:
    """The same validator, given the stand-in's describes in place of the recorded ones, for what those do not cover."""
    for name in org.service.room.state.schema.objects:
        (tmp_path / f"{name}.json").write_text(json.dumps(org.ask("GET", f"sobjects/{name}/describe")[1]))
    org.service.log.clear()
    traffic(org)
    told = judged(org, api_evidence, tmp_path, tmp_path)
    assert told.returncode == 0, told.stdout
    assert "findings: {}" in told.stdout


OPEN = {"Versions"}
"""Published requests that need no token."""
FORMS = {
    "JWT Bearer Token Flow": "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "OAuth Username Password": "password",
    "Refresh Token": "refresh_token",
    "Web Server Flow 2": "authorization_code",
    "Asset Token Flow": "urn:ietf:params:oauth:grant-type:token-exchange",
}
BODIES: dict[str, Json] = {
    "Create job": {"operation": "insert", "object": "Account"},
    "Close or Abort a Job": {"state": "Aborted"},
    "Batch": {"batchRequests": [{"method": "GET", "url": "v66.0/limits"}]},
    "Composite": {"compositeRequest": [{"method": "GET", "url": "/services/data/v66.0/limits", "referenceId": "a"}]},
    "SObject Collections Create": {"records": [{"attributes": {"type": "Account"}, "Name": "x"}]},
    "SObject Collections Update": {"records": [{"attributes": {"type": "Account"}, "id": ACC, "Name": "x"}]},
    "SObject Create": {"Name": "x"},
    "SObject Rows Update": {"Name": "x"},
}
ANSWERED = {
    *("User Info", "ID Token", "Get All Jobs", "Get Job Info", "Get Job Failed Record Results", "Create job"),
    *(
        "Get Job Successful Record Results",
        "Get Job Unprocessed Record Results",
        "Close or Abort a Job",
        "Upload Job Data",
    ),
    *("Delete Job", "Batch", "Composite", "SObject Collections Create", "SObject Collections Delete"),
    "SObject Collections Update",
    *("AppMenu", "Compact Layouts", "Custom Invocable Actions", "Data Category Groups", "Describe Global Layouts"),
    *("Describe SObject Layouts", "Describe SObject Layouts Per Record Type", "List View Describe"),
    *("List View Results", "List Views", "Parameterized Search", "Process Approvals", "Process Rules", "Quick Actions"),
    *("Recent List Views", "Recently Viewed Items", "Relevant Items", "Search", "Search Result Layouts"),
    *("Search Scope and Order", "Search for Records Suggested by Autocomplete and Instant Results"),
    *("SObject CompactLayouts", "SObject Quick Actions", "SObject User Password", "Standard Invocable Actions"),
    *("Tabs", "Themes", "Composite Graph", "SObject Tree", "Authentication Configuration Endpoint"),
    *("OpenID Connect Discovery Endpoint", "Salesforce Keys", "SOAP Login", "OAuth Username Password"),
    *("Refresh Token", "Web Server Flow 1", "Web Server Flow 2", "User Agent Flow", "JWT Bearer Token Flow"),
    *("SObject Collections Retrieve", "Describe Global", "Limit", "Query", "QueryAll", "Record Count"),
    *("Resources by Version", "SObject Basic Information", "SObject Create", "SObject Describe", "SObject Get Deleted"),
    *(
        "SObject Get Updated",
        "SObject Relationships",
        "SObject Rows",
        "SObject Rows Delete",
        "SObject Rows Update",
        "Versions",
    ),
    *("SObject Rows by External ID", "Revoke Token", "OpenID Connect Token Introspection Endpoint"),
}
"""Those that the stand-in answers; it refuses the rest as an org does in which the feature is off."""


def published(api_evidence: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((api_evidence / "salesforce/postman_requests.json").read_text())
    return found


def ask(org: Any, request: dict[str, Any], job: str) -> tuple[int, Any]:
    name = request["name"]
    url = request["url"]
    key = name == "SObject Rows by External ID"
    span = "start=2026-11-24T09:00:00Z&end=2026-11-24T10:00:00Z"
    for mark, value in {
        "{{_endpoint}}": "",
        "{{url}}": "",
        "{{site}}": "",
        "{{version}}": "66.0",
        "{{_orgId}}": org.service.room.state.org.id,
        "{{_userId}}": salesforce_id("User", 1),
        "{{_jobId}}": job,
        "<SOBJECT_API_NAME>": "Engagement__c" if key else "Contact" if "<RELATIONSHIP" in url else "Account",
        "<RECORD_ID>": salesforce_id("Contact", 1) if "<RELATIONSHIP" in url else ACC,
        "<RELATIONSHIP_FIELD_NAME>": "Account",
        "<FIELD_NAME>": "Key__c",
        "<FIELD_VALUE>": "ENG-1",
        "start=&end=": span,
        "?ids&fields": f"?ids={ACC}&fields=Name",
        "?ids&allOrNone": f"?ids={salesforce_id('Account', 2)}",
        "composite/sobjects/Account?ids=0015g0000000002": "composite/sobjects?ids=0015g0000000002",
    }.items():
        url = url.replace(mark, value)
    if name == "SObject Collections Update":
        url = url.removesuffix("/Account")
    raw, headers = None, {}
    if url.startswith("/services/oauth2"):
        raw, headers = b"", {"Content-Type": "application/x-www-form-urlencoded"}
        form = {"Revoke Token": "token=narrow-token"}
        form["OpenID Connect Token Introspection Endpoint"] = "token=x&client_id=sync-app&client_secret=sync-secret"
        raw = form.get(name, "grant_type=" + FORMS.get(name, "")).encode()
        if request["method"] == "GET":
            raw = None
    if name == "Upload Job Data":
        raw, headers = b"Name\nx\n", {"Content-Type": "text/csv"}
    if name in OPEN:
        headers["Authorization"] = ""
    answer: tuple[int, Any] = org.ask(request["method"], url, BODIES.get(name), raw=raw, headers=headers)
    return answer


def test_every_published_request_is_answered_or_refused_as_salesforce_would(org: Any, api_evidence: Path) -> None:
    requests = published(api_evidence)
    assert len(requests) == 106
    seen, before = set(), org.service.dump_state()
    for request in requests:
        org.service.load_state(before)
        made = org.ask("POST", "jobs/ingest", {"operation": "insert", "object": "Account"})[1]["id"]
        if request["name"] == "Delete Job":
            org.ask("PATCH", f"jobs/ingest/{made}", {"state": "Aborted"})
        status, body = ask(org, request, made)
        label = (request["name"], status, body)
        assert status != 500 or "INVALID_OPERATION" in str(body), label
        if request["name"] in ANSWERED:
            seen.add(request["name"])
            assert 200 <= status < 300, label
        elif "/oauth2/token" in request["url"]:
            assert status == 400, label
            assert set(body) == {"error", "error_description"}, label
        elif request["name"] == "SOAP Login":
            assert "INVALID_OPERATION" in body, label
        else:
            assert status in (400, 404, 405), label
            assert set(body[0]) >= {"message", "errorCode"}, label
    assert seen == ANSWERED


@pytest.mark.parametrize("name", ["Get Job Info", "Limit", "SObject Create"])
def test_published_requests_need_a_token(org: Any, api_evidence: Path, name: str) -> None:
    (request,) = [each for each in published(api_evidence) if each["name"] == name]
    org.token = "wrong"
    assert ask(org, request, salesforce_id("AsyncApexJob", 1))[0] == 401
