"""The stand-in against outside evidence: the validator's opinion of recorded traffic, and the published requests."""

# ruff: noqa: S608 - queries of the tests' own making

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

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
