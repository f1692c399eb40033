"""The stand-in against outside evidence: the validator's opinion of recorded traffic, and the published requests."""

# ruff: noqa: S608 - queries of the tests' own making

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from simple_salesforce import Salesforce

from sandbox.salesforce.ids import salesforce_id

TOKEN = "token-of-the-sync-user"
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


def the_rest(org: Any) -> None:
    """Ask what `traffic` leaves out, so that every route is asked at least once, with an answer that is none of 5xx."""
    org.ask("POST", "/_sandbox/settings", {"daily_limit": 100_000})
    user, risk = salesforce_id("User", 1), "sobjects/Syncline_Risk__c/Risk_Key__c/1"
    view = org.ask("GET", "sobjects/Account/listviews")[1]["listviews"][0]["id"]
    tree = {"records": [{"attributes": {"type": "Account", "referenceId": "r"}, "Name": "x"}]}
    sub = {"method": "GET", "url": "/services/data/v66.0/limits", "referenceId": "a"}
    span = "start=2026-11-24T09:00:00Z&end=2026-11-24T10:00:00Z"
    jobs = {}
    for kind, body in (
        ("query", {"operation": "query", "query": "SELECT Id, Name FROM Account"}),
        ("ingest", {"operation": "insert", "object": "Account"}),
    ):
        jobs[kind] = f"jobs/{kind}/{org.ask('POST', f'jobs/{kind}', body)[1]['id']}"
        org.ask("GET", f"jobs/{kind}")
    org.ask("PUT", jobs["ingest"] + "/batches", raw=b"Name\nx\n", headers={"Content-Type": "text/csv"})
    org.ask("PATCH", jobs["ingest"], {"state": "UploadComplete"})
    old = "/services/async/66.0/job"
    job = org.ask("POST", old, {"operation": "query", "object": "Account", "contentType": "JSON"})[1]["id"]
    text = {"raw": b"SELECT Id FROM Account", "headers": {"Content-Type": "application/json"}}
    batch = f"{old}/{job}/batch/{org.ask('POST', f'{old}/{job}/batch', **text)[1]['id']}"
    requests: list[tuple[str, str, Any]] = [
        *(("GET", path, None) for path in (f"{old}/{job}", f"{old}/{job}/batch", batch, f"{batch}/request")),
        *(("GET", f"{batch}/{path}", None) for path in ("result", "result/x")),
        ("POST", f"{old}/{job}", {"state": "Closed"}),
        *(("GET", jobs[kind], None) for kind in jobs),
        *(("GET", f"{jobs['ingest']}/{each}", None) for each in ("successfulResults", "failedResults")),
        ("GET", f"{jobs['query']}/results", None),
        ("DELETE", jobs["query"], None),
        *(("GET", path, None) for path in ("", "limits/recordCount", "recent", "tabs", "theme", "appMenu", "actions")),
        *(("GET", path, None) for path in ("appMenu/AppSwitcher", "actions/standard", "actions/custom", "composite")),
        *(("GET", path, None) for path in ("quickActions", "process/rules", "process/approvals", "sobjects")),
        *(("GET", path, None) for path in ("support/dataCategoryGroups", "sobjects/relevantItems", "sobjects/Account")),
        *(("GET", f"sobjects/Account/{each}?{span}", None) for each in ("updated", "deleted", "quickActions")),
        *(("GET", f"sobjects/Account/describe/{each}", None) for each in ("layouts", "compactLayouts")),
        ("GET", "sobjects/Account/describe/layouts/012000000000000AAA", None),
        ("GET", "sobjects/Account/describe/compactLayouts/012000000000000AAA", None),
        ("GET", "sobjects/Account/describe/approvalLayouts", None),
        *(("GET", f"sobjects/Account/listviews/{view}/{each}", None) for each in ("describe", "results")),
        ("GET", "sobjects/Account/listviews/recent", None),
        ("GET", "compactLayouts?q=Account,Contact", None),
        *(("GET", f"search{each}", None) for each in ("?q=FIND+{fictive}", "/scopeOrder", "/layout?q=Account")),
        ("GET", "search/suggestions?q=fic&sobject=Account", None),
        ("GET", "parameterizedSearch?q=fictive&sobject=Account", None),
        ("POST", "parameterizedSearch", {"q": "fictive"}),
        ("POST", "process/approvals", {"requests": []}),
        ("GET", f"composite/sobjects/Account?ids={ACC}&fields=Name", None),
        ("POST", "composite/sobjects/Account", {"ids": [ACC], "fields": ["Name"]}),
        ("POST", "composite/batch", {"batchRequests": [{"method": "GET", "url": "v66.0/limits"}]}),
        ("POST", "composite/graph", {"graphs": [{"graphId": "g", "compositeRequest": [sub]}]}),
        ("POST", "composite/tree/Account", tree),
        ("POST", "sobjects/Account/Id", {"Name": "x"}),
        ("GET", risk, None),
        ("DELETE", risk, None),
        ("DELETE", f"composite/sobjects?ids={salesforce_id('Account', 2)}", None),
        *((method, f"sobjects/User/{user}/password", None) for method in ("GET", "DELETE")),
        ("POST", f"sobjects/User/{user}/password", {"NewPassword": "long enough"}),
        *(("GET", f"/services/oauth2/{each}", None) for each in ("userinfo", "revoke?token=x", "authorize")),
        *(("POST", f"/services/oauth2/{each}", None) for each in ("userinfo", "revoke", "introspect", "token")),
        *(("GET", f"/.well-known/{each}-configuration", None) for each in ("openid", "auth")),
        *((method, f"/id/{org.service.room.state.org.id}/{user}", None) for method in ("GET", "POST")),
        ("GET", "/id/keys", None),
        ("GET", "queryAll/01g000000000000-2000", None),
        ("GET", "/services/data", None),
        *(("POST", f"/services/Soap/{each}/62.0{tail}", None) for each in "uc" for tail in ("", "/00D5g0000000001")),
    ]
    for method, path, body in requests:
        status, answer = org.ask(method, path, body)
        assert status < 500 or "Soap" in path, (method, path, answer)


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
    the_rest(org)
    asked = {(each.method, each.route) for each in org.service.log.exchanges()}
    assert {(route.method, route.path) for route in org.service.routes()} <= asked
    told = judged(org, api_evidence, api_evidence / "salesforce/describe", tmp_path)
    assert told.returncode == 0, told.stdout
    checked, findings = re.search(r"(\d+) exchanges checked, 0 with errors, .*findings: (.*)", told.stdout).groups()
    assert int(checked) > 120
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


