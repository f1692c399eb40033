"""Bulk API 2.0, by hand."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from sandbox.core.clock import Clock
from sandbox.salesforce.ids import salesforce_id


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def ingest(org: Any, text: str, **job: str) -> dict[str, Any]:
    made = org.ask("POST", "jobs/ingest", {"contentType": "CSV", "lineEnding": "LF", **job})[1]
    assert made["state"] == "Open"
    path = f"jobs/ingest/{made['id']}"
    assert org.ask("PUT", f"{path}/batches", raw=text.encode(), headers={"Content-Type": "text/csv"})[0] == 201
    assert org.ask("PATCH", path, {"state": "UploadComplete"})[1]["state"] == "UploadComplete"
    info = org.ask("GET", path)[1]
    return {
        "info": info,
        **{which: rows(org.ask("GET", f"{path}/{which}")[1]) for which in ("successfulResults", "failedResults")},
    }


def test_an_upsert_job_tells_each_rows_fate(org: Any) -> None:
    text = (
        "Risk_Key__c,Name,Severity__c,Engagement__r.Key__c\n"
        'A,"first, with comma",high,ENG-1\nB,second,enormous,ENG-1\nC,third,#N/A,ENG-2\n'
    )
    told = ingest(org, text, object="Syncline_Risk__c", operation="upsert", externalIdFieldName="Risk_Key__c")
    info = told["info"]
    assert (info["state"], info["numberRecordsProcessed"], info["numberRecordsFailed"]) == ("JobComplete", 3, 1)
    assert [(row["sf__Created"], row["Risk_Key__c"]) for row in told["successfulResults"]] == [
        ("true", "A"),
        ("true", "C"),
    ]
    (failed,) = told["failedResults"]
    assert failed["sf__Error"].startswith("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST:")
    shown = org.ask("GET", "sobjects/Syncline_Risk__c/Risk_Key__c/A")[1]
    assert (shown["Name"], shown["Engagement__c"]) == ("first, with comma", salesforce_id("Engagement__c", 1))


def test_delete_and_hard_delete(org: Any) -> None:
    for operation, left in (("delete", 2), ("hardDelete", 1)):
        n = 1 if operation == "delete" else 2
        ingest(org, f"Id\n{salesforce_id('Engagement__c', n)}\n", object="Engagement__c", operation=operation)
        assert org.query("SELECT COUNT() FROM Engagement__c", everything=True)["totalSize"] == left


def test_a_query_job_gives_pages_of_csv(org: Any) -> None:
    soql = "SELECT id, Name, Account__r.Name, IsDeleted, Budget__c, SystemModstamp FROM Engagement__c ORDER BY Id"
    made = org.ask("POST", "jobs/query", {"operation": "queryAll", "query": soql})[1]
    path = f"jobs/query/{made['id']}"
    status, body = org.ask("GET", f"{path}/results")
    assert (status, body[0]["errorCode"]) == (400, "INVALIDJOBSTATE")
    assert org.ask("GET", path)[1]["state"] == "JobComplete"
    first = rows(org.ask("GET", f"{path}/results?maxRecords=1")[1])
    locator = org.last.headers["Sforce-Locator"]
    assert org.last.headers["Sforce-NumberOfRecords"] == "1"
    second = rows(org.ask("GET", f"{path}/results?maxRecords=1&locator={locator}")[1])
    assert org.last.headers["Sforce-Locator"] == "null"
    assert first + second == [
        {
            "Id": salesforce_id("Engagement__c", n),
            "Name": name,
            "Account__r.Name": account,
            "IsDeleted": "false",
            "Budget__c": budget,
            "SystemModstamp": "2026-11-20T17:30:00.000Z",
        }
        for n, name, account, budget in (
            (1, "Alpha cloud", "Fictive Alpha", "125000.5"),
            (2, "Beta cloud", "Fictive Beta", ""),
        )
    ]
    assert org.ask("DELETE", path)[0] == 204
    assert org.ask("GET", path)[0] == 404


def test_wrong_jobs_are_refused(org: Any) -> None:
    for kind, body in (
        ("ingest", {"object": "Nope", "operation": "insert"}),
        ("ingest", {"object": "Account", "operation": "mangle"}),
        ("ingest", {"object": "Account", "operation": "upsert", "externalIdFieldName": "Name"}),
        ("query", {"operation": "query", "query": "SELECT COUNT(Id) FROM Account"}),
        ("query", {"operation": "query", "query": "SELECT Foo FROM Account"}),
    ):
        status, answer = org.ask("POST", f"jobs/{kind}", body)
        assert status == 400, body
        assert answer[0]["errorCode"] in ("INVALIDJOB", "INVALID_FIELD")
    made = org.ask("POST", "jobs/ingest", {"object": "Account", "operation": "insert"})[1]
    assert org.ask("PATCH", f"jobs/ingest/{made['id']}", {"state": "Aborted"})[1]["state"] == "Aborted"
    assert org.ask("PUT", f"jobs/ingest/{made['id']}/batches", raw=b"x", headers={"Content-Type": "text/csv"})[0] == 400
    assert [job["id"] for job in org.ask("GET", "jobs/ingest")[1]["records"]] == [made["id"]]


def multipart(org: Any, job: dict[str, Any], content: str) -> tuple[int, Any]:
    head = "--edge\r\nContent-Disposition: form-data; name="
    body = (
        f'{head}"job"\r\nContent-Type: application/json\r\n\r\n{json.dumps(job)}\r\n'
        f'{head}"content"; filename="content"\r\nContent-Type: text/csv\r\n\r\n{content}\r\n--edge--\r\n'
    )
    kind = "multipart/form-data; boundary=edge"
    answer: tuple[int, Any] = org.ask("POST", "jobs/ingest", raw=body.encode(), headers={"Content-Type": kind})
    return answer


def test_a_job_with_its_data_in_one_request(org: Any) -> None:
    status, made = multipart(org, {"object": "Account", "operation": "insert"}, "Name\none\ntwo\n")
    assert (status, made["state"], made["jobType"]) == (200, "UploadComplete", "V2Ingest")
    info = org.ask("GET", f"jobs/ingest/{made['id']}")[1]
    assert (info["state"], info["numberRecordsProcessed"]) == ("JobComplete", 2)
    assert multipart(org, {"object": "Account", "operation": "mangle"}, "Name\nx\n")[0] == 400


def test_a_job_may_take_several_looks_and_is_kept_for_a_while(org: Any, clock: Clock) -> None:
    org.ask("POST", "/_sandbox/settings", {"switches": {"job_looks": 3, "job_seconds": 60}})
    made = org.ask("POST", "jobs/query", {"operation": "query", "query": "SELECT Id FROM Account"})[1]
    path = f"jobs/query/{made['id']}"
    assert [org.ask("GET", path)[1]["state"] for _ in range(3)] == ["InProgress", "InProgress", "JobComplete"]
    assert len(rows(org.ask("GET", f"{path}/results")[1])) == 2
    clock.advance(61)
    assert org.ask("GET", f"{path}/results")[0] == 404


@pytest.mark.parametrize(
    ("text", "job", "message"),
    [
        ("Name,Nonsense\nx,y\n", {}, "InvalidBatch : Field name not found : Nonsense"),
        (
            "Name\r\nx\r\n",
            {},
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF",
        ),
        ("Name\nx\n", {"lineEnding": "CRLF"}, "ClientInputError : LineEnding is invalid on user data."),
        ('Name\n"x\n', {}, "InvalidBatch : Failed to parse CSV."),
    ],
)
def test_data_that_cannot_be_read_fails_the_job_and_changes_nothing(
    org: Any, text: str, job: dict[str, str], message: str
) -> None:
    made = org.ask("POST", "jobs/ingest", {"object": "Account", "operation": "insert", **job})[1]
    path = f"jobs/ingest/{made['id']}"
    org.ask("PUT", f"{path}/batches", raw=text.encode(), headers={"Content-Type": "text/csv"})
    org.ask("PATCH", path, {"state": "UploadComplete"})
    info = org.ask("GET", path)[1]
    assert info["state"] == "Failed"
    assert info["errorMessage"].startswith(message)
    assert org.query("SELECT COUNT() FROM Account")["totalSize"] == 2
    left = rows(org.ask("GET", f"{path}/unprocessedrecords")[1])
    assert len(left) == (0 if "parse" in message else 1)


def test_odd_parameters_are_refused(org: Any) -> None:
    made = org.ask("POST", "jobs/query", {"operation": "query", "query": "SELECT Id FROM Account"})[1]
    path = f"jobs/query/{made['id']}"
    org.ask("GET", path)
    for query in ("locator=~~", "maxRecords=many", "maxRecords=0", "maxRecords=-1"):
        assert org.ask("GET", f"{path}/results?{query}")[0] == 400, query
    assert org.ask("GET", f"{path}/results?locator=null")[0] == 200
    made = org.ask("POST", "jobs/ingest", {"object": "Account", "operation": "insert"})[1]
    raw = {"raw": b"\xff\xfe", "headers": {"Content-Type": "text/csv"}}
    assert org.ask("PUT", f"jobs/ingest/{made['id']}/batches", **raw)[0] == 400
    for odd in ({"columnDelimiter": ["x"]}, {"lineEnding": "CR"}, {"object": None}):
        assert org.ask("POST", "jobs/ingest", {"object": "Account", "operation": "insert", **odd})[0] == 400
