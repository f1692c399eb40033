"""Bulk API 1.0: by simple-salesforce, and by hand in each of its three formats."""

# ruff: noqa: S314 - the XML is the stand-in's own

from __future__ import annotations

import csv
import io
import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from simple_salesforce import Salesforce

from sandbox.salesforce.ids import salesforce_id

NS = {"a": "http://www.force.com/2009/06/asyncapi/dataload"}
JOBS = "/services/async/66.0/job"
ACC = salesforce_id("Account", 1)


@pytest.mark.loopback
def test_simple_salesforces_bulk(live: Any) -> None:
    client = Salesforce(
        instance_url=live.url, session_id="token-of-the-sync-user", session=live.session, version="66.0"
    )
    made = client.bulk.Account.insert([{"Name": "one"}, {"Name": "two"}, {"Phone": "no name"}])
    assert [each["success"] for each in made] == [True, True, False]
    assert made[2]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    ids = [each["id"] for each in made[:2]]
    assert all(each["success"] for each in client.bulk.Account.update([{"Id": each, "Site": "x"} for each in ids]))
    found = client.bulk.Account.query("SELECT Id, Name, Site FROM Account WHERE Site = 'x' ORDER BY Name")
    assert [(row["Name"], row["Site"]) for row in found] == [("one", "x"), ("two", "x")]
    upserted = client.bulk.Engagement__c.upsert(
        [{"Key__c": "ENG-1", "Name": "n"}, {"Key__c": "B", "Name": "m"}], "Key__c"
    )
    assert [each["created"] for each in upserted] == [False, True]
    assert all(each["success"] for each in client.bulk.Account.delete([{"Id": each} for each in ids]))
    live.session.post(f"{live.url}/_sandbox/sessions/revoke", json={})
    with pytest.raises(Exception, match="InvalidSessionId"):
        client.bulk.Account.insert([{"Name": "late"}])


def ask(org: Any, method: str, path: str, raw: str = "", kind: str = "application/xml") -> tuple[int, Any]:
    headers = {"X-SFDC-Session": org.token, "Authorization": "", **({"Content-Type": kind} if raw else {})}
    answer: tuple[int, Any] = org.ask(method, f"{JOBS}{path}", raw=raw.encode() if raw else None, headers=headers)
    return answer


def opened(org: Any, operation: str, kind: str, **more: str) -> str:
    told = "".join(f"<{name}>{value}</{name}>" for name, value in more.items())
    body = f'<jobInfo xmlns="{NS["a"]}"><operation>{operation}</operation><object>Account</object>{told}'
    status, text = ask(org, "POST", "", f"{body}<contentType>{kind}</contentType></jobInfo>")
    assert status == 201, text
    root = ET.fromstring(text)
    assert root.findtext("a:state", namespaces=NS) == "Open"
    return root.findtext("a:id", namespaces=NS) or ""


def sent(org: Any, job: str, raw: str, kind: str) -> tuple[str, str]:
    """Send a batch; gives its path and how it ended."""
    status, text = ask(org, "POST", f"/{job}/batch", raw, kind)
    assert status == 201, text
    info = json.loads(text) if isinstance(text, str) and text.startswith("{") else text
    made = info["id"] if isinstance(info, dict) else ET.fromstring(info).findtext("a:id", namespaces=NS)
    path = f"/{job}/batch/{made}"
    state = ET.fromstring(ask(org, "GET", path)[1]).findtext("a:state", namespaces=NS)
    return path, state or ""


def test_csv(org: Any) -> None:
    job = opened(org, "update", "CSV")
    path, state = sent(org, job, f"Id,Name,Type\n{ACC},first,#N/A\n001,second,\n", "text/csv")
    assert state == "Completed"
    rows = list(csv.DictReader(io.StringIO(ask(org, "GET", f"{path}/result")[1])))
    assert [(row["Id"], row["Success"], row["Created"]) for row in rows] == [
        (ACC, "true", "false"),
        ("", "false", "false"),
    ]
    assert rows[1]["Error"].startswith("INVALID_CROSS_REFERENCE_KEY:")
    shown = org.ask("GET", f"sobjects/Account/{ACC}?fields=Name,Type")[1]
    assert (shown["Name"], shown["Type"]) == ("first", None)
    assert ask(org, "GET", f"{path}/request")[1].startswith("Id,Name")
    closed = ask(org, "POST", f"/{job}", "<jobInfo><state>Closed</state></jobInfo>")[1]
    told = ET.fromstring(closed)
    assert told.findtext("a:numberRecordsFailed", namespaces=NS) == "1"
    assert ask(org, "POST", f"/{job}/batch", "Id\n", "text/csv")[0] == 400
    assert len(ET.fromstring(ask(org, "GET", f"/{job}/batch")[1])) == 1