@pytest.mark.loopback
def test_the_validator_finds_nothing_in_what_the_client_library_asks(
    live: Any, api_evidence: Path, tmp_path: Path
) -> None:
    """Every call that simple-salesforce has for the REST API, as it sends it."""
    client = Salesforce(instance_url=live.url, session_id=TOKEN, session=live.session, version="66.0")
    now = datetime(2026, 11, 24, 10, tzinfo=UTC)
    made = client.Account.create({"Name": "New", "Industry": "Banking"})
    assert client.Account.update(made["id"], {"Industry": None}) == 204
    assert client.Account.get(made["id"])["Name"] == "New"
    client.Account.updated(now - timedelta(hours=1), now + timedelta(hours=1))
    client.Account.metadata()
    client.Account.describe()
    client.Account.describe_layout("012000000000000AAA")
    assert client.Engagement__c.upsert("Key__c/NEW-1", {"Name": "E"}) == 201
    assert client.Engagement__c.get_by_custom_id("Key__c", "NEW-1")["Name"] == "E"
    assert client.Account.delete(made["id"]) == 204
    client.Account.deleted(now - timedelta(hours=1), now + timedelta(hours=1))
    assert client.describe()["maxBatchSize"] == 200
    assert client.limits()["DailyApiRequests"]["Max"] == 100_000
    assert client.is_sandbox()
    assert client.query_all("SELECT Id, Name FROM Account")["totalSize"] == 2
    assert len(list(client.query_all_iter("SELECT Id FROM Account", include_deleted=True))) == 4
    assert [row["Id"] for row in client.quick_search("Fictive Alpha")["searchRecords"]] == [ACC]
    assert len(client.search("FIND {fictive} RETURNING Account(Id, Name)")["searchRecords"]) == 2
    client.restful("tabs")
    client.restful("composite/batch", method="POST", json={"batchRequests": [{"method": "GET", "url": "v66.0/limits"}]})
    client.bulk2.Account.insert(records=[{"Name": "b1"}, {"Name": "b2"}])
    assert "b1" in "".join(client.bulk2.Account.query("SELECT Id, Name FROM Account"))
    told = judged(SimpleNamespace(service=live.service), api_evidence, api_evidence / "salesforce/describe", tmp_path)
    assert told.returncode == 0, told.stdout
    findings = re.search(r"0 with errors, .*findings: (.*)", told.stdout)
    assert findings is not None
    assert set(re.findall(r"'([EW]:[\w-]+)'", findings[1])) <= {"W:object-unknown"}