def test_xml(org: Any) -> None:
    nil = 'xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    rows = f"<sObject><Id>{ACC}</Id><Name>A &amp; B</Name><Type {nil}/></sObject><sObject><Name>x</Name></sObject>"
    path, state = sent(
        org, opened(org, "update", "XML"), f'<sObjects xmlns="{NS["a"]}">{rows}</sObjects>', "application/xml"
    )
    assert state == "Completed"
    results = ET.fromstring(ask(org, "GET", f"{path}/result")[1]).findall("a:result", NS)
    assert [each.findtext("a:success", namespaces=NS) for each in results] == ["true", "false"]
    shown = org.ask("GET", f"sobjects/Account/{ACC}?fields=Name,Type")[1]
    assert (shown["Name"], shown["Type"]) == ("A & B", None)
    path, _ = sent(org, opened(org, "query", "XML"), "SELECT Id, Name FROM Account ORDER BY Name", "application/xml")
    (result,) = ET.fromstring(ask(org, "GET", f"{path}/result")[1])
    found = ET.fromstring(ask(org, "GET", f"{path}/result/{result.text}")[1])
    assert [each.text for each in found.iterfind("a:records/a:Name", NS)] == ["A & B", "Fictive Beta"]


@pytest.mark.parametrize(("operation", "count"), [("query", 2), ("queryAll", 3)])
def test_queries_in_csv(org: Any, operation: str, count: int) -> None:
    soql = "SELECT Id, Name, Owner.Name FROM Account ORDER BY Name"
    path, _ = sent(org, opened(org, operation, "CSV"), soql, "text/csv")
    (result,) = ET.fromstring(ask(org, "GET", f"{path}/result")[1])
    rows = list(csv.DictReader(io.StringIO(ask(org, "GET", f"{path}/result/{result.text}")[1])))
    assert len(rows) == count
    assert (rows[0]["Name"], rows[0]["Owner.Name"]) == ("Fictive Alpha", "Sync")
    assert ask(org, "GET", f"{path}/result/752000000000000")[0] == 404


@pytest.mark.parametrize(
    ("kind", "operation", "raw"),
    [
        ("JSON", "insert", "{"),
        ("JSON", "insert", '{"Name": "x"}'),
        ("XML", "insert", "<sObjects>"),
        ("CSV", "insert", 'Name\n"x'),
        ("CSV", "query", "SELECT Nothing FROM Account"),
    ],
)
def test_a_batch_that_cannot_be_read_fails_alone(org: Any, kind: str, operation: str, raw: str) -> None:
    path, state = sent(org, opened(org, operation, kind), raw, "text/csv")
    assert state == "Failed"
    assert b"InvalidBatch" in ask(org, "GET", path)[1].encode()
    assert ask(org, "GET", f"{path}/result")[0] == 400


def test_wrong_jobs_and_sessions(org: Any, make_org: Any) -> None:
    for body in ("<jobInfo/>", "no xml", "<j><operation>insert</operation><object>Nope</object></j>", "[]", "{"):
        kind = "application/json" if body[0] in "[{" else "application/xml"
        status, told = ask(org, "POST", "", body, kind)
        assert status == 400
        assert "InvalidJob" in str(told)
    job = opened(org, "insert", "JSON")
    other = make_org(org.service, "narrow-token")
    assert ask(other, "GET", f"/{job}")[0] == 400
    org.token = "wrong"
    status, text = ask(org, "GET", f"/{job}")
    assert (status, ET.fromstring(text).findtext("a:exceptionCode", namespaces=NS)) == (400, "InvalidSessionId")
